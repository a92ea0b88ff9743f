"""What people are promised to be told about their class; the courier finds the words.

A payload carries the class's number, occupation and first day, and what employers made known
about their posts; nothing about the person.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, or_

from jcbot.clock import SHANGHAI
from jcbot.outbox import Promise, promise, withdraw
from jcbot.storage.training_tables import outbox

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.training.model import Course, Job
    from knowledge.training import Limits

REMINDER, PROMOTED, REMOVED = "class_reminder", "seat_promoted", "seat_removed"
CALLED_OFF, MOVED = "class_cancelled", "class_moved"
RESULT, CERTIFICATE, JOBS = "result_entered", "certificate_entered", "jobs_found"


def tell(
    conn: Connection, kind: str, to: tuple[int, str], course: Course, due: dt.datetime
) -> None:
    """Promise one message of this kind to (enrolment, openid), once."""
    enrolment, openid = to
    promise(conn, Promise(f"{kind}:{enrolment}", kind, openid, _payload(course), due))


def tell_again(
    conn: Connection, kind: str, to: tuple[int, str], course: Course, due: dt.datetime
) -> None:
    """Promise one of what may come more than once: a class moves, an exam is taken again."""
    enrolment, openid = to
    key = f"{kind}:{enrolment}:{course.first_day.isoformat()}:{int(due.timestamp())}"
    promise(conn, Promise(key, kind, openid, _payload(course), due))


def tell_jobs(
    conn: Connection, to: tuple[int, str], course: Course, jobs: list[Job], due: dt.datetime
) -> None:
    """Promise word of the jobs that ask for what was learnt, once; none: nothing."""
    enrolment, openid = to
    told = [asdict(job) | {"until": job.until.isoformat()} for job in jobs]
    payload = _payload(course) | {"jobs": told}
    if jobs:
        promise(conn, Promise(f"{JOBS}:{enrolment}", JOBS, openid, payload, due))


def _payload(course: Course) -> dict[str, Any]:
    return {
        "class": course.number,
        "occupation": course.occupation,
        "first_day": course.first_day.isoformat(),
    }


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


def take_back_jobs(conn: Connection, enrolment: int) -> None:
    """Withdraw word of jobs for an exam that was not passed after all."""
    withdraw(conn, f"{JOBS}:{enrolment}")


def forget_reminder(conn: Connection, enrolment: int) -> None:
    """Withdraw the reminder alone, before it is promised for another day."""
    withdraw(conn, f"{REMINDER}:{enrolment}")


def forget(conn: Connection, enrolment: int) -> None:
    """Drop all that was promised for an enrolment, told already or not."""
    keys = [f"{kind}:{enrolment}" for kind in (REMINDER, PROMOTED, REMOVED, CALLED_OFF, JOBS)]
    again = [
        outbox.c.key.startswith(f"{kind}:{enrolment}:", autoescape=True)
        for kind in (MOVED, RESULT, CERTIFICATE)
    ]
    conn.execute(delete(outbox).where(or_(outbox.c.key.in_(keys), *again)))
