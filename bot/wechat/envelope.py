"""Open WeChat's envelope (信封): query and body in, a Message or a named refusal out.

Nothing of a request is believed, and no XML is parsed, before its signature is proved. In safe
mode only a sealed body counts, whatever the query says: the URL's own `signature` does not cover
the body, so whoever captured one query string could otherwise speak as any worker for ever.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.wechat.reading import Message, read_message
from bot.wechat.sealing import Account, SealError, same, sign, unseal
from bot.wechat.xml import XmlError, read_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_NONCE = re.compile(r"[!-~]{1,128}")
_ENCRYPT = re.compile(
    rb"<Encrypt>\s*(?:<!\[CDATA\[([A-Za-z0-9+/=]{44,})\]\]>|([A-Za-z0-9+/=]{44,}))\s*</Encrypt>"
)
_DECLARATION = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing is said: a reason for our own log and count, and a bare 4xx for the caller."""

    reason: str
    status: int = 403


class _RefusedError(Exception):
    def __init__(self, reason: str, status: int = 403) -> None:
        super().__init__(reason)
        self.refusal = Refusal(reason, status)


def open_envelope(
    account: Account, query: Mapping[str, str], body: bytes, now: float
) -> Message | Refusal:
    """Verify, decrypt and read one pushed message.

    `now` is the machine's real time in seconds since 1970, never the product's movable clock.
    The caller has capped the body. The reasons: query, signature, stale, unsealed, sealed,
    malformed. Bad padding, a lying length and a wrong app id are all `sealed`.
    """
    try:
        return _open(account, query, body, now)
    except _RefusedError as refused:
        return refused.refusal


def check_handshake(account: Account, query: Mapping[str, str], now: float) -> str | Refusal:
    """Return what to echo when WeChat checks the address, or a refusal."""
    try:
        _check_signature(account, query)
        _check_time(account, query, now)
    except _RefusedError as refused:
        return refused.refusal
    return query.get("echostr") or Refusal("query", 400)


def _open(account: Account, query: Mapping[str, str], body: bytes, now: float) -> Message:
    _check_signature(account, query)
    key, raw = None, body
    if account.safe:
        sealed = _sealed_part(query, body)
        _check_seal_signature(account, query, sealed)
    _check_time(account, query, now)
    if account.safe:
        try:
            raw, key = unseal(account.keys, account.app_id, sealed)
        except SealError:
            raise _RefusedError("sealed") from None
    try:
        message = read_message(read_fields(raw), key)
    except XmlError:
        message = None
    if message is None:
        raise _RefusedError("malformed", 400)
    return message


def _check_signature(account: Account, query: Mapping[str, str]) -> None:
    """Prove that the query string came from someone who knows the token."""
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    if not (_TIMESTAMP.fullmatch(timestamp) and _NONCE.fullmatch(nonce)):
        raise _RefusedError("query")
    if not same(query.get("signature", ""), sign(account.token, timestamp, nonce)):
        raise _RefusedError("signature")


def _check_seal_signature(account: Account, query: Mapping[str, str], sealed: str) -> None:
    """Prove the same of the ciphertext, which the other signature does not cover."""
    expected = sign(account.token, query["timestamp"], query["nonce"], sealed)
    if not same(query.get("msg_signature", ""), expected):
        raise _RefusedError("signature")


def _check_time(account: Account, query: Mapping[str, str], now: float) -> None:
    """Refuse old and future requests; signed ones only, so `stale` means: look at the clock."""
    if abs(now - int(query["timestamp"])) > account.skew:
        raise _RefusedError("stale")


def _sealed_part(query: Mapping[str, str], body: bytes) -> str:
    """Cut the ciphertext out of the still unproved body without parsing it."""
    if query.get("encrypt_type") != "aes":
        raise _RefusedError("unsealed")
    found = _ENCRYPT.findall(body)
    if len(found) != 1 or body.count(b"<Encrypt") != 1 or _DECLARATION.search(body):
        raise _RefusedError("malformed", 400)
    marked, bare = found[0]
    return str(marked or bare, "ascii")
