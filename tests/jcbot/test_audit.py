"""The audit log: one chain whatever happens, and every hand laid on it is named."""

from __future__ import annotations

import asyncio
import datetime as dt
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from jcbot import audit
from jcbot.audit import AuditKeyError, Entry, Mark, audit_key, latest, mark, person_subject, record
from jcbot.audit_check import Fault, verify
from jcbot.clock import SHANGHAI
from jcbot.errors import DatabaseBusyError
from jcbot.storage.database import open_database

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.storage.database import Database

Two = tuple["Database", "Database"]
NOW = dt.datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
KEY = audit_key(b"i" * 32)
ROWS = 6
LAST = "SELECT max(number) FROM audit"


def write(conn: Connection, first: int = 1, count: int = ROWS) -> None:
    for number in range(first, first + count):
        after = {"seats": number, "county": "高平市"}
        record(conn, Entry(NOW, "liwei", "training.seats", f"class:D-{number}", after=after))


async def faults(database: Database, noted: Mark | None = None, key: bytes = KEY) -> list[Fault]:
    return await database.run(lambda conn: verify(conn, key, noted))


async def sql(database: Database, *statements: str) -> None:
    def run(conn: Connection) -> None:
        for each in statements:
            conn.execute(text(each))

    await database.run(run)


async def test_an_untouched_log_is_whole(database: Database) -> None:
    assert await faults(database) == []
    await database.run(write)
    assert await faults(database) == []
    lines = await database.run(lambda conn: latest(conn, 2))
    assert [(line.number, line.entry.subject) for line in lines] == [
        (5, "class:D-5"),
        (6, "class:D-6"),
    ]
    assert lines[1].entry == Entry(
        NOW, "liwei", "training.seats", "class:D-6", after={"seats": 6, "county": "高平市"}
    )


EDITS = [
    ("UPDATE audit SET at = at + 1 WHERE number = 3", 3, "changed"),
    ("UPDATE audit SET actor = 'wang' WHERE number = 3", 3, "changed"),
    ("UPDATE audit SET subject = '' WHERE number = 1", 1, "changed"),
    ("UPDATE audit SET \"after\" = '{}' WHERE number = 6", 6, "changed"),
    ("UPDATE audit SET reason = 'x' WHERE number = 4", 4, "changed"),
    (
        "UPDATE audit SET hash = (SELECT hash FROM audit WHERE number = 2) WHERE number = 4",
        4,
        "changed",
    ),
    ("DELETE FROM audit WHERE number = 1", 1, "missing"),
    ("DELETE FROM audit WHERE number = 3", 3, "missing"),
    ("DELETE FROM audit WHERE number IN (3, 4)", 3, "missing"),
    ("DELETE FROM audit WHERE number = 6", 6, "cut"),
    ("DELETE FROM audit WHERE number > 2", 3, "cut"),
    ("DELETE FROM audit", 1, "cut"),
    ("DELETE FROM audit_head", 6, "head"),
    ("UPDATE audit_head SET length = 5", 6, "head"),
    ("UPDATE audit_head SET hash = mac", 6, "head"),
]


@pytest.mark.parametrize(("statement", "number", "kind"), EDITS)
async def test_what_is_edited_or_deleted_is_named(
    database: Database, statement: str, number: int, kind: str
) -> None:
    await database.run(write)
    await sql(database, statement)
    first = (await faults(database))[0]
    assert (first.number, first.kind) == (number, kind)
    assert str(number) in first.sentence or kind == "head"


async def test_rows_in_another_order_are_named(database: Database) -> None:
    await database.run(write)
    swap = "UPDATE audit SET number = {} WHERE number = {}"
    await sql(database, swap.format(99, 3), swap.format(3, 4), swap.format(4, 99))
    assert [(each.number, each.kind) for each in await faults(database)] == [
        (3, "order"),
        (4, "order"),
        (5, "order"),
    ]
    await sql(database, swap.format(99, 3), swap.format(3, 4), swap.format(4, 99))
    assert await faults(database) == []
    await sql(database, swap.format(99, 6), swap.format(6, 5), swap.format(5, 99))
    assert (await faults(database))[0].number == 5


async def test_a_gap_closed_by_numbering_anew_is_named(database: Database) -> None:
    await database.run(write)
    move = "UPDATE audit SET number = {} WHERE number = {}"
    closing = [move.format(n - 1, n) for n in (4, 5, 6)]
    await sql(database, "DELETE FROM audit WHERE number = 3", *closing)
    assert [(each.number, each.kind) for each in await faults(database)] == [
        (3, "order"),
        (6, "cut"),
    ]


