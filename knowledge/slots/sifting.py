"""Which phrases and quantities mean what they look like: no years, rates or parts of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.slots.numbers import ANY
from knowledge.slots.patterns import patterns

if TYPE_CHECKING:
    from knowledge.slots.lexicon import Token
    from knowledge.slots.quantities import Quantity

LEAST_SUM = 150
BOUNDS = ("不够", "不到", "不满", "没到", "没满", "交了", "满了", "够", "差", "上了", "学了")
LONGEST_LIFE = 80 * 12
SURE_UNITS = frozenset({"money", "bare"})


def sifted(text: str, found: list[Quantity]) -> list[Quantity]:
    """Leave out years, days, rates (一天十五) and what is taken back (不是11个月, 一天都没交)."""
    found = [q for q in found if not _is_year(text, q) and not _is_day_of_month(text, q)]
    if "没" in text:
        nothing = {m.start() for m in patterns()["insurance.nothing"].finditer(text)}
        found = [q for q in found if q.head not in nothing]
    kept = [q for i, q in enumerate(found) if not _is_rate(text, found, i)]
    kept = _without_shortfall(text, kept)
    return [q for q in kept if not (len(kept) > 1 and text.endswith("不是", 0, q.head))]


def _is_rate(text: str, found: list[Quantity], index: int) -> bool:
    """Whether it is the one of 一天十五, 每人一个月: a rate, no length."""
    quantity = found[index]
    if quantity.low != 1 and quantity.unit != "year":
        return False
    if quantity.unit not in ("day", "month", "year", "person") or quantity.high > 12:  # noqa: PLR2004 - a year
        return False
    if text.endswith(("每", "每人", "一人"), 0, quantity.head) and quantity.unit != "person":
        return True
    following = found[index + 1 : index + 2]
    earlier = found[max(index - 1, 0) : index]
    if any(q.unit == "money" and quantity.head - q.end <= 1 for q in earlier):
        return True
    return any(
        q.unit in SURE_UNITS and q.head - quantity.end <= 1 and q.low >= 10  # noqa: PLR2004 - yuan
        for q in following
    )


def is_few(text: str, token: Token) -> bool:
    """Whether a phrase begins in the middle of a number: 几个 in 十几个, 1个月是 in 11个月是."""
    first, earlier = text[token.start], text[token.start - 1 : token.start]
    if token.value == "rate" and text.endswith(BOUNDS, 0, token.start):
        return True
    return earlier in ANY and first in ANY and first != "零" and earlier not in "俩仨"


def is_sum(quantity: Quantity) -> bool:
    """Whether it is money, named or bare (给四千, 补600): sums are the rule's, not a case's."""
    return quantity.unit == "money" or (quantity.unit == "bare" and quantity.low >= LEAST_SUM)


def _is_year(text: str, quantity: Quantity) -> bool:
    """Whether 2021年, 一五年, 从15年 is a year of the calendar, not a length of time."""
    if quantity.unit != "year":
        return False
    if quantity.high > LONGEST_LIFE or len(quantity.digits) == 4:  # noqa: PLR2004 - 2021
        return True
    chinese_row = len(quantity.digits) == 2 and not text[quantity.start].isascii()  # noqa: PLR2004 - 一五
    if chinese_row and quantity.sure != "range":
        return True
    since = text[quantity.head - 1 : quantity.head] in ("从", "自")
    return since or text.startswith(
        ("开始", "起", "考的", "拿的", "办的", "毕业", "入职"), quantity.end
    )


def _is_day_of_month(text: str, quantity: Quantity) -> bool:
    """Whether it is the 26号 of 九月26号: a day, no number of people."""
    return (
        text[quantity.head - 1 : quantity.head] == "月"
        and text[quantity.end - 1 : quantity.end] == "号"
    )


def _without_shortfall(text: str, found: list[Quantity]) -> list[Quantity]:
    """Read 差俩月满一年 as ten months, and drop a shortfall of nothing in particular."""
    kept: list[Quantity] = []
    missing: Quantity | None = None
    for quantity in found:
        if text[quantity.head - 1 : quantity.head] == "差":
            missing = quantity
        elif missing and quantity.head - missing.end <= 5 and quantity.low > missing.low:  # noqa: PLR2004 - 就不够
            low = quantity.low - missing.low
            kept.append(quantity._replace(low=low, high=low, sure="exact"))
            missing = None
        else:
            kept.append(quantity)
    return kept
