"""Months paid into unemployment insurance: 交了14个月, 没交够一年, 从来没交过, 两段."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.slots.governors import INSURANCE, governor, told
from knowledge.slots.message import Finding
from knowledge.slots.numbers import read_number
from knowledge.slots.patterns import find, may_say, patterns

if TYPE_CHECKING:
    from knowledge.slots.lexicon import Token
    from knowledge.slots.message import Message
    from knowledge.slots.quantities import Quantity

MONTHS = "unemployment_insurance_months"
PERIODS = "insurance_periods"
BARE = 8
STRETCH = 12
YEAR = 12


def insurance(message: Message) -> list[Finding]:
    """Find how long was paid in, or that nothing was."""
    short = _short_of_a_year(message)
    if short:
        return short
    stretches = _stretches(message)
    if stretches:
        return [Finding(PERIODS, [q.low for q in stretches], stretches[0].head)]
    found = [q for q in message.quantities if q.unit in ("month", "year") and _paid_in(message, q)]
    if len(found) > 1 and _in_stretches(message, found):
        return [Finding(PERIODS, [q.low for q in found], found[0].head)]
    findings = [Finding(MONTHS, _months(message, q), q.head) for q in found]
    if not findings:
        findings = [Finding(MONTHS, 0, t.start) for t in _unpaid(message)] or _never(message)
    return findings or _full_year(message)


def _short_of_a_year(message: Message) -> list[Finding]:
    """还差仨月才够一年, 再交两个月就满一年: what is missing is named, not what was paid."""
    if "险" not in message.text or not may_say(message.letters, "insurance.short"):
        return []
    if not message.told:
        return []
    match = find("insurance.short", message.text)
    number = read_number(match["n"], 0) if match else None
    if match is None or number is None or number.low >= YEAR:
        return []
    return [Finding(MONTHS, YEAR - int(number.low), match.start())]


def _months(message: Message, quantity: Quantity) -> object:
    """两年差一个月 is twenty-three months."""
    match = find("insurance.less_than", message.text)
    if (
        match is None
        or quantity.sure != "exact"
        or not quantity.head < match.start() + 1 <= quantity.end
    ):
        return quantity.as_json()
    number = read_number(match["n"], 0)
    return quantity.low - int(number.low) if number else quantity.as_json()


def _stretches(message: Message) -> list[Quantity]:
    """前面8个月，后面5个月: two or more stretches of an insurance that was interrupted."""
    if not _named(message) or not find("insurance.broken", message.text):
        return []
    before = patterns()["insurance.stretch"]
    found = [
        q
        for q in message.quantities
        if q.unit in ("month", "year")
        and q.sure == "exact"
        and told(message, q)
        and before.search(message.text[max(q.head - STRETCH, 0) : q.head])
    ]
    return found if len(found) > 1 else []


def _named(message: Message) -> bool:
    return any(token.value == "yes" for token in message.tags.get("ins", ())) or (
        "失业保险" in message.text
    )


def _never(message: Message) -> list[Finding]:
    """失业保险一天都没交过, 没交失业保险: nothing was paid in."""
    if "没" not in message.text or "险" not in message.text or not message.told:
        return []
    if message.firm and "pay" not in message.tags:
        return []
    match = find("insurance.never", message.text)
    return [Finding(MONTHS, 0, match.start())] if match else []


def _paid_in(message: Message, quantity: Quantity) -> bool:
    if not told(message, quantity):
        return False
    if find("insurance.more", message.text[: quantity.head]):
        return False
    found = governor(message, quantity)
    if found:
        return found == INSURANCE
    return _corrected(message, quantity) or _beside_level(message, quantity)


def _beside_level(message: Message, quantity: Quantity) -> bool:
    """四级 18个月: beside a level, months without a word are those of the insurance."""
    known = "level" in message.tags and not {"kind", "class", "notins"} & message.tags.keys()
    return known and quantity.unit == "month" and message.alone(quantity.head, quantity.end)


def _corrected(message: Message, quantity: Quantity) -> bool:
    """不对，是14个月: of all lengths in months, the one that is put right here is this."""
    if "fix" not in message.tags and not message.text.startswith("不是"):
        return False
    rest = len(message.text) - (quantity.end - quantity.head)
    return rest <= BARE + len("不是11个月")


def _in_stretches(message: Message, found: list[Quantity]) -> bool:
    broken = any(token.value == "break" for token in message.tags.get("pay", ()))
    return broken and "fix" not in message.tags and all(q.sure == "exact" for q in found)


def _unpaid(message: Message) -> list[Token]:
    return [
        token
        for token in message.tags.get("pay", ())
        if token.value == "unpaid"
        and message.text[token.end : token.end + 1] not in ("够", "满", "足")
        and (
            message.personal
            or "我" in message.text[token.start : token.end]
            or _past(message, token)
            or _answer(message)
        )
    ]


def _past(message: Message, token: Token) -> bool:
    return any(c in message.text[token.start : token.end] for c in "过我")


def _answer(message: Message) -> bool:
    return not message.asks and not message.generic and message.listing


def _full_year(message: Message) -> list[Finding]:
    """保险满年, 保险满了一年整 without a number: 满年 is a year at least."""
    at = message.text.find("满年")
    if at < 0 or not any(token.value == "yes" for token in message.tags.get("ins", ())):
        return []
    told = message.personal or (not message.asks and not message.generic)
    return [Finding(MONTHS, {"min": YEAR}, at)] if told else []
