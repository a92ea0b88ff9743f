"""What staff do to classes, each with its line in the log: import, seats, calling off, removal."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from jcbot.audit import person_subject
from jcbot.staff.model import By, StaffError
from jcbot.storage.locks import hold
from jcbot.storage.training_tables import classes, training_bodies
from jcbot.training import seats as services
from jcbot.training.errors import NotSignedUpError
from jcbot.training.importing import Tally, put_in
from jcbot.training.model import OPEN, Course, Released, SeatsChanged
from jcbot.training.reading import held
from jcbot.training.wording import name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Row

    from jcbot.lists.rows import Values
    from knowledge.training import Limits

_KNOWN = (
    select(classes, training_bodies.c.name.label("body"))
    .outerjoin(training_bodies, training_bodies.c.id == classes.c.body_id)
    .where(classes.c.number.in_(bindparam("numbers", expanding=True)))
)
_INNER = {"id", "number", "body_id", "at"}
_PEOPLE = {"phone", "contact", "teachers"}
UNTOLD = "（不记内容）"


def import_classes(conn: Connection, by: By, rows: Iterable[Values], limits: Limits) -> Tally:
    """Put classes in (see `put_in`); the line has what changed in each of them."""
    values = sorted(rows, key=lambda each: str(each["number"]))
    numbers = [str(each["number"]) for each in values]
    hold(conn, "training import")
    for number in numbers:
        hold(conn, "class", number)
    before = _known(conn, numbers)
    for each in (*values, *before.values()):
        by.require("training.import", each["county"], each["body"])
    tally = put_in(conn, values, by.at, limits)
    after = _known(conn, numbers)
    changed = [number for number in numbers if before.get(number) != after[number]]
    if changed:
        was = {n: _only_changed(before[n], after[n]) for n in changed if n in before}
        now = {n: _only_changed(after[n], before.get(n, {})) for n in changed}
        by.note(conn, "training.import", "classes", before=was or None, after=now)
    return tally


def change_seats(
    conn: Connection, by: By, number: str, seats: tuple[int, int], limits: Limits
) -> SeatsChanged:
    """Set the seats from what they were seen to be to another number, (seen, wanted).

    `StaffError` if somebody else has changed them meanwhile, or the class is called off.
    """
    course = _take(conn, by, "training.seats", number)
    seen, wanted = seats
    if course.seats != seen:
        raise StaffError(f"{name(course)}的名额刚刚被改成了{course.seats}，请重新看过再改。")
    done = services.change_seats(conn, number, wanted, by.at, limits)
    after = {"seats": wanted, "promoted": done.promoted, "over": done.over}
    by.note(conn, "training.seats", f"class:{number}", before={"seats": seen}, after=after)
    return done


def cancel_class(conn: Connection, by: By, number: str) -> int:
    """Call a class off, for a reason; return how many are promised word. `StaffError`."""
    course = _take(conn, by, "training.cancel", number)
    if not by.reason.strip():
        raise StaffError("要写明原因：--reason。")
    told = services.cancel_class(conn, number, by.at)
    before = {"state": OPEN, "confirmed": course.confirmed, "waiting": course.waiting}
    after = {"state": "cancelled", "told": told}
    by.note(conn, "training.cancel", f"class:{number}", before=before, after=after)
    return told


def remove_person(conn: Connection, by: By, number: str, person: bytes, limits: Limits) -> Released:
    """Take a person out of a class; `person` is the registry's key of the ID number."""
    course = _take(conn, by, "training.remove", number)
    found = holding(conn, course, person)
    done = services.remove(conn, number, person, by.at, limits)
    before = {"class": number, "state": found.state, "place": found.place}
    after = {"class": number, "state": "cancelled", "promoted": done.promoted}
    subject = person_subject(conn, person)
    by.note(conn, "training.remove", subject, before=before, after=after)
    return done


def holding(conn: Connection, course: Course, person: bytes) -> Row[Any]:
    """Return what the person holds in the class; a `StaffError` if nothing."""
    found = held(conn, course, person)
    if found is None:
        raise StaffError(f"这个人没有报{name(course)}。") from NotSignedUpError()
    return found


def foresee(course: Course, wanted: int, now: dt.datetime) -> SeatsChanged:
    """Say what a number of seats would do to the class as it is."""
    free = 0 if course.begun(now) else max(0, wanted - course.confirmed)
    promoted = min(course.waiting, free)
    return SeatsChanged(promoted, max(0, course.confirmed - wanted))


def check_open(course: Course) -> None:
    """Raise `StaffError` for a class that is called off."""
    if course.state != OPEN:
        raise StaffError(f"{name(course)}已经取消了。")


def _take(conn: Connection, by: By, permission: str, number: str) -> Course:
    course = services.take(conn, number)
    by.require(permission, course.county, course.body)
    check_open(course)
    return course


def _known(conn: Connection, numbers: list[str]) -> dict[str, dict[str, Any]]:
    rows = conn.execute(_KNOWN, {"numbers": numbers}).mappings()
    return {row["number"]: {k: v for k, v in row.items() if k not in _INNER} for row in rows}


def _only_changed(row: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Keep what differs from the other state of a class; of people only that it does."""
    return {
        key: UNTOLD if value and key in _PEOPLE else _plain(value)
        for key, value in row.items()
        if key not in other or other[key] != value
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value
