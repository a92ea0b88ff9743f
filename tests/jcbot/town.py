"""A town for the tests of announcements: people, whose WeChat is whose, who wants what."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lists import COLUMNS, desk
from school import NOW, add_class
from sqlalchemy import insert, select

from benchmarks import people_rows
from jcbot import consents, tags
from jcbot.announcing.counting import Roads
from jcbot.announcing.selecting import Rules
from jcbot.announcing.vocabulary import Books, vocabulary
from jcbot.followers import record
from jcbot.people.bindings import bind
from jcbot.people.importing import import_list
from jcbot.storage.people_tables import people
from jcbot.storage.tables import conversations
from jcbot.storage.training_tables import classes, enrolments
from jcbot.wishes import WishService
from knowledge.announcements import load_announcing
from knowledge.facts import FactBook
from knowledge.reading import ROOT
from knowledge.rules import PolicySet
from knowledge.sending import load_sending
from knowledge.subscriptions import load_subscriptions
from knowledge.topics import load_topics

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.announcing.parsing import Vocabulary
    from jcbot.storage.database import Database

PEOPLE = 300
TODAY = NOW.date()
AGREED = "tpl-agreed"


@cache
def policies() -> PolicySet:
    return PolicySet.load(book=FactBook.load())


@cache
def words() -> Vocabulary:
    books = Books(
        load_announcing(), COLUMNS, load_subscriptions(), policies(), load_topics(ROOT / "topics")
    )
    return vocabulary(books)


def rules() -> Rules:
    return Rules(policies(), TODAY)


def roads(*, template: bool = True, course: str = "", agreed: str = "") -> Roads:
    sending = load_sending(ROOT / "sending" / "kinds.toml")
    return Roads(sending, template, "classes", course, NOW, agreed)


async def build(database: Database) -> None:
    """300 people, every second with a WeChat, 40 followers who are nobody of the registry."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.csv"
        people_rows.write(PEOPLE, str(file), seed=5)
        await import_list(desk(database), file, lambda _: False)
    await database.run(fill)


def fill(conn: Connection) -> None:
    add_class(conn, number="DG-1", seats=9)
    course = conn.execute(select(classes.c.id)).scalar_one()
    for n, key in enumerate(conn.execute(select(people.c.id_key).order_by(people.c.id)).scalars()):
        if n % 2 == 0:
            bind(conn, f"p{n}", key, NOW)
        if n % 3 == 0:
            record(conn, f"p{n}", following=n % 9 != 0, created=1, now=NOW)
        if n % 10 == 0:
            state = "confirmed" if n % 20 == 0 else "waiting"
            seat = {"class_id": course, "person": key, "openid": f"p{n}", "state": state,
                    "to_verify": "", "made": 0, "changed": 0}  # fmt: skip
            conn.execute(insert(enrolments), seat)
        _says(conn, n, f"p{n}")
    tags.put(conn, "村干部", [f"p{n}" for n in range(0, 60, 4)] + ["s1", "s2", "s4"], 0)
    for n in range(40):
        record(conn, f"s{n}", following=n % 4 != 0, created=1, now=NOW)
        _says(conn, n, f"s{n}")


def _says(conn: Connection, n: int, openid: str) -> None:
    """Some wish, some refuse, some wrote lately, some agreed to a notice, or used it up."""
    wishes = WishService(conn, openid, NOW)
    if n % 5 == 0:
        wishes.wish("classes", "高平市", "电工")
    if n % 7 == 0:
        wishes.unwish(["classes"])
    if n % 4 == 0:
        at = int(NOW.timestamp()) - (3_600 if n % 8 else 200_000)
        conn.execute(insert(conversations), {"openid": openid, "state": "{}", "at": at})
    if n % 6 == 0:
        consents.give(conn, consents.Choice(openid, AGREED, 5), NOW, long_term=n % 12 == 0)
    if n % 18 == 0:
        consents.use(conn, openid, AGREED)
    if n % 30 == 0:
        consents.refuse(conn, consents.Choice(openid, AGREED, 6), NOW)
