"""Looking classes up: by county, occupation and days; one in full; one's own; who teaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, false, func, or_, select

from jcbot.storage.training_tables import classes, enrolments, training_bodies
from jcbot.training.errors import NoSuchClassError
from jcbot.training.model import CANCELLED, OPEN, Body, Course, Mine, Page
from jcbot.training.reading import course_of, courses_with, find, mine_of, occupations
from knowledge.occupations import matching

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import ColumnElement, Connection

PAGE = 5
MOST_BODIES = 10
_C, _E, _B = classes.c, enrolments.c, training_bodies.c
Days = tuple["dt.date | None", "dt.date | None"]
_BY_CODE = courses_with().where(func.upper(func.replace(_C.number, "-", "")) == bindparam("c"))
_MINE = (
    courses_with(_E.state, _E.place, _E.to_verify, _E.made)
    .join(enrolments, _E.class_id == _C.id)
    .where(
        _E.person == bindparam("p"),
        or_(
            _E.state != CANCELLED,
            and_(_C.state == CANCELLED, _E.changed == _C.at, _C.last_day >= bindparam("today")),
        ),
    )
    .order_by(_C.first_day, _C.id)
)


def browse(
    conn: Connection, wanted: tuple[str, str, str], days: Days, page: int, now: dt.datetime
) -> Page:
    """Return a page of the classes one can sign up for, the next to begin first.

    `wanted` is (county, occupation as somebody says it or a part of it), `days` first and last
    day on which the class may begin; "" and None mean any. A page beyond the last is the last.
    """
    county, occupation, level = wanted
    where = [_C.state == OPEN, _C.deadline > int(now.timestamp())]
    if county:
        where.append(_C.county == county)
    if occupation:
        where.append(_C.occupation.in_(matching(occupation, occupations(conn))))
    if level:
        where.append(_C.level == level)
    if days[0]:
        where.append(_C.first_day >= days[0])
    if days[1]:
        where.append(_C.first_day <= days[1])
    return _page(conn, where, page)


def _page(conn: Connection, where: list[ColumnElement[bool]], page: int) -> Page:
    total = conn.execute(select(func.count(_C.id)).where(*where)).scalar_one()
    pages = max(1, -(-total // PAGE))
    number = min(max(1, page), pages)
    rows = conn.execute(
        courses_with()
        .where(*where)
        .order_by(_C.first_day, _C.id)
        .limit(PAGE)
        .offset((number - 1) * PAGE)
    )
    return Page(tuple(map(course_of, rows)), number, pages, total)


def details(conn: Connection, number: str) -> Course:
    """Return all about one class; `NoSuchClassError`."""
    return find(conn, number)


def by_code(conn: Connection, code: str) -> Course:
    """Return the class of this number, hyphens and capitals apart; `NoSuchClassError`.

    Where two differ in nothing else, the one written just so, else neither.
    """
    rows = conn.execute(_BY_CODE, {"c": code.replace("-", "").upper()}).all()
    courses = [course_of(row) for row in rows]
    same = [each for each in courses if each.number.upper() == code.upper()]
    found = same or courses
    if len(found) != 1:
        raise NoSuchClassError
    return found[0]


def mine(conn: Connection, person: bytes, now: dt.datetime) -> list[Mine]:
    """Return a person's classes by first day, those called off too until they would be over."""
    rows = conn.execute(_MINE, {"p": person, "today": now.date()})
    return [mine_of(row) for row in rows]


def everything(conn: Connection) -> list[Course]:
    """Return all classes, the latest first."""
    rows = conn.execute(courses_with().order_by(_C.first_day.desc(), _C.id))
    return list(map(course_of, rows))


def bodies(conn: Connection, occupation: str, county: str, now: dt.datetime) -> list[Body]:
    """Return who teaches an occupation as somebody says it ("" any), those with open classes first.

    At most `MOST_BODIES`.
    """
    at = int(now.timestamp())
    still = select(func.count(_C.id)).where(
        _C.body_id == _B.id, _C.state == OPEN, _C.deadline > at
    )  # fmt: skip
    count = still.correlate(training_bodies).scalar_subquery().label("open_classes")
    query = select(training_bodies, count)
    if occupation:
        query = query.where(or_(false(), *_teaching(conn, occupation)))
    if county:
        query = query.where(_B.county == county)
    rows = conn.execute(query.order_by(count.desc(), _B.name).limit(MOST_BODIES))
    return [_body(row) for row in rows]


def _teaching(conn: Connection, occupation: str) -> list[ColumnElement[bool]]:
    """Return a condition for each way in which the lists write what somebody asks for."""
    known = conn.execute(select(_B.occupations).distinct()).scalars()
    names = {name for names in known for name in names.split("、") if name}
    found = sorted(matching(occupation, names))
    return [_B.occupations.contains(f"、{name}、", autoescape=True) for name in found]


def _body(row: Any) -> Body:
    names = tuple(filter(None, row.occupations.split("、")))
    return Body(
        row.name, row.county, names, row.qualification, row.contact, row.phone, row.open_classes
    )
