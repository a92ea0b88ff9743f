"""Erasing a person from training: seats go back to the line, nothing of him is left (删除资料)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select, update

from jcbot.storage.locks import hold
from jcbot.storage.progress_tables import attendance, outcomes
from jcbot.storage.training_tables import enrolments
from jcbot.training import notices
from jcbot.training.reading import holdings
from jcbot.training.seats import cancel, take

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    from knowledge.training import Limits

_IDS = select(enrolments.c.id).where(enrolments.c.person == bindparam("p"))
_ATTENDANCE = delete(attendance).where(attendance.c.enrolment == bindparam("e"))
_OUTCOME = delete(outcomes).where(outcomes.c.enrolment == bindparam("e"))
_UNNAMED = update(enrolments).where(enrolments.c.openid == bindparam("o")).values(openid="")
_ENROLMENTS = delete(enrolments).where(enrolments.c.person == bindparam("p"))


def forget(conn: Connection, person: bytes, now: dt.datetime, limits: Limits) -> int:
    """Give back what has not begun, then drop all enrolments and the messages promised for them.

    Returns how many enrolments were dropped. Classes are held in the order of their numbers.
    """
    hold(conn, "person", person.hex())
    for course in sorted((each.course for each in holdings(conn, person)), key=lambda c: c.number):
        if course.begun(now):
            take(conn, course.number)
        else:
            cancel(conn, course.number, person, now, limits)
    ids = list(conn.execute(_IDS, {"p": person}).scalars())
    for each in ids:
        notices.forget(conn, each)
        conn.execute(_ATTENDANCE, {"e": each})
        conn.execute(_OUTCOME, {"e": each})
    conn.execute(_ENROLMENTS, {"p": person})
    return len(ids)


def forget_openid(conn: Connection, openid: str) -> None:
    """Let sign-ups of whomever the openid once spoke for name it no more; nobody is told then."""
    conn.execute(_UNNAMED, {"o": openid})
