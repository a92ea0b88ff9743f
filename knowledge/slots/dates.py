"""Days and months as people name them, as (first day, last day): 去年九月, 下周三, 月底, 国庆后."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from knowledge.needs import needed
from knowledge.reading import ROOT, Table, read_toml
from knowledge.slots.numbers import read_number

if TYPE_CHECKING:
    from collections.abc import Iterator

NUM = r"(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})"
MONTH = re.compile(
    r"(?:(?P<word>大前年|前年|去年|今年|本年|明年|后年|上一年)|(?P<year>[0-9]{4}|[0-9]{2}|[零〇一二三四五六七八九]{2,4})[年.-])?的?"
    rf"(?P<month>{NUM}|上上?个?|下下?个?|这个?|本|当)(?:月份?|[.-](?=[0-9]))(?P<part>底|初|中旬|上旬|下旬|末)?"
    rf"(?:(?P<day>{NUM})(?:[日号]|(?![0-9个]))?)?"
)
YEAR = re.compile(
    r"(?:(?P<word>大前年|前年|去年|今年|明年|后年)|(?P<year>[0-9]{4}|[一二][零〇九][零〇一二三四五六七八九]{2})年)的?"
    r"(?P<part>年底|底|年初|初|上半年|下半年|春天|夏天|秋天|冬天)?"
)
WEEK = re.compile(
    r"(?P<which>上上|上|下下|下|这|本)?个?(?:周|星期|礼拜)(?P<day>[一二三四五六日天末1-6])(?!岁)"
)
NOW = re.compile("今[天儿](?:晚上|上午|下午)?(?:的|有|开|那|上课|课)")
EDGE = re.compile(
    r"(?P<which>这个?|本|上个?|下个?)?(?P<unit>月|年)(?P<part>底|初|末|中(?!级|专|考))"
)
BARE_DAY = re.compile(r"(?P<day>[0-9]{1,2})[号日](?!人)")
TRIGGER = re.compile(r"月|年|周|星期|礼拜|[号日]|天|儿|元旦|春节|一|国庆|清明|端午|中秋|八")
SEASONS = {
    "春天": (3, 5),
    "夏天": (6, 8),
    "秋天": (9, 11),
    "冬天": (12, 12),
    "上半年": (1, 6),
    "下半年": (7, 12),
}
PARTS = {
    "底": (21, 31),
    "末": (21, 31),
    "下旬": (21, 31),
    "初": (1, 10),
    "上旬": (1, 10),
    "中旬": (11, 20),
    "中": (11, 20),
}
MONTHS, WEEKEND, TWO_DIGITS = 12, 5, 2
SOON = 13  # days meant by 后 and 前, less one
MOST = 6  # times of one kind that are looked at: no message names more
Span = tuple[dt.date, dt.date]


class Named(NamedTuple):
    """A time that was named: where it stands, its first and its last day."""

    start: int
    end: int
    first: dt.date
    last: dt.date


@dataclass(frozen=True)
class Calendar:
    """Holidays and words for days, from `lexicon/dates.toml`."""

    holidays: tuple[str, ...]
    """Names of all, the longest first."""
    fixed: dict[str, list[str]]
    moving: dict[str, list[str]]
    words: dict[str, int]
    years: dict[str, int]
    zodiac: str
    rat_year: int
    youngest: int
    oldest: int


@cache
def calendar_words() -> Calendar:
    """Read the words for days once; a fault is a `KnowledgeError`."""
    table = read_toml(ROOT / "lexicon" / "dates.toml")
    fixed, moving, signs = table.table("fixed"), table.table("moving"), table.table("zodiac")
    words, years = table.table("words"), table.table("years")
    found = Calendar(
        tuple(sorted([*fixed.keys(), *moving.keys()], key=len, reverse=True)),
        {key: fixed.texts(key) for key in fixed.keys()},  # noqa: SIM118 - Table is no dict
        {key: moving.texts(key) for key in moving.keys()},  # noqa: SIM118 - as above
        _numbers(words), _numbers(years), signs.text("order"), signs.get("rat_year", int),
        signs.get("youngest", int), signs.get("oldest", int),
    )  # fmt: skip
    signs.done()
    table.done()
    return found


def _numbers(table: Table) -> dict[str, int]:
    return {key: table.get(key, int) for key in table.keys()}  # noqa: SIM118 - Table is no dict


def find_dates(text: str, today: dt.date, *, past: bool) -> list[Named]:
    """Find all named times; a month without a year is the last one if `past`, else the next."""
    if not TRIGGER.search(text):
        return []
    found: list[Named] = []
    letters = frozenset(text)
    for search, needs in SEARCHES:
        if any(map(letters.isdisjoint, needs)):
            continue
        for named in islice(search(text, today, past), MOST):
            if not any(named.start < other.end and other.start < named.end for other in found):
                found.append(named)
    return sorted(found)


def read_past(text: str, today: dt.date) -> list[tuple[int, int, object]]:
    """Find times that lie behind us, as (start, end, JSON value of a date fact)."""
    return [
        (n.start, n.end, _json(n)) for n in find_dates(text, today, past=True) if n.first <= today
    ]


def _json(named: Named) -> object:
    if named.first == named.last:
        return named.first.isoformat()
    return {"min": named.first.isoformat(), "max": named.last.isoformat()}


def _months(text: str, today: dt.date, past: bool) -> Iterator[Named]:  # noqa: FBT001 - one signature for all
    for match in MONTH.finditer(text):
        year, month = _year(match, today), _month(match["month"], today)
        if month is None:
            continue
        if match["month"][0] in "上下这本当":
            year, month = month // MONTHS, month % MONTHS + 1
        elif year is None:
            later = month > today.month
            year = today.year - later if past else today.year + (month < today.month)
        span = within(year, month, match["part"], match["day"])
        if span:
            yield Named(match.start(), match.end(), *span)


def _month(word: str, today: dt.date) -> int | None:
    """Return 1–12, or for 上个/下个 the number of the month counted from year 0."""
    if word[0] in "上下这本当":
        shift = (word.count("下") - word.count("上")) if word[0] in "上下" else 0
        return today.year * MONTHS + today.month - 1 + shift
    number = read_number(word, 0)
    return int(number.low) if number and 1 <= number.low <= MONTHS else None


def _year(match: re.Match[str], today: dt.date) -> int | None:
    if match["word"]:
        return today.year + calendar_words().years[match["word"]]
    if not match["year"]:
        return None
    number = read_number(match["year"], 0)
    digits = number.digits if number else ""
    if len(digits) == TWO_DIGITS:
        return 2000 + int(digits) if int(digits) <= today.year % 100 + 1 else 1900 + int(digits)
    return int(digits) if digits else None


def within(year: int, month: int, part: str | None, day: str | None) -> Span | None:
    """Return first and last day of a month, of its part (底) or of one day; None if it has none."""
    if not dt.MINYEAR < year < dt.MAXYEAR:
        return None
    size = calendar.monthrange(year, month)[1]
    first, last = PARTS.get(part or "", (1, size))
    number = read_number(day, 0) if day else None
    if number:
        first = last = int(number.low)
    if not 1 <= first <= size:
        return None
    return dt.date(year, month, first), dt.date(year, month, min(last, size))


def _years(text: str, today: dt.date, _past: bool) -> Iterator[Named]:  # noqa: FBT001 - as above
    for match in YEAR.finditer(text):
        year = _year(match, today)
        part = (match["part"] or "").removeprefix("年")
        if (
            year is None
            or not dt.MINYEAR < year < dt.MAXYEAR
            or (match["word"] == "今年" and not part)
        ):
            continue
        low, high = SEASONS.get(part, (1, MONTHS))
        low, high = {"底": (MONTHS, MONTHS), "初": (1, 1)}.get(part, (low, high))
        last = calendar.monthrange(year, high)[1]
        yield Named(match.start(), match.end(), dt.date(year, low, 1), dt.date(year, high, last))


def _weeks(text: str, today: dt.date, past: bool) -> Iterator[Named]:  # noqa: FBT001 - as above
    for match in WEEK.finditer(text):
        day = "一二三四五六日".find(match["day"]) if match["day"] not in "天末123456" else -1
        day = {"天": 6, "末": WEEKEND}.get(
            match["day"],
            day if day >= 0 else int((match["day"] in "123456" and match["day"]) or 1) - 1,
        )
        which = match["which"] or ""
        weeks = which.count("下") - which.count("上")
        monday = today - dt.timedelta(today.weekday())
        first = monday + dt.timedelta(7 * weeks + day)
        if not which and not past and first < today:
            first += dt.timedelta(7)
        if match["day"] == "末" and not past and text.startswith("班", match.end()):
            continue  # 周末班 is a kind of class, no date
        yield Named(match.start(), match.end(), first, first + dt.timedelta(match["day"] == "末"))


def _edges(text: str, today: dt.date, _past: bool) -> Iterator[Named]:  # noqa: FBT001 - as above
    for match in EDGE.finditer(text):
        which = match["which"] or ""
        shift = which.startswith("下") - which.startswith("上")
        if match["unit"] == "年":
            month = MONTHS if match["part"] in "底末" else 1
            span = within(today.year + shift, month, None, None)
        else:
            index = today.year * MONTHS + today.month - 1 + shift
            span = within(index // MONTHS, index % MONTHS + 1, match["part"], None)
        if span:
            yield Named(match.start(), match.end(), *span)


def _holidays(text: str, today: dt.date, past: bool) -> Iterator[Named]:  # noqa: FBT001 - as above
    words = calendar_words()
    for name in words.holidays:
        at = text.find(name)
        if at < 0 or text[at + len(name) : at + len(name) + 1] in ("个", "月", "岁", "天", "年"):
            continue
        spans = (
            _fixed(words.fixed[name], today) if name in words.fixed else moving(words.moving[name])
        )
        span = nearest(spans, today, past)
        if span:
            yield Named(at, *beside(text, at + len(name), span, today, past))


def _fixed(days: list[str], today: dt.date) -> list[Span]:
    years = (today.year - 1, today.year, today.year + 1)
    return [
        (dt.date.fromisoformat(f"{y}-{days[0]}"), dt.date.fromisoformat(f"{y}-{days[1]}"))
        for y in years
    ]


def moving(spans: list[str]) -> list[Span]:
    """Read "first/last" days of `lexicon/dates.toml`."""
    pairs = [span.split("/") for span in spans]
    return [(dt.date.fromisoformat(a), dt.date.fromisoformat(b)) for a, b in pairs]


def nearest(spans: list[Span], today: dt.date, past: bool) -> Span | None:  # noqa: FBT001 - as above
    """Return the last of `spans` that has begun if `past`, else the next or one just over."""
    if past:
        return max((s for s in spans if s[0] <= today), default=None)
    return min((s for s in spans if s[1] >= today - dt.timedelta(30)), default=None)


def beside(
    text: str,
    end: int,
    span: Span,
    today: dt.date,
    past: bool,  # noqa: FBT001 - as above
) -> tuple[int, dt.date, dt.date]:
    """Move to the days behind or before a holiday where 后 or 前 says so; none before today."""
    for words, pick in ((("过后", "以后", "之后", "后"), 1), (("之前", "以前", "前"), -1)):
        for word in words:
            if text.startswith(word, end):
                day = dt.timedelta(1)
                edge = span[1] + day if pick > 0 else span[0] - day
                other = edge + pick * dt.timedelta(SOON)
                if pick < 0 and not past and edge >= today:
                    other = today
                return end + len(word), min(edge, other), max(edge, other)
    return end, *span


def _days(text: str, today: dt.date, past: bool) -> Iterator[Named]:  # noqa: FBT001 - as above
    for word, shift in calendar_words().words.items():
        at = text.find(word)
        if at >= 0 and text[at - 1 : at] != "大" and (past or shift or NOW.match(text, at)):
            day = today + dt.timedelta(shift)
            yield Named(at, at + len(word), day, day)


def _bare_days(text: str, today: dt.date, past: bool) -> Iterator[Named]:  # noqa: FBT001 - as above
    for match in BARE_DAY.finditer(text):
        day = int(match["day"])
        index = today.year * MONTHS + today.month - 1
        index += (day < today.day) - (past and day > today.day) - (past and day < today.day)
        span = within(index // MONTHS, index % MONTHS + 1, None, match["day"])
        if span:
            yield Named(match.start(), match.end(), *span)


SEARCHES = (
    (_months, needed(MONTH.pattern)), (_years, needed(YEAR.pattern)),
    (_weeks, needed(WEEK.pattern)), (_edges, needed(EDGE.pattern)), (_holidays, ()), (_days, ()),
    (_bare_days, needed(BARE_DAY.pattern)),
)  # fmt: skip
"""Each way of naming a time, and what letters a text needs for it."""
