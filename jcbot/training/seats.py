"""Seats and the line for them (名额、候补): never one too many, no gap in the line.

All that changes a class's seats or line holds the class first (`take`), where the database runs
transactions side by side; signing up holds the person before it, because limits reach over
classes. In that order, always.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, LargeBinary, Text, bindparam, case, insert, or_, select, update

from jcbot.storage.locks import hold
from jcbot.storage.training_tables import classes, enrolments
from jcbot.training import notices
from jcbot.training.admission import Case, admit, still_open
from jcbot.training.errors import CancelTooLateError, NoSuchClassError, NotSignedUpError
from jcbot.training.model import (
    CANCELLED,
    CONFIRMED,
    OPEN,
    WAITING,
    Applicant,
    Course,
    Released,
    SeatsChanged,
    SignUp,
)
from jcbot.training.reading import courses_with, find, held, holdings
from jcbot.training.wording import name

if TYPE_CHECKING:
    import datetime as dt
    from typing import Any

    from sqlalchemy import Connection, Row

    from knowledge.training import Limits

_E, _C = enrolments.c, classes.c
_ROOM = (
    courses_with()
    .where(_C.id == bindparam("c"), _C.state == OPEN, _C.deadline > bindparam("at"))
    .subquery()
)
_FULL = or_(_ROOM.c.waiting > 0, _ROOM.c.confirmed >= _ROOM.c.seats)
_SEAT = (
    insert(enrolments)
    .from_select(
        ["class_id", "person", "openid", "state", "place", "to_verify", "made", "changed"],
        select(
            _ROOM.c.id,
            bindparam("p", type_=LargeBinary),
            bindparam("o", type_=Text),
            case((_FULL, WAITING), else_=CONFIRMED),
            case((_FULL, _ROOM.c.waiting + 1)),
            bindparam("marks", type_=Text),
            bindparam("at", type_=BigInteger),
            bindparam("at", type_=BigInteger),
        ),
    )
    .returning(_E.id, _E.state, _E.place)
)
_CHANGE = (
    update(enrolments)
    .where(_E.id == bindparam("i"))
    .values(state=bindparam("s"), place=None, changed=bindparam("at"))
)
_FIRST = (
    select(_E.id, _E.openid)
    .where(_E.class_id == bindparam("c"), _E.state == WAITING)
    .order_by(_E.place)
    .limit(bindparam("most"))
)
_MOVE_UP = (
    update(enrolments)
    .where(_E.class_id == bindparam("c"), _E.state == WAITING, _E.place > bindparam("behind"))
    .values(place=_E.place - bindparam("by"))
)
_EVERYBODY = (
    select(_E.id, _E.openid, _E.state)
    .order_by(_E.id)
    .where(_E.class_id == bindparam("c"), _E.state != CANCELLED)
)
_SEATS = update(classes).where(_C.id == bindparam("c")).values(seats=bindparam("n"))
_CALL_OFF = (
    update(classes).where(_C.id == bindparam("c")).values(state=CANCELLED, at=bindparam("now"))
)


def sign_up(
    conn: Connection, number: str, applicant: Applicant, now: dt.datetime, limits: Limits
) -> SignUp:
    """Give a seat or a place in the line, or say which there is; a `TrainingError` if neither."""
    hold(conn, "person", applicant.person.hex())
    course = find(conn, number)
    holds = holdings(conn, applicant.person)
    for each in holds:
        if each.course.id == course.id:
            return SignUp(each.state, each.place, already=True, to_verify=each.to_verify)
    wish = Case(conn, course, applicant, now, limits)
    marks = admit(wish, holds)
    given = _seat(wish, marks)
    if given.state == CONFIRMED:
        notices.remind(conn, (given.id, applicant.openid), course, now, limits)
    return SignUp(given.state, given.place, already=False, to_verify=marks)


def _seat(wish: Case, marks: tuple[str, ...]) -> Row[Any]:
    """Hold the class and give what there is now, in as little time as can be: all wait for it."""
    hold(wish.conn, "class", wish.course.number)
    row = {
        "c": wish.course.id,
        "p": wish.applicant.person,
        "o": wish.applicant.openid,
        "marks": " ".join(marks),
        "at": int(wish.now.timestamp()),
    }
    given = wish.conn.execute(_SEAT, row).first()
    if given is None:  # called off, or its deadline moved, since it was looked at
        still_open(replace(wish, course=find(wish.conn, wish.course.number)))
        raise NoSuchClassError
    return given


def cancel(
    conn: Connection, number: str, person: bytes, now: dt.datetime, limits: Limits
) -> Released:
    """Give a person's seat or place back; the first in line gets the seat and is promised word.

    `NotSignedUpError`; `CancelTooLateError` once the first day has come.
    """
    course = take(conn, number)
    mine = _mine(conn, course, person)
    if course.begun(now):
        who = course.phone or course.contact
        ask = f"请直接联系班上（{who}）" if who else "请回复“人工”联系工作人员"
        raise CancelTooLateError(f"{name(course)}已经开班，在这里取消不了。{ask}。")
    return _release(conn, course, mine, now, limits)


def remove(
    conn: Connection, number: str, person: bytes, now: dt.datetime, limits: Limits
) -> Released:
    """Take a person out by staff, at any time; he is promised word. `NotSignedUpError`."""
    course = take(conn, number)
    mine = _mine(conn, course, person)
    released = _release(conn, course, mine, now, limits)
    notices.tell(conn, notices.REMOVED, (mine.id, mine.openid), course, now)
    return released


def change_seats(
    conn: Connection, number: str, seats: int, now: dt.datetime, limits: Limits
) -> SeatsChanged:
    """Set the number of seats; more of them promote the line, fewer drop nobody."""
    course = take(conn, number)
    conn.execute(_SEATS, {"c": course.id, "n": seats})
    promoted = promote(conn, find(conn, number), now, limits)
    return SeatsChanged(promoted, max(0, course.confirmed + promoted - seats))


def cancel_class(conn: Connection, number: str, now: dt.datetime) -> int:
    """Call the class off and promise word to everybody in it; return how many they were."""
    course = take(conn, number)
    at = int(now.timestamp())
    conn.execute(_CALL_OFF, {"c": course.id, "now": at})
    told = everybody(conn, course)
    for each in told:
        conn.execute(_CHANGE, {"i": each.id, "s": CANCELLED, "at": at})
        notices.take_back(conn, each.id)
        notices.tell(conn, notices.CALLED_OFF, (each.id, each.openid), course, now)
    return len(told)


def promote(conn: Connection, course: Course, now: dt.datetime, limits: Limits) -> int:
    """Give free seats of a class that is held to the first in line; return how many."""
    free = min(course.seats - course.confirmed, course.waiting)
    if free <= 0 or course.state != OPEN or course.begun(now):
        return 0
    first = conn.execute(_FIRST, {"c": course.id, "most": free}).all()
    for each in first:
        conn.execute(_CHANGE, {"i": each.id, "s": CONFIRMED, "at": int(now.timestamp())})
        notices.tell(conn, notices.PROMOTED, (each.id, each.openid), course, now)
        notices.remind(conn, (each.id, each.openid), course, now, limits)
    conn.execute(_MOVE_UP, {"c": course.id, "behind": len(first), "by": len(first)})
    return len(first)


def take(conn: Connection, number: str) -> Course:
    """Hold the class to the end of the transaction; return it as it is then."""
    hold(conn, "class", number)
    return find(conn, number)


def everybody(conn: Connection, course: Course) -> list[Row[Any]]:
    """Return id, openid and state of all that hold something in the class."""
    return list(conn.execute(_EVERYBODY, {"c": course.id}))


def _release(
    conn: Connection, course: Course, mine: Row[Any], now: dt.datetime, limits: Limits
) -> Released:
    conn.execute(_CHANGE, {"i": mine.id, "s": CANCELLED, "at": int(now.timestamp())})
    notices.take_back(conn, mine.id)
    if mine.state == WAITING:
        conn.execute(_MOVE_UP, {"c": course.id, "behind": mine.place, "by": 1})
        return Released(WAITING, 0)
    return Released(CONFIRMED, promote(conn, find(conn, course.number), now, limits))


def _mine(conn: Connection, course: Course, person: bytes) -> Row[Any]:
    found = held(conn, course, person)
    if found is None:
        raise NotSignedUpError
    return found
