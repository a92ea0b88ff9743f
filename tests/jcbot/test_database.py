"""The unit of work: one contract over SQLite in a file, in memory, and PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, insert, select, text

from jcbot.errors import (
    DatabaseBusyError,
    DatabaseClosedError,
    DatabaseFullError,
    DatabaseUnavailableError,
)
from jcbot.storage.database import Database, open_database
from jcbot.storage.tables import questions

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection


def write(number: int, conn: Connection) -> int:
    conn.execute(insert(questions).values(asker=b"a", text=str(number), reason="", at=number))
    return number


def write_and_fail(number: int, conn: Connection) -> None:
    write(number, conn)
    raise ValueError(number)


def read(conn: Connection) -> list[int]:
    return list(conn.execute(select(questions.c.at).order_by(questions.c.at)).scalars())


async def test_a_unit_of_work_is_kept_and_answers(database: Database) -> None:
    assert await database.run(partial(write, 7)) == 7
    assert await database.run(read) == [7]


async def test_a_failing_one_is_taken_back_alone(database: Database) -> None:
    works = [partial(write_and_fail if n % 3 == 0 else write, n) for n in range(30)]
    results = await asyncio.gather(*map(database.run, works), return_exceptions=True)
    for number, result in enumerate(results):
        assert isinstance(result, ValueError) if number % 3 == 0 else result == number
    assert await database.run(read) == [n for n in range(30) if n % 3]


async def test_a_savepoint_inside_takes_back_a_part(database: Database) -> None:
    def work(conn: Connection) -> None:
        write(1, conn)
        with pytest.raises(ValueError, match="2"), conn.begin_nested():
            write_and_fail(2, conn)
        write(3, conn)

    await database.run(work)
    assert await database.run(read) == [1, 3]


async def test_a_stray_stop_iteration_does_not_hang_the_others(database: Database) -> None:
    def careless(_: Connection) -> None:
        next(iter(()))

    stray = asyncio.gather(*(database.run(careless) for _ in range(3)), return_exceptions=True)
    assert await asyncio.wait_for(database.run(partial(write, 1)), 5) == 1
    assert all(isinstance(fault, RuntimeError) for fault in await stray)


async def test_closing_finishes_what_was_taken_and_refuses_the_rest(url: str) -> None:
    database = open_database(url)
    await database.migrate()
    taken = [asyncio.create_task(database.run(partial(write, n))) for n in range(20)]
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*taken) == list(range(20))
    with pytest.raises(DatabaseClosedError):
        await database.run(read)
    await database.close()


async def test_too_many_waiting_are_refused_at_once(url: str) -> None:
    database = open_database(url, waiting=5)
    await database.migrate()
    works = [database.run(partial(write, n)) for n in range(8)]
    results = await asyncio.gather(*works, return_exceptions=True)
    assert sum(isinstance(result, DatabaseBusyError) for result in results) == 3
    assert await database.run(partial(write, 9)) == 9
    await database.close()


async def test_a_waiter_that_leaves_does_no_harm(database: Database) -> None:
    task = asyncio.create_task(database.run(partial(write, 1)))
    await asyncio.sleep(0)
    task.cancel()
    assert await database.run(partial(write, 2)) == 2
    assert 2 in await database.run(read)


async def test_ping_answers(database: Database) -> None:
    await database.ping()


async def test_an_address_that_leads_nowhere_is_told_quickly() -> None:
    for url in ("postgresql://nobody@127.0.0.1:9/none", "sqlite:////proc/nowhere/x.db"):
        database = open_database(url)
        start = time.monotonic()
        with pytest.raises(DatabaseUnavailableError):
            await database.ping()
        assert time.monotonic() - start < 2
        await database.close()


async def test_sqlite_is_opened_for_safety(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/sub/test.db")
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    values = await database.run(
        lambda conn: [conn.execute(text(f"PRAGMA {name}")).scalar() for name in pragmas]
    )
    assert values == ["wal", 2, 1]
    assert (tmp_path / "sub" / "test.db").stat().st_mode & 0o077 == 0
    await database.close()


async def test_sqlite_locked_by_another_says_busy_and_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jcbot.storage.sqlite.PATIENCE_S", 0.1)
    database = open_database(f"sqlite:///{tmp_path}/test.db")
    await database.migrate()
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusyError):
        await database.run(partial(write, 1))
    other.execute("COMMIT")
    other.close()
    assert await database.run(partial(write, 2)) == 2
    await database.close()


async def test_a_full_disk_refuses_writing_and_recovers_without_a_restart(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/test.db")
    await database.migrate()
    await database.run(partial(write, 1))

    def fill(conn: Connection) -> None:
        row = {"asker": b"a", "text": "x" * 400_000, "reason": "", "at": 2}
        conn.execute(insert(questions), row)

    def limit(pages: int, conn: Connection) -> None:
        conn.execute(text(f"PRAGMA max_page_count = {pages}"))

    await database.run(partial(limit, 40))
    with pytest.raises(DatabaseFullError):
        await database.run(fill)
    assert await database.run(read) == [1]
    await database.run(partial(limit, 100_000))
    await database.run(fill)
    assert await database.run(read) == [1, 2]
    await database.close()


async def test_postgresql_refuses_quickly_when_the_pool_is_used_up(postgresql: Database) -> None:
    sleepers = [
        asyncio.create_task(postgresql.run(lambda conn: conn.execute(text("SELECT pg_sleep(3)"))))
        for _ in range(2)
    ]
    await asyncio.sleep(0.1)
    start = time.monotonic()
    with pytest.raises(DatabaseBusyError):
        await postgresql.run(read)
    assert time.monotonic() - start < 2.7
    await asyncio.gather(*sleepers)
    assert await postgresql.run(read) == []


def kill_all_others(conn: Connection) -> None:
    conn.execute(
        text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    )


async def test_postgresql_connections_lost_in_between_are_not_noticed(
    postgresql: Database, new_postgresql: str
) -> None:
    killer = open_database(new_postgresql)
    await asyncio.gather(*(postgresql.run(partial(write, n)) for n in range(4)))
    await killer.run(kill_all_others)
    assert await postgresql.run(partial(write, 9)) == 9
    await killer.close()


async def test_postgresql_lost_in_the_middle_keeps_nothing_and_says_so(
    postgresql: Database, new_postgresql: str
) -> None:
    def work(conn: Connection) -> None:
        write(1, conn)
        conn.execute(text("SELECT pg_sleep(3)"))

    killer = open_database(new_postgresql)
    task = asyncio.create_task(postgresql.run(work))
    await asyncio.sleep(0.3)
    await killer.run(kill_all_others)
    with pytest.raises(DatabaseUnavailableError):
        await task
    assert await postgresql.run(read) == []
    await killer.close()


async def test_postgresql_deadlock_is_run_again(postgresql: Database) -> None:
    await postgresql.run(partial(write, 1))
    await postgresql.run(partial(write, 2))

    def cross(first: int, second: int, conn: Connection) -> None:
        for at in (first, second):
            change = questions.update().where(questions.c.at == at)
            conn.execute(change.values(text=questions.c.text + "+"))
            conn.execute(text("SELECT pg_sleep(0.2)"))

    await asyncio.gather(postgresql.run(partial(cross, 1, 2)), postgresql.run(partial(cross, 2, 1)))
    texts = await postgresql.run(lambda c: c.execute(select(questions.c.text)).scalars().all())
    assert sorted(texts) == ["1++", "2++"]


async def test_many_share_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = []
    monkeypatch.setattr("jcbot.storage.sqlite._deliver", _counting(commits))
    database = open_database(f"sqlite:///{tmp_path}/test.db")
    await database.migrate()
    await asyncio.gather(*(database.run(partial(write, n)) for n in range(200)))
    count = await database.run(lambda c: c.execute(select(func.count(questions.c.id))).scalar())
    assert count == 200
    assert len(commits) < 50
    await database.close()


def _counting(commits: list[int]) -> object:
    from jcbot.storage.sqlite import _deliver  # noqa: PLC0415 - the real one, before the patch

    def deliver(batch: list[object]) -> None:
        commits.append(len(batch))
        _deliver(batch)

    return deliver
