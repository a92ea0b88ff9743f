"""Quantities: a number, what it counts and how sure it is (不到一年, 3个半月, 四十来岁)."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from knowledge.reading import ROOT, read_toml
from knowledge.slots.numbers import DIGITS, Number, read_number

MONTHS_OF_YEAR, DAYS_OF_WEEK, HALF_MONTH = 12, 7, 15
MASK = "\x00"
COUNTING = frozenset("0123456789零〇一二两俩仨三四五六七八九十百千几廿半")
"""One of these stands in every text that holds a quantity."""
STARTS = re.compile(
    rf"[{''.join(sorted(COUNTING))}]"
    r"|(?<=[险 ,。了满有够交\x00])年(?=半(?![个年月价]))"
)
YEAR_AND_HALF = 18
EXTRA = re.compile(
    r"[零又外加 ]{0,2}(?:(?P<half>半)|(?P<two>[俩仨])个?月"
    r"|(?P<n>[0-9一二两三四五六七八九十]{1,3})(?P<u>个半?月|天))"
)


class Quantity(NamedTuple):
    """A quantity in the text. `unit`: month, year, day, person, age, time, percent, seat, paper,
    money, some (个), bare. `low`/`high` in months for year and month, days for day; `sure` is
    exact, least, most, less, about or range; `rate` marks 一天十五 and the like.
    """  # noqa: D205 - the list of units needs the second line

    unit: str
    low: int
    high: int
    sure: str
    start: int
    end: int
    head: int
    digits: str = ""
    ordinal: bool = False

    def as_json(self) -> object:
        """Return the value in the form of readings.md."""
        if self.sure == "less":
            return {"max": max(self.low - 1, 0)}
        if self.sure == "range":
            return {"min": self.low, "max": self.high}
        key = {"least": "min", "most": "max", "about": "approx"}.get(self.sure)
        return {key: self.low} if key else self.low


@cache
def _words() -> tuple[dict[str, str], dict[str, str], dict[str, str], tuple[str, ...]]:
    table = read_toml(ROOT / "lexicon" / "units.toml")
    found = []
    for name in ("unit", "before", "after", "verb"):
        part = table.table(name)
        words = {word: key for key in part.keys() for word in part.texts(key)}  # noqa: SIM118
        found.append(words)
    table.done()
    return found[0], found[1], found[2], tuple(found[3])


def find_quantities(text: str, taken: list[tuple[int, int]], most: int = 20) -> list[Quantity]:
    """Find the first `most` quantities of `text` outside the spans of words already `taken`."""
    bare = _masked(text, taken)
    found: list[Quantity] = []
    at = 0
    while len(found) < most and (match := STARTS.search(bare, at)):
        at = match.start()
        quantity = _read(bare, text, at)
        if quantity:
            found.append(quantity)
        at = max(quantity.end, at + 1) if quantity else at + 1
    return found


def _masked(text: str, taken: list[tuple[int, int]]) -> str:
    """Blank out the phrases, so that no number is read out of 三级 or 零就业家庭."""
    parts: list[str] = []
    at = 0
    for start, end in taken:
        parts += (text[at:start], MASK * (end - start))
        at = end
    return "".join((*parts, text[at:]))


def _read(bare: str, text: str, at: int) -> Quantity | None:
    if bare[at] == "年":
        return Quantity("year", YEAR_AND_HALF, YEAR_AND_HALF, "exact", at, at + 2, at)
    if bare[at] == "半":
        return _half(text, at)
    number = read_number(bare, at)
    if number is None:
        return None
    number = _through(bare, number) or number
    unit, end, shift = _unit(bare, text, number.end)
    return _build(bare, text, at, number, unit, end, shift)


def _through(text: str, number: Number) -> Number | None:
    """Join 16到60, 三到五, 16-60 into one range."""
    if text[number.end : number.end + 1] not in ("到", "至", "-", "~", "—"):
        return None
    second = read_number(text, number.end + 1)
    if second is None or second.high <= number.low:
        return None
    return second._replace(low=number.low, digits="")


def _unit(bare: str, full: str, at: int) -> tuple[str, int, str]:
    """Find the unit at `at`; return its name, its end, and 半 or 多 read within it."""
    units, text = _words()[0], bare
    shift = ""
    if text[at : at + 3] in ("个半月", "个多月", "个来月"):
        return "month", at + 3, text[at + 1]
    if text[at : at + 1] == "月" and at and text[at - 1] in "俩仨几":
        return "month", at + 1, ""
    if text[at : at + 1] == "月" and at > 1 and text[at + 1 : at + 2] not in ("份", "底", "初"):
        paid = full[:at].rstrip("0123456789十一二三四五六七八九")
        if paid.endswith(("交", "交了", "交满", "满", "保险")):
            return "month", at + 1, ""
    if text[at : at + 2] == "来个":
        at, shift = at + 1, "来"
    for length in (3, 2, 1):
        unit = units.get(text[at : at + length])
        if unit:
            return unit, at + length, shift
    return "bare", at, shift


def _half(text: str, at: int) -> Quantity | None:
    """半年, 半个月, 半个多月, 大半年; not 上半年."""
    if text[at - 1 : at] in ("上", "下", "前", "后") and text.startswith("半年", at):
        return None
    for word, unit, value in (
        ("半年", "year", 6), ("半个多月", "day", HALF_MONTH), ("半个月", "day", HALF_MONTH),
        ("半月", "day", HALF_MONTH), ("半拉月", "day", HALF_MONTH),
    ):  # fmt: skip
        if text.startswith(word, at):
            sure = _bound_before(text, at) or ("about" if text[at - 1 : at] in ("大", "小") else "")
            end = at + len(word)
            after, end = _bound_after(text, end)
            return Quantity(unit, value, value, sure or after or "exact", at, end, at)
    return None


def _build(  # noqa: PLR0913, PLR0917 - what was read, piece by piece
    bare: str, text: str, at: int, number: Number, unit: str, end: int, shift: str
) -> Quantity:
    low, high = number.low, number.high
    sure = "about" if number.about or shift == "来" else ""
    sure = "least" if number.open_end or shift == "多" else sure
    if unit == "year":
        low, high, end = _years(bare, low, high, end)
    elif unit == "week":
        low, high, unit = low * DAYS_OF_WEEK, high * DAYS_OF_WEEK, "day"
    elif unit == "month":
        end = _after_months(bare, end)
        low, high = (low + 0.5, high + 0.5) if shift == "半" else (low, high)
    elif unit == "day" and text[end : end + 1] == "半":
        low, high, end = low + 0.5, high + 0.5, end + 1
    if not sure and low != high:
        sure = "range"
    head = at
    before = _bound_before(text, at)
    after, end = _bound_after(text, end) if unit != "bare" or not before else ("", end)
    sure = _together(before, sure, after)
    ordinal = text[at - 1 : at] == "第"
    return Quantity(unit, int(low), int(high), sure, head, end, at, number.digits, ordinal)


def _years(text: str, low: float, high: float, end: int) -> tuple[float, float, int]:
    """Turn years into months, with 半 or 零两个月 behind them."""
    low, high = low * MONTHS_OF_YEAR, high * MONTHS_OF_YEAR
    extra = EXTRA.match(text, end)
    if not extra:
        return low, high, end
    if extra["half"]:
        if text[extra.end() : extra.end() + 1] in ("价", "年"):
            return low, high, end
        months = 6.0
    elif extra["two"]:
        months = DIGITS[extra["two"]]
    elif extra["u"] == "天":
        return low, high, extra.end()
    else:
        number = read_number(text, extra.start("n"))
        months = number.low if number else 0
    return low + months, high + months, extra.end()


def _after_months(text: str, end: int) -> int:
    """Skip the days of 五个月零十天: whole months are what counts."""
    extra = EXTRA.match(text, end)
    if extra and extra["u"] == "天" and text[end : end + 1] in ("零", "又", "外", "加"):
        return extra.end()
    return end


def _bound_before(text: str, at: int) -> str:
    """Return what stands before: 不到, 最多, 大概; also with a verb between (最多交了)."""
    before, verbs = _words()[1], _words()[3]
    found = _ending(text, at, before)
    for verb in () if found else verbs:
        if text.endswith(verb, 0, at):
            found = found or _ending(text, at - len(verb), before)
    return found


def _ending(text: str, at: int, words: dict[str, str]) -> str:
    for length in (4, 3, 2, 1):
        found = words.get(text[at - length : at]) if at >= length else None
        if found:
            return found
    return ""


def _bound_after(text: str, end: int) -> tuple[str, int]:
    after = _words()[2]
    for length in (4, 3, 2, 1):
        word = text[end : end + length]
        sure = after.get(word) if len(word) == length else None
        if sure and text[end : end + 2] != "多少":
            return sure, end + length
    return "", end


def _together(before: str, inner: str, after: str) -> str:
    """Settle what the words before, within and behind a number say together."""
    if before == "less" or after == "less":
        return "less"
    if inner == "range" and before in ("", "about"):
        return "range"
    if before == "about" and (inner == "least" or after == "least"):
        return "about"
    return before or after or inner or "exact"
