"""Who was there on which day (到课): a code on the wall scanned, or a list kept by the teacher."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, func, select

from jcbot.clock import SHANGHAI
from jcbot.storage.dialects import Upsert
from jcbot.storage.progress_tables import attendance, outcomes
from jcbot.training.errors import NotClassDayError, NotInClassError, WrongCodeError
from jcbot.training.model import CONFIRMED, OPEN
from jcbot.training.reading import find, held, holdings
from jcbot.training.seats import take
from jcbot.training.wording import day as day_in_words
from jcbot.training.wording import name

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.training.keys import TrainingKeys
    from jcbot.training.model import Course

_A, _O = attendance.c, outcomes.c
_THERE = Upsert(
    attendance, lambda insert: insert.on_conflict_do_nothing(index_elements=["enrolment", "day"])
)
_WHEN = select(_A.at).where(_A.enrolment == bindparam("e"), _A.day == bindparam("d"))
_COUNTED = select(func.count()).select_from(attendance).where(_A.enrolment == bindparam("e"))
_ENTERED = select(_O.attended).where(_O.enrolment == bindparam("e"))


class Attended(NamedTuple):
    """The class, and when the person was first noted for the day; `again`: noted before."""

    course: Course
    at: dt.datetime
    again: bool


def attend(
    conn: Connection, number: str, person: bytes, day: dt.date, now: dt.datetime
) -> Attended:
    """Note that somebody was in the class on a day; a second time tells when the first was.

    `NoSuchClassError`, `NotInClassError` without a seat, `NotClassDayError` for a day that is
    not of the class or has not come.
    """
    course = take(conn, number)
    mine = held(conn, course, person)
    if mine is None or mine.state != CONFIRMED:
        raise NotInClassError(f"您没有{name(course)}的名额，签不了到。请找班上的老师。")
    if not course.first_day <= day <= course.last_day:
        days = f"{day_in_words(course.first_day)}到{day_in_words(course.last_day)}"
        raise NotClassDayError(f"{name(course)}在{days}上课，{day_in_words(day)}不能签到。")
    if day > now.date():
        raise NotClassDayError(f"{day_in_words(day)}还没有到，不能签到。")
    row = {"enrolment": mine.id, "day": day, "at": int(now.timestamp())}
    new = _THERE.run(conn, row)
    at = conn.execute(_WHEN, {"e": mine.id, "d": day}).scalar_one()
    return Attended(course, dt.datetime.fromtimestamp(at, SHANGHAI), not new)


def check_in_code(keys: TrainingKeys, number: str, day: dt.date) -> str:
    """Return the code to hang up in a class on a day: 8 capital letters and digits 2 to 7.

    It holds for that class and day only, and cannot be worked out without the index key.
    """
    return base64.b32encode(keys.check_in(f"{number}\0{day.isoformat()}")).decode("ascii")


def check_in(
    conn: Connection, keys: TrainingKeys, code: str, person: bytes, now: dt.datetime
) -> Attended:
    """Note somebody as there today by the code on the wall; `WrongCodeError` if it is not his.

    Small letters and blanks around make no difference.
    """
    today, said = now.date(), code.strip().upper().encode()
    for each in holdings(conn, person):
        course = each.course
        runs = course.state == OPEN and course.first_day <= today <= course.last_day
        right = check_in_code(keys, course.number, today).encode()
        if runs and hmac.compare_digest(right, said):
            return attend(conn, course.number, person, today, now)
    raise WrongCodeError


def days_attended(conn: Connection, enrolment: int) -> int:
    """Return on how many days somebody was there.

    A number that staff entered or imported wins over the days that were counted: they have the
    class book, and a scan may be missing.
    """
    entered: int | None = conn.execute(_ENTERED, {"e": enrolment}).scalar()
    if entered is not None:
        return entered
    return conn.execute(_COUNTED, {"e": enrolment}).scalar_one()


def living_allowance_days(conn: Connection, number: str, person: bytes) -> int:
    """Return for how many days of a class living allowance may be counted: those attended.

    0 without a seat in it; `NoSuchClassError`. What a day is worth, the policy's rules say.
    """
    mine = held(conn, find(conn, number), person)
    return days_attended(conn, mine.id) if mine and mine.state == CONFIRMED else 0
