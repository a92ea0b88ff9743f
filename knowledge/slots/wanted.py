"""What somebody looks for: county, occupation, level of the class, day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.slots.certificates import has
from knowledge.slots.dates import find_dates
from knowledge.slots.lexicon import WANTED, Token, lexicon
from knowledge.slots.message import Message

if TYPE_CHECKING:
    import datetime as dt

MOST = 3  # levels that are looked at: the class is named last
DENIED = ("不是", "不在", "不要", "不去", "不想学", "除了")


def extract_slots(text: str, today: dt.date) -> dict[str, object]:
    """Return what class `text` (normalised) speaks of; only what was said, never raises.

    `county` one of the seven districts, `occupation` its everyday name (叉车 → 叉车司机),
    `level` of the class wanted (not of a certificate somebody has), `date` an ISO day or
    [first, last]. Of several the last one not taken back counts (不是高平是阳城).
    """
    slots: dict[str, object] = {}
    for token in lexicon(WANTED).scan(text):
        replaces = token.tag == "county" or token.tag not in slots or _after_denial(text, token)
        if token.tag in ("county", "occupation") and replaces and not _denied(text, token):
            slots[token.tag] = token.value
    level = _level(text, today)
    if level:
        slots["level"] = level
    days = [named for named in find_dates(text, today, past=False) if named.last >= today]
    if days:
        first, last = days[-1].first.isoformat(), days[-1].last.isoformat()
        slots["date"] = first if first == last else [first, last]
    return slots


def mentioned_levels(text: str, today: dt.date) -> list[str]:
    """Return every level `text` names, whoever's it is: for 高级工给多少, which tells no fact."""
    message = Message(text, today)
    return list(dict.fromkeys(token.value for token in message.tags.get("level", ())))


def _denied(text: str, token: Token) -> bool:
    return text.endswith(DENIED, 0, token.start)


def _after_denial(text: str, token: Token) -> bool:
    return any(word in text[: token.start] for word in DENIED)


def _level(text: str, today: dt.date) -> str:
    if "级" not in text and "技师" not in text:
        return ""
    message = Message(text, today)
    wanted = [
        token
        for token in message.tags.get("level", ())[-MOST:]
        if not has(message, token) and not message.negated(token.start) and not _priced(message)
    ]
    return wanted[-1].value if wanted else ""


def _priced(message: Message) -> bool:
    """Whether the level is named for its money, with no class about: 高级工给多少."""
    about_class = any(tag in message.tags for tag in ("class", "learn"))
    wish = any(t.value == "want" for t in message.tags.get("prove", ()))
    return not (about_class or wish) and (message.asks or "money" in message.tags)
