"""What people are promised to be told about their class; the courier finds the words.

A payload carries the class's number, occupation and first day, nothing about the person.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sqlalchemy import delete, or_

from jcbot.clock import SHANGHAI
from jcbot.outbox import Promise, promise, withdraw
from jcbot.storage.training_tables import outbox

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.training.model import Course
    from knowledge.training import Limits

REMINDER, PROMOTED, REMOVED = "class_reminder", "seat_promoted", "seat_removed"
CALLED_OFF, MOVED = "class_cancelled", "class_moved"


def tell(
    conn: Connection, kind: str, to: tuple[int, str], course: Course, due: dt.datetime
) -> None:
    """Promise one message of this kind to (enrolment, openid), once."""
    payload = {
        "class": course.number,
        "occupation": course.occupation,
        "first_day": course.first_day.isoformat(),
    }
    enrolment, openid = to
    key = f"{kind}:{enrolment}"
    if kind == MOVED:  # a class may move more than once
        key += f":{course.first_day.isoformat()}:{int(due.timestamp())}"
    promise(conn, Promise(key, kind, openid, payload, due))


def remind(
    conn: Connection, to: tuple[int, str], course: Course, now: dt.datetime, limits: Limits
) -> None:
    """Promise the reminder before the class, unless its time has passed."""
    on = course.first_day - dt.timedelta(days=limits.reminder_days)
    due = dt.datetime.combine(on, dt.time(limits.reminder_hour), SHANGHAI)
    if due > now:
        tell(conn, REMINDER, to, course, due)


def take_back(conn: Connection, enrolment: int) -> None:
    """Withdraw what was promised for a seat that is given back."""
    for kind in (REMINDER, PROMOTED):
        withdraw(conn, f"{kind}:{enrolment}")


def forget_reminder(conn: Connection, enrolment: int) -> None:
    """Withdraw the reminder alone, before it is promised for another day."""
    withdraw(conn, f"{REMINDER}:{enrolment}")


def forget(conn: Connection, enrolment: int) -> None:
    """Drop all that was promised for an enrolment, told already or not."""
    keys = [f"{kind}:{enrolment}" for kind in (REMINDER, PROMOTED, REMOVED, CALLED_OFF)]
    moved = outbox.c.key.startswith(f"{MOVED}:{enrolment}:", autoescape=True)
    conn.execute(delete(outbox).where(or_(outbox.c.key.in_(keys), moved)))
