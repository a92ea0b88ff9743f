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
from bot.wechat.wrapper import unwrap
from bot.wechat.xml import XmlError, read_xml

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_NONCE = re.compile(r"[!-~]{1,128}")
_REPEATED = {"MsgSignature": "msg_signature", "TimeStamp": "timestamp", "Nonce": "nonce"}
"""Outer elements that may repeat what the query says, and then must say the same."""


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
    try:
        if not account.safe:
            _check_time(account, query, now)
            return _message(body, None)
        outer = _sealed(account, query, body)
        _check_time(account, query, now)
        raw, key = unseal(account.keys, account.app_id, outer["Encrypt"])
        message = _message(raw, key)
    except SealError:
        raise _RefusedError("sealed") from None
    except XmlError:
        raise _RefusedError("malformed", 400) from None
    if outer.get("ToUserName", message.account) != message.account:
        raise _RefusedError("malformed", 400)
    return message


def _message(raw: bytes, key: bytes | None) -> Message:
    """Read the proved XML."""
    read = read_xml(raw)
    message = read_message(read.fields, key, read.lists)
    if message is None:
        raise XmlError
    return message


def _check_signature(account: Account, query: Mapping[str, str]) -> None:
    """Prove that the query string came from someone who knows the token."""
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    if len(set(query)) != len(query):  # a name given twice: no two readers may see two values
        raise _RefusedError("query")
    if not (_TIMESTAMP.fullmatch(timestamp) and _NONCE.fullmatch(nonce)):
        raise _RefusedError("query")
    if not same(query.get("signature", ""), sign(account.token, timestamp, nonce)):
        raise _RefusedError("signature")


def _sealed(account: Account, query: Mapping[str, str], body: bytes) -> dict[str, str]:
    """Return the outer elements once the same is proved of their ciphertext."""
    if query.get("encrypt_type") != "aes":
        raise _RefusedError("unsealed")
    outer = unwrap(body)
    if "Encrypt" not in outer:
        raise _RefusedError("unsealed")
    expected = sign(account.token, query["timestamp"], query["nonce"], outer["Encrypt"])
    if not same(query.get("msg_signature", ""), expected):
        raise _RefusedError("signature")
    if any(outer.get(name, query[key]) != query[key] for name, key in _REPEATED.items()):
        raise _RefusedError("malformed", 400)
    return outer


def _check_time(account: Account, query: Mapping[str, str], now: float) -> None:
    """Refuse old and future requests; signed ones only, so `stale` means: look at the clock."""
    if abs(now - int(query["timestamp"])) > account.skew:
        raise _RefusedError("stale")
