"""Announcements set for an hour: they start then, once, for whom they mean then."""

from __future__ import annotations

import asyncio
import datetime as dt
from functools import partial
from typing import TYPE_CHECKING

import pytest
from couriers import MONDAY
from sqlalchemy import insert, select, update

from bot.announcing import read_start
from bot.starter import Starter
from jcbot import followers
from jcbot.announcing import rows, service
from jcbot.announcing.counting import Counts
from jcbot.announcing.letters import Letter
from jcbot.announcing.rows import How
from jcbot.announcing.starting import LEFT_S
from jcbot.audit import latest
from jcbot.clock import Clock
from jcbot.staff.model import By, StaffError
from jcbot.storage.notice_tables import announcements
from jcbot.storage.training_tables import classes, outbox

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Connection

    from jcbot.storage.database import Database
    from knowledge.library import Library

BY = By("cli:root", MONDAY)
LETTER = Letter("开班了", "12月开班。", "classes", "", "")
NINE = MONDAY + dt.timedelta(days=1)


@pytest.fixture
def database(shared_database: Database) -> Database:
    return shared_database


def follow(conn: Connection, *people: str, following: bool = True) -> None:
    for each in people:
        followers.record(conn, each, following=following, created=1, now=MONDAY)


async def planned(
    database: Database, letter: Letter = LETTER, road: str = "each", audience: str = "followers"
) -> str:
    """One set for the next day."""
    how, counts = How(road, NINE), Counts({"custom": 3})
    row = await database.run(
        lambda conn: service.draft(conn, BY, letter, audience, counts, how=how)
    )
    return await database.run(lambda conn: service.begin(conn, BY, row.number, 3, 500))


def starter(database: Database, library: Library, at: dt.datetime, above: int = 500) -> Starter:
    return Starter(database, Clock(at), library, above)


async def drain(each: Starter) -> None:
    while await each.round():
        pass


async def addressed(database: Database) -> list[tuple[str, str]]:
    query = select(outbox.c.openid, outbox.c.state).order_by(outbox.c.openid)
    return [tuple(row) for row in await database.run(lambda conn: conn.execute(query).all())]


async def row_of(database: Database) -> Any:
    return await database.run(lambda conn: rows.take(conn, 1))


async def test_it_starts_at_its_hour_for_whom_it_means_then(
    database: Database, library: Library
) -> None:
    await database.run(lambda conn: follow(conn, "o-1", "o-2"))
    assert await planned(database) == "scheduled"
    await drain(starter(database, library, NINE - dt.timedelta(seconds=1)))
    assert await addressed(database) == []
    await database.run(lambda conn: follow(conn, "o-3"))
    await database.run(lambda conn: follow(conn, "o-1", following=False))
    await drain(starter(database, library, NINE))
    assert await addressed(database) == [("o-2", "promised"), ("o-3", "promised")]
    assert (await row_of(database)).state == "sending"
    await drain(starter(database, library, NINE + dt.timedelta(hours=1)))
    assert len(await addressed(database)) == 2
    lines = [each.entry for each in await database.run(lambda conn: latest(conn, 9))]
    assert [(each.action, each.actor) for each in lines[-2:]] == [
        ("announcements.schedule", "cli:root"), ("announcements.send", "jcbot"),
    ]  # fmt: skip


async def test_by_mass_send_its_people_are_listed(database: Database, library: Library) -> None:
    await database.run(lambda conn: follow(conn, "o-1", "o-2"))
    await planned(database, road="mass")
    await drain(starter(database, library, NINE))
    assert await addressed(database) == [("o-1", "listed"), ("o-2", "listed")]


async def test_cancelled_before_its_hour_it_never_starts(
    database: Database, library: Library
) -> None:
    await database.run(lambda conn: follow(conn, "o-1"))
    await planned(database)
    await database.run(lambda conn: service.stop(conn, BY, 1))
    await drain(starter(database, library, NINE))
    assert await addressed(database) == []


