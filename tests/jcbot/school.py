"""A small school for the tests and measurements of training: classes, people, and the rules."""

from __future__ import annotations

import datetime as dt
import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from jcbot.clock import SHANGHAI
from jcbot.storage.training_tables import classes, enrolments
from jcbot.training.model import CONFIRMED, WAITING, Applicant
from jcbot.training.seats import sign_up
from knowledge.training import Limits, load_training

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.training.model import SignUp

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
FIRST = dt.date(2026, 12, 7)
VETERAN = {"veteran": True}


@cache
def limits() -> Limits:
    return load_training().limits


def moment(day: dt.date, hour: int = 0, minute: int = 0, second: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute, second), SHANGHAI)


def add_class(conn: Connection, *, number: str = "DG-1", **more: Any) -> None:
    first = more.get("first_day", FIRST)
    days = more.setdefault("days", 5)
    texts = ("place", "hours", "contact", "phone", "bring", "plan", "teachers")
    row = dict.fromkeys(texts, "") | {
        "number": number, "occupation": "电工", "level": "junior", "kind": "inclusive",
        "county": "高平市", "first_day": first, "seats": 2, "body_id": None, "state": "open",
        "last_day": first + dt.timedelta(days=days - 1), "at": 0,
        "deadline": int(moment(first).timestamp()),
    }  # fmt: skip
    conn.execute(insert(classes).values(row | more))


def person(number: int | str, **more: Any) -> Applicant:
    key = hashlib.blake2b(str(number).encode(), digest_size=16).digest()
    known = {"birth": dt.date(1990, 1, 1), "groups": VETERAN} | more
    return Applicant(key, known.pop("openid", f"o{number}"), **known)


def enter(
    conn: Connection, who: int | str | Applicant, number: str = "DG-1", now: dt.datetime = NOW
) -> SignUp:
    applicant = person(who) if isinstance(who, int | str) else who
    return sign_up(conn, number, applicant, now, limits())


def tally(conn: Connection, number: str = "DG-1") -> tuple[int, list[int]]:
    """How many have a seat, and the places of those in the line, in order."""
    in_class = (
        select(enrolments.c.place)
        .join(classes, classes.c.id == enrolments.c.class_id)
        .where(classes.c.number == number)
    )
    seats = select(func.count()).select_from(
        in_class.where(enrolments.c.state == CONFIRMED).subquery()
    )
    line = in_class.where(enrolments.c.state == WAITING).order_by(enrolments.c.place)
    return conn.execute(seats).scalar_one(), list(conn.execute(line).scalars())
