"""Whether somebody may come (谁能报): the limits, each a refusal or a mark for the staff.

What counts is all that a person holds: a place in the line may become a seat at any moment, so
that it uses up the year's share and its days like a seat.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam

from jcbot.storage.training_tables import classes
from jcbot.training.errors import (
    ClassCancelledError,
    DeadlinePassedError,
    NotInGroupsError,
    OverlapError,
    RepeatedCourseError,
    YearlyLimitError,
)
from jcbot.training.model import OPEN, WAITING, Applicant, Course, Mine
from jcbot.training.reading import course_of, courses_with, occupations
from jcbot.training.wording import day, months_later, name
from knowledge.occupations import alike, same

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from knowledge.training import Limits

_C = classes.c
_NEXT = (
    courses_with()
    .where(
        _C.occupation.in_(bindparam("o", expanding=True)),
        _C.state == OPEN,
        _C.deadline > bindparam("at"),
        _C.first_day >= bindparam("since"),
        _C.id != bindparam("not"),
    )
    .order_by(_C.first_day, _C.id)
    .limit(1)
)
OTHERS = "您也可以看看别的班。"


@dataclass(frozen=True, slots=True)
class Case:
    """One person who wants one class at one moment."""

    conn: Connection
    course: Course
    applicant: Applicant
    now: dt.datetime
    limits: Limits

    def instead(self, since: dt.date) -> str:
        """Name the next class of this occupation, from a day on, as a sentence."""
        at = int(self.now.timestamp())
        names = [each for each in occupations(self.conn) if same(each, self.course.occupation)]
        values = {"o": names, "at": at, "since": since, "not": self.course.id}
        row = self.conn.execute(_NEXT, values).first()
        return f"还可以报{name(course_of(row))}。" if row else OTHERS


def admit(case: Case, holds: list[Mine]) -> tuple[str, ...]:
    """Return what staff have to verify; a `TrainingError` if he may not come.

    `holds` is all that he holds already.
    """
    still_open(case)
    marks = [_groups(case), _age(case)]
    _overlap(case, holds)
    _yearly(case, holds)
    marks.append(_repetition(case, holds))
    return tuple(mark for mark in marks if mark)


def still_open(case: Case) -> None:
    """Refuse where the class was called off or signing up is over (to the second)."""
    course = case.course
    if course.state != OPEN:
        other = case.instead(case.now.date())
        raise ClassCancelledError(f"{name(course)}已经取消了。{other}")
    if case.now >= course.deadline:
        last = day(course.deadline - dt.timedelta(seconds=1))
        other = case.instead(case.now.date())
        raise DeadlinePassedError(f"{name(course)}的报名{last}截止了。{other}")


def _groups(case: Case) -> str:
    known = case.applicant.groups
    for limit in case.limits.groups:
        if case.course.kind not in limit.kinds or any(known.get(m) for m in limit.members):
            continue
        if all(known.get(member) is False for member in limit.members):
            raise NotInGroupsError(
                f"这个班是给{limit.name}办的，您登记的情况里没有这一类，所以报不上。"
                "情况有变化或者登记错了，请先更正登记，更正后就能报；也可以回复“人工”问工作人员。"
            )
        return "groups"
    return ""


def _age(case: Case) -> str:
    """No age is written for training, so that it refuses nobody."""
    birth, first = case.applicant.birth, case.course.first_day
    if birth is None:
        return "age"
    age = first.year - birth.year - ((first.month, first.day) < (birth.month, birth.day))
    return "" if case.limits.youngest <= age <= case.limits.oldest else "age"


def _overlap(case: Case, holds: list[Mine]) -> None:
    course, kinds = case.course, case.limits.overlap_kinds
    for held in holds:
        other = held.course
        apart = other.last_day < course.first_day or course.last_day < other.first_day
        if apart or other.kind not in kinds or course.kind not in kinds:
            continue
        since = other.last_day + dt.timedelta(days=1)
        raise OverlapError(
            f"您{'已经在候补' if held.state == WAITING else '已经报了'}{name(other)}，"
            f"上到{day(other.last_day)}，和这个班的日子重了。{day(since)}起开的班可以报；"
            f"{_or_give_up([other], case.now)}{case.instead(since)}",
            since,
        )


def _yearly(case: Case, holds: list[Mine]) -> None:
    course, limits = case.course, case.limits
    year = course.first_day.year
    if course.kind not in limits.yearly_kinds:
        return
    count = used(case.applicant, holds, year, limits)
    if count < limits.yearly_most:
        return
    this_year = [each.course for each in _of_the_year(holds, year, limits)]
    since = dt.date(year + 1, 1, 1)
    raise YearlyLimitError(
        f"免费培训原则上每人每年不超过{limits.yearly_most}次，{year}年您已经参加或者报了{count}次。"
        f"{day(since)}起开的班可以报；{_or_give_up(this_year, case.now)}{case.instead(since)}",
        since,
    )


def used(applicant: Applicant, holds: list[Mine], year: int, limits: Limits) -> int:
    """Return how many of the year's free trainings are used up.

    What is held here, or the registry's count and what was signed up for after it was written.
    """
    mine = _of_the_year(holds, year, limits)
    at = applicant.times_at
    if at is None or at.year != year:
        return len(mine)
    later = sum(each.made >= int(at.timestamp()) for each in mine)
    return max(len(mine), applicant.times + later)


def _of_the_year(holds: list[Mine], year: int, limits: Limits) -> list[Mine]:
    kinds = limits.yearly_kinds
    return [h for h in holds if h.course.kind in kinds and h.course.first_day.year == year]


def _repetition(case: Case, holds: list[Mine]) -> str:
    """Refuse the same level again within the months, before or after; mark what is unclear.

    Unclear is a level that nobody wrote, and an occupation that is merely alike (低压电工, 电工).
    """
    course, limits = case.course, case.limits
    if course.kind not in limits.repetition_kinds:
        return ""
    unclear = False
    for other in [each.course for each in holds if each.course.kind in limits.repetition_kinds]:
        first, second = sorted((other.first_day, course.first_day))
        again = _again(other, course)
        if second >= months_later(first, limits.repetition_months) or again is False:
            continue
        if again is None:
            unclear = True
            continue
        since = months_later(other.first_day, limits.repetition_months)
        raise RepeatedCourseError(
            f"同一职业同一等级{limits.repetition_months}个月内只能免费培训一次，您报过"
            f"{name(other)}。{day(since)}起开的班可以报；"
            f"{_or_give_up([other], case.now)}别的职业或者别的等级现在就可以报。",
            since,
        )
    return "repetition" if unclear else ""


def _again(one: Course, other: Course) -> bool | None:
    """Tell whether two classes are one occupation at one level; None where nobody can say."""
    if one.level and other.level and one.level != other.level:
        return False
    if same(one.occupation, other.occupation):
        return True if one.level and other.level else None
    return None if alike(one.occupation) == alike(other.occupation) else False


def _or_give_up(others: list[Course], now: dt.datetime) -> str:
    """Say that giving one of them back helps, if any can still be given back."""
    left = [name(other) for other in others if not other.begun(now)]
    return f"或者先取消{'、'.join(left)}再报这个。" if left else ""