async def test_another_hour_is_taken_and_without_one_it_starts_at_once(
    database: Database, library: Library
) -> None:
    await planned(database)
    later = How("each", NINE + dt.timedelta(days=2))
    again = partial(service.draft, by=BY, letter=LETTER, audience="followers", counts=Counts())
    assert (await database.run(partial(again, how=later))).state == "draft"
    await database.run(lambda conn: service.begin(conn, BY, 1, 3, 500))
    await drain(starter(database, library, NINE))
    assert (await row_of(database)).state == "scheduled"
    await database.run(again)
    assert await database.run(lambda conn: service.begin(conn, BY, 1, 3, 500)) == "sending"


async def test_approved_for_one_hour_it_is_not_for_another(database: Database) -> None:
    """What a second person saw is what is sent: another hour or road has to be seen again."""
    await planned(database)
    approved = update(announcements).values(approved=1, approved_by="li")
    await database.run(lambda conn: conn.execute(approved).rowcount)
    again = partial(service.draft, by=BY, letter=LETTER, audience="followers", counts=Counts())
    await database.run(partial(again, how=How("mass", NINE)))
    assert (await row_of(database)).approved_by is None
    assert await database.run(lambda conn: service.begin(conn, BY, 1, 3, 2)) == "draft"


async def test_grown_by_its_hour_it_waits_for_a_second_person(
    database: Database, library: Library
) -> None:
    await database.run(lambda conn: follow(conn, "o-1", "o-2", "o-3"))
    await planned(database)
    await drain(starter(database, library, NINE, above=2))
    assert (await row_of(database)).state == "draft"
    assert await addressed(database) == []


async def test_a_class_called_off_meanwhile_ends_it_with_the_reason(
    database: Database, library: Library
) -> None:
    course = {"number": "X-1", "occupation": "电工", "level": "", "kind": "", "county": "高平市",
              "place": "", "first_day": NINE.date(), "last_day": NINE.date(), "days": 1,
              "hours": "", "seats": 1, "deadline": 0, "contact": "", "phone": "", "bring": "",
              "plan": "", "teachers": "", "state": "open", "at": 0}  # fmt: skip
    await database.run(lambda conn: conn.execute(insert(classes), course).rowcount)
    await planned(database, Letter("开班了", "来。", "classes", "X-1", ""))
    await database.run(lambda conn: conn.execute(update(classes).values(state="cancelled")))
    await drain(starter(database, library, NINE))
    assert (await row_of(database)).state == "stopped"
    line = (await database.run(lambda conn: latest(conn, 1)))[0].entry
    assert (line.action, "已经取消" in line.reason) == ("announcements.stop", True)


async def test_what_a_killed_command_left_half_way_is_gone_on_with(
    database: Database, library: Library
) -> None:
    await database.run(lambda conn: follow(conn, "o-1", "o-2"))
    row = await database.run(lambda conn: service.draft(conn, BY, LETTER, "followers", Counts()))
    await database.run(lambda conn: service.begin(conn, BY, row.number, 2, 500))
    soon = MONDAY + dt.timedelta(seconds=LEFT_S - 1)
    await drain(starter(database, library, soon))
    assert await addressed(database) == []  # the command may still be at it
    await drain(starter(database, library, soon + dt.timedelta(seconds=1)))
    assert [openid for openid, _ in await addressed(database)] == ["o-1", "o-2"]


async def test_two_that_see_it_at_once_put_each_in_once(
    two: tuple[Database, Database], library: Library
) -> None:
    people = [f"o-{n}" for n in range(40)]
    await two[0].run(lambda conn: follow(conn, *people))
    await planned(two[0])
    await asyncio.gather(*(drain(starter(each, library, NINE)) for each in two))
    assert sorted(openid for openid, _ in await addressed(two[0])) == sorted(people)


@pytest.mark.parametrize("at", ["2026-11-23 09:59", "2027-03-01 09:00", "明天", "2026-13-01 09:00"])
def test_an_hour_that_is_none_is_refused(at: str) -> None:
    with pytest.raises(StaffError, match="--at"):
        read_start(at, MONDAY, 60)
