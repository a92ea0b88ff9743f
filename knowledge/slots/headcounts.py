"""How many people a firm speaks of, and as what: staff, trainees, seats, a brand's people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.slots.governors import told
from knowledge.slots.message import Finding
from knowledge.slots.patterns import find, patterns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.slots.lexicon import Token
    from knowledge.slots.message import Message
    from knowledge.slots.quantities import Quantity

HIRES = frozenset({"poor_labor", "employment_difficulty", "zero_employment_family"})
COUNTED = frozenset({"person", "some", "seat"})


def hired_group(message: Message) -> Token | None:
    """Return the name of the people a firm took on, if it tells of any."""
    for token in message.tags.get("group", ()):
        if token.value not in HIRES:
            continue
        hires = [t for t in message.before(token.start, 12) if t.value == "hire"]
        if any(message.text[t.start - 1 : t.start] == "没" for t in hires):
            continue
        hire = any(t.tag == "firm_word" for t in hires)
        if hire or (message.firm and count_before(message, token)):
            return token
    return None


def count_before(message: Message, token: Token) -> Quantity | None:
    """Return the number right before `token`."""
    for quantity in message.quantities:
        if quantity.unit in COUNTED | {"bare"} and 0 <= token.start - quantity.end <= 2:  # noqa: PLR2004 - 个
            return quantity
    return None


def count_after(message: Message, token: Token) -> Quantity | None:
    """Return the number of people right behind `token`."""
    for quantity in message.quantities:
        if quantity.unit in COUNTED and 0 <= quantity.head - token.end <= 1:
            return quantity
    return None


def counts(message: Message) -> Iterator[Finding]:
    """Find numbers of people, each as the fact it is."""
    words = {t.value for t in message.tags.get("firm_word", ())}
    token = hired_group(message)
    hired = (count_before(message, token) or count_after(message, token)) if token else None
    for quantity in message.quantities:
        places = quantity.unit == "bare" and _names_seats(message, quantity)
        if (
            (quantity.unit not in COUNTED and not places)
            or quantity == hired
            or not _own(message, quantity)
        ):
            continue
        if quantity.low == 1 and quantity.high == 1:
            continue
        key = _meaning(message, quantity, words)
        if key == "staff" and _examined(message):
            key = "trainees"
        if key:
            yield Finding(key, quantity.as_json(), quantity.head)


def _own(message: Message, quantity: Quantity) -> bool:
    return told(message, quantity) and (message.personal or not message.asks)


def _examined(message: Message) -> bool:
    """Whether the people a firm counts are those it had examined for a paper."""
    if not message.tags.keys() & {"level", "paper"} or "考" not in message.text:
        return False
    return "organised" in message.tags or find("paper.by_school", message.text) is not None


def _names_seats(message: Message, quantity: Quantity) -> bool:
    """Whether 座 follows a number: 二百五十座."""
    return any(t.value == "seat" for t in message.after(quantity.end, 1))


def _meaning(message: Message, quantity: Quantity, words: set[str]) -> str:
    """Say which fact a number of people is."""
    near = list(message.before(quantity.head, 10, clause=False))
    behind = [*message.after(quantity.end, 6)]
    if "brand" in words:
        return _brand_count(message, quantity)
    first = behind[0] if behind and behind[0].start == quantity.end else None
    if _of_seats(message, quantity, near, first):
        return "seats"
    counted = any(t.value in ("apprentice", "employees") for t in near + behind[:1])
    taught = any(t.value == "did" and t.end == quantity.head for t in near[:1])
    described = bool(near) and _described(message, quantity, near[0])
    known = counted or taught or described or _taught(message, quantity) or "kind" in message.tags
    some = quantity.unit == "some" and not known
    if some or (first and first.tag == "kind" and first.value != "enterprise"):
        return ""  # 3个普惠班; but 50个职工培训 are people
    if not described and (_trained(near, behind, message) or _taught(message, quantity)):
        return "trainees"
    at_site = any(t.tag == "site" and quantity.head - t.end <= 1 for t in near[:1])
    employees = any(t.value == "employees" for t in near + behind)
    return "staff" if described or at_site or message.firm or employees else ""


def _of_seats(message: Message, quantity: Quantity, near: list[Token], first: Token | None) -> bool:
    """Whether so many can sit: 260个座, 能坐120人, 一次能训100人."""
    if quantity.unit == "seat" or quantity.head in _seats(message):
        return True
    if first is not None and first.value == "seat":
        return True
    said = next((t for t in near if t.tag == "firm_word" and t.value == "seat"), None)
    if said is None:
        return False
    return not any(said.end <= q.head < quantity.head for q in message.quantities)


def _described(message: Message, quantity: Quantity, before: Token) -> bool:
    """厂400人培训了50个: right behind the firm, and another number of people follows."""
    if before.tag not in ("site", "firm", "employed") or quantity.head != before.end:
        return False
    more = any(q.unit in COUNTED and q.head > quantity.end for q in message.quantities)
    if before.tag == "employed":
        return quantity.unit == "person" or not message.asks
    return quantity.unit == "person" and more


def _taught(message: Message, quantity: Quantity) -> bool:
    """给50个人搞了5天培训: so many were taught."""
    given = patterns()["firm.taught"].finditer(message.text)
    return message.firm and any(match.end() == quantity.head for match in given)


def _seats(message: Message) -> set[int]:
    """Return where the number stands of which it is said that so many can sit or be trained."""
    if not any(c in message.text for c in "坐容装训"):
        return set()
    return {m.end() for m in patterns()["firm.seats"].finditer(message.text)}


def _trained(near: list[Token], behind: list[Token], message: Message) -> bool:
    """Whether a number of people is that of those who were trained."""
    close = near[0] if near else None
    if close and close.tag == "firm_word" and close.value == "employees":
        return False
    if close and close.tag == "firm":
        return any(
            t.tag in ("organised", "kind", "prove") or t.value in ("did", "apprentice")
            for t in behind[:1]
        )
    return any(_of_training(message, token) for token in near[:2] + behind[:2])


def _of_training(message: Message, token: Token) -> bool:
    """Whether a phrase beside a number of people makes them trainees."""
    if token.tag == "learn" and token.value == "did":
        return bool({"firm", "site", "kind", "money"} & message.tags.keys())
    if token.tag == "prove" and token.value == "had":
        return bool({"firm", "site", "organised"} & message.tags.keys())
    return token.tag in ("kind", "organised") or token.value in ("train", "apprentice")


def _brand_count(message: Message, quantity: Quantity) -> str:
    for token in message.before(quantity.head, 6):
        if token.tag == "firm_word" and token.value == "exported":
            return "exported"
        if token.tag == "learn":
            return "trained"
    return ""
