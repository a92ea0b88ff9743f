"""From the fields of WeChat's XML to a Message (消息) the rest of the product understands."""

from __future__ import annotations

import math
import re
from dataclasses import astuple, dataclass, field, replace
from typing import TYPE_CHECKING, cast

from handlers.turn import Answer, Incoming
from jcbot.inbox import event_key, message_key, read_create_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handlers.turn import Kind
    from jcbot.inbox import Key

KINDS = {"text", "voice", "image", "video", "shortvideo", "location", "link", "event"}
LONGEST_TEXT = 10_000
"""Characters kept of a text; WeChat itself lets workers type about two thousand."""
_LONGEST_NAME, _LONGEST_STATUS = 128, 32
MOST_ANSWERS = 20
"""Templates read of one event; a popup asks for at most five."""
_TEXT_FIELD = {"text": "Content", "voice": "Recognition", "link": "Title"}
_COUNTS = ("TotalCount", "FilterCount", "SentCount", "ErrorCount")
_COUNT = re.compile(r"[0-9]{1,9}")
_NAME = re.compile(r"[^\s<>&\x00-\x1f]{1,128}")
_TEMPLATE_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_MSG_ID = re.compile(r"[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Message:
    """One verified message.

    `incoming` is what handlers see. `account` is our own id in the message, `key` what makes it
    one and the same message when it is repeated. `created` is WeChat's CreateTime in seconds, 0
    where it makes no sense; it orders events and is never business time. `seal` is the AES key
    to answer with, None in plain mode.
    """

    incoming: Incoming
    account: str
    key: Key
    created: int
    seal: bytes | None = field(repr=False)


def read_message(
    fields: Mapping[str, str], seal: bytes | None, lists: Sequence[Mapping[str, str]] = ()
) -> Message | None:
    """Return the message in `fields`; None when it does not say who wrote to whom."""
    openid = fields.get("FromUserName", "").strip()
    account = fields.get("ToUserName", "").strip()
    if not (_NAME.fullmatch(openid) and _NAME.fullmatch(account)):
        return None
    incoming = _incoming(fields, openid)
    if incoming.kind == "event":
        incoming = replace(incoming, answers=_answers(lists))
    created = read_create_time(fields.get("CreateTime", ""))
    return Message(incoming, account, _key(fields, incoming, account), created, seal)


def _incoming(fields: Mapping[str, str], openid: str) -> Incoming:
    name = fields.get("MsgType", "").strip().lower()
    kind = cast("Kind", name if name in KINDS else "unknown")
    text = fields.get(_TEXT_FIELD.get(kind, ""), "")[:LONGEST_TEXT]
    if kind == "event":
        event = fields.get("Event", "").strip().lower()[:_LONGEST_NAME]
        key = fields.get("EventKey", "").strip().removeprefix("qrscene_")[:_LONGEST_NAME]
        where = _place(fields, "Latitude", "Longitude") if event == "location" else (None, None)
        ref, status = (fields.get(name, "")[:_LONGEST_NAME] for name in ("MsgID", "Status"))
        return Incoming(
            kind, openid, "", event, key, *where, ref=ref, status=status, counts=_counts(fields)
        )
    if kind == "location":
        where = _place(fields, "Location_X", "Location_Y")
        return Incoming(kind, openid, "", "", "", *where, fields.get("Label", "")[:LONGEST_TEXT])
    return Incoming(kind, openid, text)


def _counts(fields: Mapping[str, str]) -> tuple[int, int, int, int]:
    """Return the four counts of a mass send's finish event, 0 for what is none."""
    texts = [fields.get(name, "").strip() for name in _COUNTS]
    total, filtered, sent, failed = (int(each) if _COUNT.fullmatch(each) else 0 for each in texts)
    return total, filtered, sent, failed


def _key(fields: Mapping[str, str], incoming: Incoming, account: str) -> Key:
    """Return what makes this message the same when WeChat repeats it.

    Messages: account, sender and MsgId. Events carry none: sender, second, event and its key, for
    two menu buttons pressed in one second are two events; finish events also carry `MsgID`, those
    about subscription notices differ in what they list. A MsgId that WeChat would never write
    counts only together with all the rest of the message, so that it cannot hide another one.
    """
    openid = incoming.openid
    if incoming.kind == "event":
        listed = [repr(astuple(each)) for each in incoming.answers]
        extra = "\0".join((incoming.event_key, fields.get("MsgID", ""), *listed))
        return event_key(account, openid, fields.get("CreateTime", ""), incoming.event, extra)
    number = fields.get("MsgId", "").strip()
    if not _MSG_ID.fullmatch(number):
        number = repr(sorted(fields.items()))
    return message_key(account, openid, number)


def _answers(lists: Sequence[Mapping[str, str]]) -> tuple[Answer, ...]:
    """Return what is said of each template; what has no sensible id is left out."""
    found = []
    for each in lists[:MOST_ANSWERS]:
        template, ref = (each.get(name, "").strip() for name in ("TemplateId", "MsgID"))
        status = each.get("SubscribeStatusString") or each.get("ErrorCode", "")
        if _TEMPLATE_ID.fullmatch(template):
            ref = ref if _MSG_ID.fullmatch(ref) else ""
            found.append(Answer(template, status.strip().lower()[:_LONGEST_STATUS], ref))
    return tuple(found)


def _place(fields: Mapping[str, str], *names: str) -> tuple[float | None, float | None]:
    """Return latitude and longitude in degrees, both None unless both make sense."""
    try:
        latitude, longitude = (float(fields.get(name, "")[:40]) for name in names)
    except ValueError:
        return None, None
    sound = math.isfinite(latitude) and abs(latitude) <= 90 and abs(longitude) <= 180  # noqa: PLR2004 - degrees
    return (latitude, longitude) if sound else (None, None)