async def test_a_line_made_without_the_key_or_beside_the_head_is_named(database: Database) -> None:
    await database.run(write)
    columns = 'at, actor, action, subject, reason, "before", "after", origin'
    await sql(
        database,
        f"INSERT INTO audit (number, {columns}, previous, hash) SELECT 7, {columns}, "  # noqa: S608
        "hash, hash FROM audit WHERE number = 6",
    )
    assert [(each.number, each.kind) for each in await faults(database)] == [
        (7, "changed"),
        (7, "foreign"),
    ]
    assert {each.kind for each in await faults(database, key=audit_key(b"x"))} == {
        "changed",
        "head",
    }


async def test_a_whole_log_put_back_shows_against_a_note(database: Database) -> None:
    """Against a full copy put back no chain helps; a note kept elsewhere does."""
    await database.run(write)
    keep = "CREATE TABLE kept{0} AS SELECT * FROM {1}"
    put_back = ("DELETE FROM {1}", "INSERT INTO {1} SELECT * FROM kept{0}")
    tables = [(1, "audit"), (2, "audit_head")]
    await sql(database, *(keep.format(*each) for each in tables))
    await database.run(partial(write, first=7))
    noted = await database.run(mark)
    assert (noted.length, await faults(database, noted)) == (12, [])
    await sql(database, *(step.format(*each) for each in tables for step in put_back))
    assert await faults(database) == []
    assert [each.number for each in await faults(database, noted)] == [12]


async def test_no_line_without_the_key_and_none_of_a_write_taken_back(url: str) -> None:
    def write_and_fail(conn: Connection) -> None:
        write(conn)
        raise LookupError

    database = open_database(url)
    await database.migrate()
    with pytest.raises(AuditKeyError):
        await database.run(write)
    await database.close()
    database = open_database(url, audit_key=KEY)
    await database.migrate()
    with pytest.raises(LookupError):
        await database.run(write_and_fail)
    assert await database.run(mark) == Mark(0, "")
    await database.close()


async def test_numbers_of_people_never_reach_the_log(database: Database) -> None:
    number, phone = "99010519491231004X", "13900001234"

    def careless(conn: Connection) -> str:
        said = f"本人电话{phone}，证件 990105 19491231 004x"
        cells = {"who": number, "phones": [phone, int(phone), 13900001234.5], phone: True}
        record(conn, Entry(NOW, "a", "b", f"{number}", said, cells, cells, f"from {phone}"))
        return str(conn.execute(text("SELECT * FROM audit")).all()) + str(latest(conn, 1))

    written = await database.run(careless)
    assert number not in written
    assert phone not in written.replace("13900001234.5", "")
    assert "19491231" not in written
    assert await faults(database) == []


async def test_people_are_named_by_a_hash_of_the_logs_own(database: Database) -> None:
    name = await database.run(lambda conn: person_subject(conn, b"k" * 16))
    assert name == await database.run(lambda conn: person_subject(conn, b"k" * 16))
    assert name.startswith("person:")
    assert len(bytes.fromhex(name.removeprefix("person:"))) == 16
    assert (b"k" * 16).hex() not in name


async def crowd(two: Two) -> int:
    """Twenty writers at once from two servers; return how many got their line."""

    async def one(number: int) -> bool:
        while True:
            try:
                await two[number % 2].run(partial(write, first=number, count=1))
            except DatabaseBusyError:
                await asyncio.sleep(0.05)
            except IntegrityError:
                return False
            else:
                return True

    return sum(await asyncio.gather(*map(one, range(20))))


async def test_twenty_writers_at_once_leave_one_chain(two: Two) -> None:
    assert await crowd(two) == 20
    assert await faults(two[0]) == []
    lines = await two[1].run(lambda conn: latest(conn, 100))
    assert [line.number for line in lines] == list(range(1, 21))
    assert len({line.entry.subject for line in lines}) == 20


async def test_without_the_hold_postgresql_lets_writers_fork(
    new_postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above is believed because this one fails: two lines want the same place."""
    monkeypatch.setattr(audit, "hold", lambda *_: False)
    two = tuple(open_database(new_postgresql, audit_key=KEY) for _ in range(2))
    await two[0].migrate()
    assert await crowd((two[0], two[1])) < 20
    for each in two:
        await each.close()
