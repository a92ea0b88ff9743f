"""WeChat's signature and encryption (签名、加解密): the only place that touches the secrets.

wechatpy supplies the AES and padding primitives and nothing more: its own decryption looks at
one padding byte only and lets about eleven kinds of exception through.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass, field

from wechatpy.crypto.base import WeChatCipher
from wechatpy.crypto.pkcs7 import PKCS7Encoder

BLOCK = 32
"""WeChat pads to 32 bytes, not to the 16 of AES."""
_RANDOM = 16
_HEAD = _RANDOM + 4


class SealError(ValueError):
    """The ciphertext does not open; on purpose it does not say where it failed."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whom we speak for: the public account's secrets and how it is set up.

    `keys` are the 32-byte AES keys, the present one first, then the one being rotated out.
    `safe` means safe mode (安全模式): nothing but sealed messages is taken. `skew` is how far a
    timestamp may lie from the machine's time, in seconds.
    """

    app_id: str
    token: str = field(repr=False)
    keys: tuple[bytes, ...] = field(repr=False)
    safe: bool = True
    skew: int = 300


def decode_key(aes_key: str) -> bytes:
    """Return the 32 bytes of an EncodingAESKey of 43 characters; ValueError for anything else."""
    try:
        key = base64.b64decode(aes_key + "=", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != BLOCK:
        raise ValueError("应是43位的 EncodingAESKey（字母和数字）")
    return key


def sign(*parts: str) -> str:
    """Return WeChat's signature: SHA-1 in lower-case hex over the sorted parts, joined."""
    joined = "".join(sorted(parts)).encode("utf-8", "surrogatepass")
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


def same(given: str, expected: str) -> bool:
    """Compare two signatures in constant time, whatever characters are in them."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


def seal(key: bytes, app_id: str, text: bytes) -> str:
    """Encrypt `text` for `app_id` and return it in base64."""
    plain = os.urandom(_RANDOM) + len(text).to_bytes(4, "big") + text + app_id.encode()
    sealed: bytes = WeChatCipher(key).encrypt(PKCS7Encoder.encode(plain))
    return base64.b64encode(sealed).decode()


def unseal(keys: tuple[bytes, ...], app_id: str, sealed: str) -> tuple[bytes, bytes]:
    """Return the message and the key that opened it; SealError when none does."""
    try:
        data = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        raise SealError from None
    if not data or len(data) % BLOCK:
        raise SealError
    for key in keys:
        text = _content(WeChatCipher(key).decrypt(data), app_id.encode())
        if text is not None:
            return text, key
    raise SealError


def _content(plain: bytes, app_id: bytes) -> bytes | None:
    """Return the message inside, None when padding, length or app id is wrong.

    All three are always looked at, so that time does not tell which of them failed.
    """
    count = plain[-1]
    padded = 1 <= count <= BLOCK and hmac.compare_digest(plain[-count:], bytes([count]) * count)
    body = plain[: -count if padded else -BLOCK]
    length = int.from_bytes(body[_RANDOM:_HEAD], "big")
    whole = len(body) == _HEAD + length + len(app_id)
    addressed = hmac.compare_digest(body[-len(app_id) :], app_id)
    return body[_HEAD : _HEAD + length] if padded & whole & addressed else None
