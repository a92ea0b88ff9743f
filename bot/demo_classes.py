"""The invented classes of the demo as a list (虚构的培训班), and people who signed up for them."""

from __future__ import annotations

import csv
import datetime as dt
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from jcbot.clock import SHANGHAI
from jcbot.people.generations import in_live
from jcbot.storage.people_tables import GROUPS, people
from jcbot.storage.training_tables import classes
from jcbot.training.errors import TrainingError
from jcbot.training.model import Applicant
from jcbot.training.reading import find
from jcbot.training.seats import sign_up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from sqlalchemy import Connection, Row

    from jcbot.storage.database import Database
    from knowledge.demo import DemoClasses, Session
    from knowledge.training import Limits, TrainingBook

EVENING = dt.time(18)
"""Who is in a class that has begun signed up on the evening before, past the hour of reminders."""
OPENID = "demo-"
FEW = 5


def write_classes(book: DemoClasses, training: TrainingBook, today: dt.date, path: Path) -> None:
    """Write the list as a CSV file under our own headings."""
    rows = [_row(book, session, today, place) for place, session in _counted(book)]
    columns = training.columns.columns
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([columns[key].names[0] for key in rows[0]])
        writer.writerows(row.values() for row in rows)


def few_ahead(conn: Connection, today: dt.date) -> bool:
    """Say whether the days of the classes are over, or nearly: hardly any begins after today."""
    ahead = select(func.count(classes.c.id)).where(classes.c.first_day > today)
    return conn.execute(ahead).scalar_one() < FEW


async def fill_classes(
    database: Database, book: DemoClasses, now: dt.datetime, limits: Limits, skip: int
) -> int:
    """Sign the live registry's people up, each once, behind the first `skip`; return how many."""
    crowd = _Crowd(await database.run(partial(_applicants, skip)), now, limits)
    total = 0
    for place, session in _counted(book):
        number = _number(book, session, now.date(), place)
        total += await database.run(partial(crowd.fill, number, session.taken))
    return total


@dataclass(frozen=True, slots=True)
class _Crowd:
    """Those who have not signed up for anything yet."""

    left: Iterator[Applicant]
    now: dt.datetime
    limits: Limits

    def fill(self, number: str, wanted: int, conn: Connection) -> int:
        """Sign up as many as are wanted; whom the rules refuse stands aside."""
        first = find(conn, number).first_day
        evening = dt.datetime.combine(first - dt.timedelta(days=1), EVENING, SHANGHAI)
        when, taken = min(self.now, evening), 0
        while taken < wanted and (applicant := next(self.left, None)):
            with suppress(TrainingError):
                sign_up(conn, number, applicant, when, self.limits)
                taken += 1
        return taken


def _counted(book: DemoClasses) -> Iterator[tuple[int, Session]]:
    return enumerate(book.sessions, start=1)


def _number(book: DemoClasses, session: Session, today: dt.date, place: int) -> str:
    return f"{book.occupations[session.occupation].code}-{today:%y%m}-{place:02}"


def _row(book: DemoClasses, session: Session, today: dt.date, place: int) -> dict[str, Any]:
    """Return the cells by the keys of knowledge/training/columns.toml."""
    what, body = book.occupations[session.occupation], book.bodies[session.county]
    return {
        "number": _number(book, session, today, place),
        "occupation": what.name,
        "level": session.level,
        "kind": session.kind,
        "county": session.county,
        "place": body.places[place % len(body.places)],
        "first_day": (today + dt.timedelta(days=session.begins)).isoformat(),
        "days": what.days,
        "seats": session.seats,
        "hours": what.hours,
        "bring": what.bring,
        "contact": body.contact,
        "phone": body.phone,
        "body": body.name,
        "qualification": body.qualification,
        "plan": what.plan,
        "teachers": what.teachers,
    }


def _applicants(skip: int, conn: Connection) -> Iterator[Applicant]:
    rows = conn.execute(select(people).where(in_live()).order_by(people.c.id).offset(skip)).all()
    return map(_applicant, rows)


def _applicant(row: Row[Any]) -> Applicant:
    groups = {group: getattr(row, f"groups__{group}") for group in GROUPS}
    known = {group: cell for group, cell in groups.items() if cell is not None}
    return Applicant(row.id_key, f"{OPENID}{row.id}", row.birth, known)
