"""Wishes, demand and classes side by side (意愿 × 需求 × 班): what to open next, by county."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from jcbot.people.generations import in_live
from jcbot.storage.people_tables import people
from jcbot.storage.progress_tables import demands
from jcbot.storage.training_tables import classes
from jcbot.training.model import OPEN, Need
from jcbot.training.reading import course_of, courses_with
from knowledge.occupations import alike, split

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    Key = tuple[str, str]

_P, _D, _C = people.c, demands.c, classes.c
_WISHES = (
    select(func.coalesce(_P.county, ""), _P.training_wish, func.count())
    .where(in_live(), _P.training_wish.is_not(None))
    .group_by(_P.county, _P.training_wish)
)
_DEMAND = (
    select(_D.county, _D.occupation, func.sum(_D.headcount))
    .where(_D.until >= bindparam("today"))
    .group_by(_D.county, _D.occupation)
)
_OPEN = courses_with().where(_C.state == OPEN, _C.deadline > bindparam("at"))


def needs(conn: Connection, now: dt.datetime, county: str = "") -> list[Need]:
    """Return a row for each county ("" any) and occupation that is wished, wanted or taught.

    Occupations go by their common names; somebody who wishes for two counts for both. Those
    with most wishes and demand come first within a county.
    """
    wishes, demand, counted, seats = _wishes(conn), _demand(conn, now), *_classes(conn, now)
    keys = {key for each in (wishes, demand, counted) for key in each}
    found = [
        Need(*key, wishes[key], demand[key], counted[key], seats[key])
        for key in keys
        if not county or key[0] == county
    ]
    return sorted(found, key=lambda n: (n.county, -n.wishes - n.demand, n.occupation))


def _wishes(conn: Connection) -> Counter[Key]:
    found: Counter[Key] = Counter()
    for county, text, count in conn.execute(_WISHES):
        for occupation in split(text):
            found[county, occupation] += count
    return found


def _demand(conn: Connection, now: dt.datetime) -> Counter[Key]:
    found: Counter[Key] = Counter()
    for county, occupation, headcount in conn.execute(_DEMAND, {"today": now.date()}):
        found[county, alike(occupation)] += headcount
    return found


def _classes(conn: Connection, now: dt.datetime) -> tuple[Counter[Key], Counter[Key]]:
    counted: Counter[Key] = Counter()
    seats: Counter[Key] = Counter()
    for course in map(course_of, conn.execute(_OPEN, {"at": int(now.timestamp())})):
        key = (course.county, alike(course.occupation))
        counted[key] += 1
        seats[key] += course.free
    return counted, seats
