"""Small words for dates and classes that the sentences of refusals share."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jcbot.training.model import Course


def day(date: dt.date) -> str:
    """Return 2026年12月1日."""
    return f"{date.year}年{date.month}月{date.day}日"


def name(course: Course) -> str:
    """Return 电工班（DG-2026-12，2026年12月1日开班）."""
    return f"{course.occupation}班（{course.number}，{day(course.first_day)}开班）"


def months_later(date: dt.date, months: int) -> dt.date:
    """Return the same day so many months on (or back), the month's last if it has none."""
    count = date.year * 12 + date.month - 1 + months
    year, month = divmod(count, 12)
    month += 1
    following = dt.date(year + month // 12, month % 12 + 1, 1)
    return dt.date(year, month, min(date.day, (following - dt.timedelta(days=1)).day))
