"""Days ahead of us as people name them when they look for a class: 下周, 12月1号到10号, 年后."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from itertools import islice
from typing import TYPE_CHECKING

from knowledge.needs import needed
from knowledge.slots.dates import (
    BARE_DAY,
    MONTHS,
    MOST,
    NUM,
    SOON,
    WEEK,
    Named,
    beside,
    calendar_words,
    find_dates,
    moving,
    nearest,
    within,
)
from knowledge.slots.numbers import read_number

if TYPE_CHECKING:
    from collections.abc import Iterator

WHOLE_WEEK = re.compile(r"(?P<which>下下|下|这|本)(?:个|一)?(?:周|星期|礼拜)")
TO = re.compile("(?:到|至|[-~—])+")
NEW_YEAR = re.compile(
    "(?<![0-9一二三四五六七八九十两几多半去今明前后每当过青少晚老童中成整])年(?=(?:以|之)?[前后](?!年))"
)
DAYS_ON = re.compile(rf"(?P<number>{NUM})(?P<unit>天|个?星期|个?礼拜|周)(?:以后|之后|后)")
HALF = re.compile(r"(?P<half>上|下)半个?月")
CHINESE_DAY = re.compile(
    "(?P<day>(?:二|三)?十[一二三四五六七八九]?|[一二三四五六七八九](?=[号日](?:的|那|到|至|上课|开|$)))[号日](?!楼|人|线)"
)
DOTTED = re.compile(
    "(?<![0-9.])(?P<month>1[0-2]|0?[1-9])[./](?P<day>3[01]|[12][0-9]|0?[1-9])"
    "(?=[号日那的这开上 ]|$)"
)
WEEKDAY, WEEK_LONG = "周星礼", dt.timedelta(7)
AVOIDED = ("别排在", "别在", "避开", "除了", "每", "每个", "去年", "前年", "上一个", "往年")
DONE = re.compile(
    ".{0,3}?(?:考的|考了|考过|学的|学了|报的|办的|发的|毕业|入的?职|离职|辞|娶|结婚|拿的)"
)
FAR = 270  # days: nobody plans a day further ahead, such a day was the last one of its name
MIDDLE = 15  # last day of the first half of a month


def find_coming(text: str, today: dt.date) -> list[Named]:
    """Find all named times as of somebody who looks ahead; a month without a year is the next."""
    found = find_dates(text, today, past=False)
    letters = frozenset(text)
    for search, needs in SEARCHES:
        if any(map(letters.isdisjoint, needs)):
            continue
        for named in islice(search(text, today), MOST):
            if not any(named.start < other.end and other.start < named.end for other in found):
                found.append(named)
    kept = [named for named in _ranges(text, sorted(found)) if not _gone(text, named, today)]
    return [_open_ended(text, named, today) for named in kept]


def _gone(text: str, named: Named, today: dt.date) -> bool:
    """Whether a day lies behind (10月26日考的), is no single one (每周二) or one to avoid."""
    if text.endswith(AVOIDED, 0, named.start) or DONE.match(text, named.end):
        return True
    return named.first == named.last and named.first > today + dt.timedelta(FAR)


def _dotted(text: str, today: dt.date) -> Iterator[Named]:
    """Yield 12.8 and 12/8."""
    for match in DOTTED.finditer(text):
        month, day = int(match["month"]), match["day"]
        span = within(today.year + (month < today.month), month, None, day)
        if span:
            yield Named(*match.span(), *span)


def _chinese_days(text: str, today: dt.date) -> Iterator[Named]:
    """Yield 十五号, but not 三号楼."""
    for match in CHINESE_DAY.finditer(text):
        number = read_number(match["day"], 0)
        day = _on_or_after(today, int(number.low)) if number else None
        if day:
            yield Named(match.start(), match.end(), day, day)


def _whole_weeks(text: str, today: dt.date) -> Iterator[Named]:
    """Yield weeks named whole, 下周 and 这礼拜, from Monday to Sunday."""
    for match in WHOLE_WEEK.finditer(text):
        if WEEK.match(text, match.start()) or text.startswith(("岁", "期"), match.end()):
            continue
        weeks = match["which"].count("下")
        monday = today + dt.timedelta(7 * weeks - today.weekday())
        yield Named(match.start(), match.end(), monday, monday + dt.timedelta(6))


def _half_months(text: str, today: dt.date) -> Iterator[Named]:
    """Yield 上半月 and 下半月, of this month."""
    for match in HALF.finditer(text):
        late = match["half"] == "下"
        size = calendar.monthrange(today.year, today.month)[1]
        first, last = (MIDDLE + 1, size) if late else (1, MIDDLE)
        yield Named(*match.span(), today.replace(day=first), today.replace(day=last))


def _later(text: str, today: dt.date) -> Iterator[Named]:
    """Yield a day counted from today: 三天后, 两周以后."""
    for match in DAYS_ON.finditer(text):
        number = read_number(match["number"], 0)
        if number:
            day = today + dt.timedelta(int(number.low) * (1 if match["unit"] == "天" else 7))
            yield Named(*match.span(), day, day)


def _new_year(text: str, today: dt.date) -> Iterator[Named]:
    """Yield 年前 and 年后, said of the Spring Festival."""
    for match in NEW_YEAR.finditer(text):
        span = nearest(moving(calendar_words().moving["过年"]), today, past=False)
        if span:
            days = beside(text, match.end(), span, today, past=False)
            yield Named(match.start(), *days)


def _ranges(text: str, found: list[Named]) -> list[Named]:
    """Join two days with 到 between them: 12月1号到10号, where the second may lack its month."""
    joined: list[Named] = []
    for named in found:
        earlier = joined[-1] if joined else None
        if earlier and TO.fullmatch(text, earlier.end, named.start):
            last = named.last
            if BARE_DAY.fullmatch(text, named.start, named.end):
                last = _on_or_after(earlier.first, last.day) or last
            elif text[named.start] in WEEKDAY and last < earlier.first + WEEK_LONG:
                last = earlier.first + dt.timedelta((last - earlier.first).days % WEEK_LONG.days)
            if earlier.first <= last:
                joined[-1] = Named(earlier.start, named.end, earlier.first, last)
                continue
        joined.append(named)
    return joined


def _on_or_after(first: dt.date, day: int) -> dt.date | None:
    """Return the next day with this number in its month, from `first` on."""
    index = first.year * MONTHS + first.month - 1 + (day < first.day)
    span = within(index // MONTHS, index % MONTHS + 1, None, str(day))
    return span[0] if span else None


def _open_ended(text: str, named: Named, today: dt.date) -> Named:
    """Widen 12月15号之后 and 10号以前 to the days meant; 前 reaches from today on."""
    rest = text[named.end : named.end + 2]
    rest = "以前" if rest[:1] == "前" else rest
    if rest in ("之后", "以后"):
        first = named.last + dt.timedelta(1)
        return Named(named.start, named.end + 2, first, first + dt.timedelta(SOON))
    if rest in ("之前", "以前") and named.last > today:
        last = named.last if named.last > named.first else named.first - dt.timedelta(1)
        return Named(named.start, named.end + 1, today, last)
    return named


SEARCHES = (
    (_dotted, needed(DOTTED.pattern)), (_whole_weeks, needed(WHOLE_WEEK.pattern)),
    (_half_months, needed(HALF.pattern)), (_later, needed(DAYS_ON.pattern)),
    (_new_year, needed(NEW_YEAR.pattern)), (_chinese_days, needed(CHINESE_DAY.pattern)),
)  # fmt: skip
"""Each further way of naming a time, and what letters a text needs for it."""
