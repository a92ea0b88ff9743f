"""Which trade a message wants to learn: listed ones as said, others from where they stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from knowledge.slots.frames import frames
from knowledge.slots.lexicon import WANTED, Token, lexicon

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LISTED = ("occupation", "mended", "trade", "framed")
FEWEST, MOST = 2, 7  # characters of a trade's name
MOST_NAMED = 12  # trades of one message that are weighed
ENDING = re.compile(r"(?:操作|驾驶)?(?:工(?![作资种])|师(?![傅资])|员(?!工)|司机)")
PERSON = ("工", "师", "员", "机")


class Named(NamedTuple):
    """A trade that was named: its name as it is kept, where it stands, if a class is said of it."""

    name: str
    start: int
    end: int
    framed: bool


def trade_key(occupation: str) -> str:
    """Return the common name under which a trade is filed: 面点 and 面点师 → 面点师.

    A trade nobody listed is its own key. Never raises.
    """
    found = lexicon(WANTED).meanings.get(occupation)
    if found is None or found[0] not in LISTED:
        return occupation
    again = lexicon(WANTED).meanings.get(found[1])
    return again[1] if found[0] == "mended" and again and again[0] in LISTED else found[1]


def wanted_trade(text: str, tokens: Sequence[Token], taken: Iterable[tuple[int, int]]) -> str:
    """Return the trade `text` wants to learn as it was said, typos mended; "" if none is.

    `tokens` are those of `lexicon(WANTED)`, `taken` other spans (days) that are no trade.
    """
    named = [one for one in _named(text, tokens, taken) if not _never(text, one)]
    if not named:
        return ""
    frame = frames()
    wished = [n for n in named if n.framed or not text.endswith(frame.past, 0, n.start)]
    wished = [n for n in wished if not text.endswith(frame.past, 0, n.start)] or wished or named
    changed_card = any(word in text for word in frame.card) and any(
        w in text for w in frame.changed
    )
    if changed_card and all(text.endswith(frame.past, 0, n.start) for n in named):
        return ""  # 从焊工转成质检: the new one is none we know
    at = max((text.rfind(word) for word in frame.changed), default=-1)
    later = [one for one in wished if one.start > at >= 0]
    pool = later or wished
    return next((one for one in pool if one.framed), pool[0]).name


def _named(text: str, tokens: Sequence[Token], taken: Iterable[tuple[int, int]]) -> Iterator[Named]:
    """Yield listed trades and unlisted ones in the order of the text."""
    listed = list(_listed(text, tokens))
    blocked = [*taken, *((t.start, t.end) for t in tokens if t.tag not in LISTED)]
    unlisted = list(_unlisted(text, blocked, tokens))
    kept = [one for one in listed if not any(_within(one, other) for other in unlisted)]
    yield from sorted([*kept, *unlisted], key=lambda one: one.start)[:MOST_NAMED]


def _within(one: Named, other: Named) -> bool:
    return other.start <= one.start and one.end <= other.end


def _listed(text: str, tokens: Sequence[Token]) -> Iterator[Named]:
    """Yield the listed trades, neighbours joined (美容美发), a trade's 师 or 工 added."""
    pending: Named | None = None
    for token in tokens:
        if token.tag not in LISTED:
            continue
        one = _keep(text, token)
        near = pending and pending.end == one.start and token.tag in ("trade", "framed")
        if pending and near and _joins(pending, one):
            name = pending.name + one.name
            pending = Named(name, pending.start, one.end, pending.framed or one.framed)
            continue
        if pending:
            yield pending
        pending = one if one.framed or token.tag != "framed" else None
    if pending:
        yield pending


def _keep(text: str, token: Token) -> Named:
    ending = ENDING.match(text, token.end) if token.tag != "occupation" else None
    end = ending.end() if ending else token.end
    if token.tag in ("trade", "framed"):
        name = text[token.start : end]
    else:
        name = token.value + (text[token.end : end] if token.value[-1] not in PERSON else "")
    return Named(name, token.start, end, _framed(text, token.start, end))


def _joins(left: Named, right: Named) -> bool:
    whole = len(left.name) + len(right.name)
    if len(left.name) != left.end - left.start:
        return False  # a second name was replaced: 月嫂保姆 are two
    return whole <= MOST and not left.name.endswith(PERSON) and right.name not in left.name


def _framed(text: str, start: int, end: int) -> bool:
    """Whether a class is said of a listed trade: 学X, X班, or X is the whole message."""
    frame = frames()
    if frame.tail_listed.match(text, end) or frame.lead_listed.search(
        text, max(0, start - 8), start
    ):
        return True
    return not (text[:start] + text[end:]).strip(" ,。!?吗呢")


def _unlisted(
    text: str, blocked: list[tuple[int, int]], tokens: Sequence[Token]
) -> Iterator[Named]:
    """Yield what is left between all common words, if it stands where a trade does."""
    heads = frames().heads
    for start, end in _rests(text, blocked):
        if not FEWEST <= end - start <= MOST:
            continue
        inside = [t for t in tokens if t.tag in LISTED and t.start < end and start < t.end]
        chunk = text[start:end]
        general = chunk.endswith(heads) and end - start > FEWEST
        if inside and not (general and all(_part(chunk, text, t) for t in inside)):
            continue
        before = frames().lead.search(text, max(0, start - 8), start)
        framed = bool(before or frames().tail.match(text, end))
        if general or framed:
            yield Named(chunk, start, end, framed)


def _part(chunk: str, text: str, token: Token) -> bool:
    """Whether a listed trade is but a part of a longer name: 养殖 in 畜禽养殖, 综采 in 综采维修."""
    said = text[token.start : token.end]
    return (
        token.tag == "framed"
        or said in frames().heads
        or chunk.removeprefix(said) in frames().heads
    )


def _rests(text: str, blocked: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the spans between common words and `blocked` spans."""
    cuts = sorted([*blocked, *frames().stops.spans(text)])
    at = 0
    for start, end in [*cuts, (len(text), len(text))]:
        if start > at:
            yield at, start
        at = max(at, end)


def _never(text: str, one: Named) -> bool:
    frame = frames()
    return text.endswith(frame.never, 0, one.start) or text.startswith(frame.never_after, one.end)


def about_paper(text: str) -> bool:
    """Whether a certificate is told that shall go on the card: 新拿的家政证往卡上添."""
    frame = frames()
    if not ("证" in text or "卡" in text) or any(word in text for word in frame.held_unless):
        return False
    return any(word in text for word in frame.held)
