"""From the fields of WeChat's XML to a Message (消息) the rest of the product understands."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from handlers.turn import Incoming

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handlers.turn import Kind

KINDS = {"text", "voice", "image", "video", "shortvideo", "location", "link", "event"}
OPPOSITE = {"subscribe": "unsubscribe", "unsubscribe": "subscribe"}
LONGEST_TEXT = 10_000
"""Characters kept of a text; WeChat itself lets workers type about two thousand."""
_LONGEST_NAME = 128
_TEXT_FIELD = {"text": "Content", "voice": "Recognition", "link": "Title"}
_NAME = re.compile(r"[^\s<>&\x00-\x1f]{1,128}")
_MSG_ID = re.compile(r"[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Message:
    """One verified message.

    `incoming` is what handlers see. `account` is our own id in the message, `key` what makes it
    one and the same message when it is repeated, `forgets` the key whose memory ends with this
    event (a new follow must not look like the repeat of the one before the unfollow). `created`
    is WeChat's CreateTime in seconds, None where it makes no sense. `seal` is the AES key to
    answer with, None in plain mode.
    """

    incoming: Incoming
    account: str
    key: str
    created: int | None
    seal: bytes | None = field(repr=False)
    forgets: str = ""


def read_message(fields: Mapping[str, str], seal: bytes | None) -> Message | None:
    """Return the message in `fields`; None when it does not say who wrote to whom."""
    openid = fields.get("FromUserName", "").strip()
    account = fields.get("ToUserName", "").strip()
    if not (_NAME.fullmatch(openid) and _NAME.fullmatch(account)):
        return None
    incoming = _incoming(fields, openid)
    key, forgets = _keys(fields, incoming, account)
    return Message(incoming, account, key, _whole(fields.get("CreateTime", "")), seal, forgets)


def _incoming(fields: Mapping[str, str], openid: str) -> Incoming:
    name = fields.get("MsgType", "").strip().lower()
    kind = cast("Kind", name if name in KINDS else "unknown")
    text = fields.get(_TEXT_FIELD.get(kind, ""), "")[:LONGEST_TEXT]
    if kind == "event":
        event = fields.get("Event", "").strip().lower()[:_LONGEST_NAME]
        key = fields.get("EventKey", "").strip().removeprefix("qrscene_")[:_LONGEST_NAME]
        where = _place(fields, "Latitude", "Longitude") if event == "location" else (None, None)
        return Incoming(kind, openid, "", event, key, *where)
    if kind == "location":
        where = _place(fields, "Location_X", "Location_Y")
        return Incoming(kind, openid, "", "", "", *where, fields.get("Label", "")[:LONGEST_TEXT])
    return Incoming(kind, openid, text)


def _keys(fields: Mapping[str, str], incoming: Incoming, account: str) -> tuple[str, str]:
    """Return the key of this message and the key it makes us forget.

    Messages: account, sender and MsgId. Events carry none: sender, second, event and its key, for
    two menu buttons pressed in one second are two events; finish events also carry `MsgID`. A
    MsgId that WeChat would never write counts only together with all the rest of the message, so
    that it cannot hide another one.
    """
    created = fields.get("CreateTime", "")
    if incoming.kind == "event":
        event = incoming.event
        if event in OPPOSITE:
            mine, other = (_digest(account, incoming.openid, created, e)
                           for e in (event, OPPOSITE[event]))  # fmt: skip
            return mine, other
        extra = (incoming.event_key, fields.get("MsgID", ""))
        return _digest(account, incoming.openid, created, event, *extra), ""
    number = fields.get("MsgId", "").strip()
    if _MSG_ID.fullmatch(number):
        return _digest(account, incoming.openid, number), ""
    return _digest(account, incoming.openid, *(f"{k}={v}" for k, v in sorted(fields.items()))), ""


def _digest(*parts: str) -> str:
    """Return one short key for several parts of any length."""
    joined = "\0".join((str(len(parts)), *parts)).encode("utf-8", "replace")
    return hashlib.sha256(joined).hexdigest()


def _place(fields: Mapping[str, str], *names: str) -> tuple[float | None, float | None]:
    """Return latitude and longitude in degrees, both None unless both make sense."""
    try:
        latitude, longitude = (float(fields.get(name, "")[:40]) for name in names)
    except ValueError:
        return None, None
    sound = math.isfinite(latitude) and abs(latitude) <= 90 and abs(longitude) <= 180  # noqa: PLR2004 - degrees
    return (latitude, longitude) if sound else (None, None)


def _whole(text: str) -> int | None:
    """Return a time in seconds that could be one; T7 sends 2^63 and worse."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None  # noqa: PLR2004 - 2286
