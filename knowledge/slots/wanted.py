"""What somebody looks for: county, occupation, level of the class, day."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.slots.coming import find_coming
from knowledge.slots.lexicon import WANTED, Token, lexicon
from knowledge.slots.message import Message
from knowledge.slots.trades import about_paper, wanted_trade

if TYPE_CHECKING:
    import datetime as dt

DENIED = ("不是", "不在", "不要", "不去", "除了", "不想去")
MOST, REACH = 6, 14  # levels that are looked at, the last ones; letters before each
_PRICED = re.compile("多少|几个钱|多钱|咋补|补不补")
_CLASS = re.compile("班|课|学|报|培训|考")
_BETWEEN = r"[^,。!?的 级]{0,5}$"
_OWNED = re.compile(
    r"(?:考[了过完的]|拿[了到过的]|取得|学[过完]|上过|持有?"
    rf"|不是|净是|全是|都是|别[^,。 ]{{0,4}}成|[报写填弄]成){_BETWEEN}"
)
_MINE = re.compile("(?:是个?|(?<!没)有(?!没)个?|有了)[^,。!?的 级]{0,4}$")
_CLASS_BEHIND = re.compile("[^,。!? ]{0,5}?(?:班|课|培训|[的滴]|[吗没不么]|学|考|报)")


def extract_slots(text: str, today: dt.date) -> dict[str, object]:
    """Return what class `text` (normalised) speaks of; only what was said, never raises.

    `county` one of the seven districts, `occupation` as it was said, typos mended (only true
    second names are replaced: 叉车 → 叉车司机), `level` of the class wanted (not of a certificate
    somebody has), `date` an ISO day or [first, last]. Of several places and days the last one
    not taken back counts (不是高平是阳城).
    """
    tokens = lexicon(WANTED).scan(text)
    days = find_coming(text, today)
    slots: dict[str, object] = {}
    for token in tokens:
        if token.tag == "county" and not text.endswith(DENIED, 0, token.start):
            slots["county"] = token.value
    trade = wanted_trade(text, tokens, [(named.start, named.end) for named in days])
    level = _level(text)
    if trade and not about_paper(text):
        slots["occupation"] = trade
    if level and not about_paper(text):
        slots["level"] = level
    ahead = [named for named in days if named.last >= today]
    if ahead:
        first, last = ahead[-1].first.isoformat(), ahead[-1].last.isoformat()
        slots["date"] = first if first == last else [first, last]
    return slots


def mentioned_levels(text: str, today: dt.date) -> list[str]:
    """Return every level `text` names, whoever's it is: for 高级工给多少, which tells no fact."""
    message = Message(text, today)
    return list(dict.fromkeys(token.value for token in message.tags.get("level", ())))


def _level(text: str) -> str:
    """Return the level of the class wanted: of those named the last, but none somebody has."""
    if "级" not in text and "技师" not in text:
        return ""
    if _PRICED.search(text) and not _CLASS.search(text):
        return ""
    named = [token for token in lexicon().scan(text) if token.tag == "level"]
    wanted = [token for token in named[-MOST:] if not _has(text, token)]
    return wanted[-1].value if wanted else ""


def _has(text: str, token: Token) -> bool:
    """Whether the level is somebody's own (我是高级工, 考过中级), or not the one (别写成初级)."""
    near = max(0, token.start - REACH)
    if _OWNED.search(text, near, token.start):
        return True
    mine = _MINE.search(text, near, token.start)
    return bool(mine) and not _CLASS_BEHIND.match(text, token.end)
