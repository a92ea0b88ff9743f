"""Reading classes with how full they are, and what a person holds."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select

from jcbot.clock import SHANGHAI
from jcbot.storage.training_tables import classes, enrolments, training_bodies
from jcbot.training.errors import NoSuchClassError
from jcbot.training.model import CANCELLED, CONFIRMED, WAITING, Course, Mine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row, ScalarSelect, Select

_E, _C = enrolments.c, classes.c
_FIELDS = [each.name for each in fields(Course)]


def _how_many(state: str) -> ScalarSelect[int]:
    return (
        select(func.count(_E.id))
        .where(_E.class_id == _C.id, _E.state == state)
        .correlate(classes)
        .scalar_subquery()
    )


def _column(name: str) -> Any:
    special = {
        "body": func.coalesce(training_bodies.c.name, ""),
        "confirmed": _how_many(CONFIRMED),
        "waiting": _how_many(WAITING),
    }
    return special[name].label(name) if name in special else _C[name]


def courses_with(*more: Any) -> Select[Any]:
    """Select what `course_of` reads, and more columns behind it."""
    joined = classes.outerjoin(training_bodies, training_bodies.c.id == _C.body_id)
    return select(*map(_column, _FIELDS), *more).select_from(joined)


def course_of(row: Row[Any] | Sequence[Any]) -> Course:
    """Make a course of the first columns of a row of `courses_with`."""
    values = dict(zip(_FIELDS, row, strict=False))
    values["deadline"] = dt.datetime.fromtimestamp(values["deadline"], SHANGHAI)
    return Course(**values)


_OCCUPATIONS = select(_C.occupation).distinct().order_by(_C.occupation)
_BY_NUMBER = courses_with().where(_C.number == bindparam("n"))
_HELD: Select[Any] = select(_E.id, _E.openid, _E.state, _E.place, _E.to_verify).where(
    _E.class_id == bindparam("c"), _E.person == bindparam("p"), _E.state != CANCELLED
)
_HOLDINGS = (
    courses_with(_E.state, _E.place, _E.to_verify, _E.made)
    .join(enrolments, _E.class_id == _C.id)
    .where(_E.person == bindparam("p"), _E.state != CANCELLED)
    .order_by(_C.first_day, _C.id)
)


def find(conn: Connection, number: str) -> Course:
    """Return the class of this number as it is now; `NoSuchClassError`."""
    row = conn.execute(_BY_NUMBER, {"n": number}).first()
    if row is None:
        raise NoSuchClassError
    return course_of(row)


def occupations(conn: Connection) -> list[str]:
    """Return all occupations that classes have or had, each as the lists write it."""
    return list(conn.execute(_OCCUPATIONS).scalars())


def held(conn: Connection, course: Course, person: bytes) -> Row[Any] | None:
    """Return what the person holds in the class: id, openid, state, place, to_verify."""
    found: Row[Any] | None = conn.execute(_HELD, {"c": course.id, "p": person}).first()
    return found


def holdings(conn: Connection, person: bytes) -> list[Mine]:
    """Return all that a person holds or has held to the end, by first day."""
    return [mine_of(row) for row in conn.execute(_HOLDINGS, {"p": person})]


def mine_of(row: Any) -> Mine:
    """Make one of a row of `courses_with(state, place, to_verify, made)`."""
    return Mine(course_of(row), row[-4], row[-3], tuple(row[-2].split()), row[-1])
