"""Putting a list of classes in: new ones are opened, known ones brought up to date by number."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, update

from jcbot.storage.locks import hold
from jcbot.storage.training_tables import classes, training_bodies
from jcbot.training import notices
from jcbot.training.errors import NoSuchClassError
from jcbot.training.model import CONFIRMED, OPEN, Course
from jcbot.training.reading import find
from jcbot.training.seats import everybody, promote, take
from jcbot.training.wished import tell_wishers

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from jcbot.lists.rows import Values
    from jcbot.storage.database import Database
    from knowledge.training import Limits

TOGETHER = 50
"""How many classes are put in by one unit of work, so that signing up need not wait for long."""
TOLD = ("first_day", "last_day", "place", "hours")
"""What people in a class are told of when it changes."""
_C, _B = classes.c, training_bodies.c
_CURRENT = select(classes).where(_C.id == bindparam("c"))
_BODY = select(training_bodies).where(_B.name == bindparam("n"))


@dataclass(slots=True)
class Tally:
    """What an import did: classes by what became of them, people promoted, told, above seats.

    `off`: classes called off are left as they are. `wished`: people told of a new class they
    wished for, counted anew by each unit of work.
    """

    new: int = 0
    updated: int = 0
    same: int = 0
    off: int = 0
    promoted: int = 0
    told: int = 0
    over: int = 0
    wished: int = 0

    def add(self, other: Tally) -> None:
        """Add another one's numbers."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


async def put_in_all(
    database: Database, rows: Iterable[Values], now: dt.datetime, limits: Limits
) -> Tally:
    """Put all rows of a `ClassList` in, `TOGETHER` at a time."""
    ordered = sorted(rows, key=lambda each: str(each["number"]))
    tally = Tally()
    for start in range(0, len(ordered), TOGETHER):
        part = ordered[start : start + TOGETHER]
        tally.add(await database.run(partial(put_in, rows=part, now=now, limits=limits)))
    return tally


def put_in(conn: Connection, rows: Iterable[Values], now: dt.datetime, limits: Limits) -> Tally:
    """Open or update the classes of some rows of a `ClassList`; at most `TOGETHER` at a time.

    One import at a time; whoever is in a class that moves, or wished for a new one, is promised
    word.
    """
    hold(conn, "training import")
    tally, opened = Tally(), []
    for values in sorted(rows, key=lambda each: str(each["number"])):
        row = _row(conn, values)
        try:
            course = take(conn, row["number"])
        except NoSuchClassError:
            more = {"state": OPEN, "at": int(now.timestamp())}
            conn.execute(insert(classes).values(row | more))
            opened.append(row["number"])
            continue
        _update(conn, course, row, (now, limits), tally)
    tally.new, tally.wished = len(opened), tell_wishers(conn, opened, now)
    return tally


def _update(
    conn: Connection,
    course: Course,
    row: dict[str, Any],
    setting: tuple[dt.datetime, Limits],
    tally: Tally,
) -> None:
    now, limits = setting
    current = conn.execute(_CURRENT, {"c": course.id}).mappings().one()
    changed = {key for key, value in row.items() if current[key] != value}
    if course.state != OPEN:
        tally.off += 1
        return
    if not changed:
        tally.same += 1
        return
    tally.updated += 1
    new = row | {"at": int(now.timestamp())}
    conn.execute(update(classes).where(_C.id == course.id).values(new))
    fresh = find(conn, course.number)
    if changed.intersection(TOLD) and not course.begun(now):
        tally.told += _tell(conn, fresh, now, limits)
    promoted = promote(conn, fresh, now, limits)
    tally.promoted += promoted
    tally.over += max(0, fresh.confirmed + promoted - fresh.seats)


def _tell(conn: Connection, course: Course, now: dt.datetime, limits: Limits) -> int:
    """Promise word of the change to everybody in the class; reminders move with the day."""
    people = everybody(conn, course)
    for each in people:
        to = (each.id, each.openid)
        notices.tell_again(conn, notices.MOVED, to, course, now)
        if each.state == CONFIRMED:
            notices.forget_reminder(conn, each.id)
            notices.remind(conn, to, course, now, limits)
    return len(people)


def _row(conn: Connection, values: Values) -> dict[str, Any]:
    """Turn a row of the list into a row of the table; its body is made or brought up to date."""
    row = {key: value for key, value in values.items() if key in _C}
    return row | {"body_id": _body(conn, values) if values["body"] else None}


def _body(conn: Connection, values: Values) -> int:
    before = conn.execute(_BODY, {"n": values["body"]}).mappings().first()
    known = before["occupations"] if before else "、"
    mark = f"、{values['occupation']}、"
    new = {
        "occupations": known if mark in known else f"{known}{values['occupation']}、",
        "county": before["county"] if before else values["county"],
    }
    for key in ("qualification", "contact", "phone"):
        new[key] = values[key] or (before[key] if before else "")
    if before is None:
        made = conn.execute(insert(training_bodies).values(new | {"name": values["body"]}))
        return int((made.inserted_primary_key or (0,))[0])
    if any(before[key] != value for key, value in new.items()):
        conn.execute(update(training_bodies).where(_B.id == before["id"]).values(new))
    return int(before["id"])
