"""Sealing what is stored about people (加密), and keyed indexes to find it by (盲索引).

A sealed value is key id length, key id, nonce, AES-GCM ciphertext. Where it stands (row and
column) is bound to it as associated data, so that a value moved elsewhere does not open.
"""

from __future__ import annotations

import hmac
import os
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from jcbot.errors import JcbotError

if TYPE_CHECKING:
    from jcbot.keyring import Keyring

NONCE = 12


class SealError(JcbotError):
    """A sealed value does not open: its key is gone, or it was changed or moved."""

    sentence = "有一项加密的资料打不开：密钥不对，或者资料被改动过。请核对 privacy.keys。"


class Sealer:
    """Seals with the active key, opens with any key of the ring."""

    def __init__(self, keyring: Keyring) -> None:
        """Take the ring as it is now."""
        self._ciphers = {_prefix(name): AESGCM(key) for name, key in keyring.keys.items()}
        self.prefix, self._active = next(iter(self._ciphers.items()))

    def seal(self, text: str, where: bytes) -> bytes:
        """Seal a text for the place `where`."""
        nonce = os.urandom(NONCE)
        return self.prefix + nonce + self._active.encrypt(nonce, text.encode(), where)

    def open(self, sealed: bytes, where: bytes) -> str:
        """Return the text; `SealError` if key, place or content do not fit."""
        start = 1 + sealed[0] if sealed else 0
        cipher = self._ciphers.get(bytes(sealed[:start]))
        if cipher is None or len(sealed) < start + NONCE:
            raise SealError
        try:
            nonce, content = sealed[start : start + NONCE], sealed[start + NONCE :]
            return cipher.decrypt(nonce, content, where).decode()
        except InvalidTag:
            raise SealError from None


class BlindIndex:
    """A keyed hash of one domain (ID, name, …): equal texts have equal keys, and no more is seen.

    Each domain has a key of its own, derived from the index key.
    """

    def __init__(self, keyring: Keyring, domain: str, size: int) -> None:
        """Keep `size` bytes of the hash."""
        self._key = hmac.digest(keyring.index_key, b"index\0" + domain.encode(), "sha256")
        self._size = size

    def of(self, text: str) -> bytes:
        """Return the key of a text."""
        return hmac.digest(self._key, text.encode(), "sha256")[: self._size]


def _prefix(name: str) -> bytes:
    encoded = name.encode()
    if not 0 < len(encoded) < 256:  # noqa: PLR2004 - its length is kept in one byte
        raise SealError(f"密钥的名字“{name[:20]}”太长了，请改短。")
    return bytes([len(encoded)]) + encoded
