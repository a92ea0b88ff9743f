"""Migrations: numbered, single-headed, equal to the tables, run once, safe to interrupt."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from racer import opened
from sqlalchemy import inspect, text

from jcbot.errors import DatabaseTooNewError
from jcbot.storage import migrate
from jcbot.storage.database import Database, open_database
from jcbot.storage.tables import metadata

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

LAST = migrate.versions()[-1]


def difference(conn: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(conn), metadata))


def step_by_step(conn: Connection) -> None:
    """Come from the oldest version, one migration at a time."""
    for version in migrate.versions():
        migrate.run_migrations(conn, version)


def test_migrations_are_numbered_without_gaps_and_end_in_one_head() -> None:
    script = ScriptDirectory(str(migrate.MIGRATIONS))
    assert script.get_heads() == [LAST]
    assert migrate.versions() == [f"{n:04}" for n in range(1, len(migrate.versions()) + 1)]
    revisions = [revision.revision for revision in script.walk_revisions()]
    assert sorted(revisions) == migrate.versions()


async def test_every_step_leads_to_the_tables_of_the_program(url: str) -> None:
    database = open_database(url)
    await database.run(step_by_step)
    assert await database.run(difference) == []
    assert await database.run(migrate.current) == LAST
    await database.close()


async def test_a_fresh_start_leads_to_the_same_tables(database: Database) -> None:
    assert await database.run(difference) == []
    assert await database.run(migrate.current) == LAST


async def test_an_older_database_is_brought_up_by_its_migrations(url: str) -> None:
    def empty_but_numbered(conn: Connection) -> None:
        conn.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)"))

    def upgrade_from_nothing(conn: Connection) -> None:
        migrate.run_migrations(conn)

    database = open_database(url)
    await database.run(empty_but_numbered)
    await database.run(upgrade_from_nothing)
    await database.migrate()
    assert await database.run(difference) == []
    await database.close()


async def test_a_newer_database_is_refused_in_a_sentence(database: Database) -> None:
    newer = text("UPDATE alembic_version SET version_num = '9999'")
    await database.run(lambda conn: conn.execute(newer))
    with pytest.raises(DatabaseTooNewError, match=r"版本 9999.*换用新版程序"):
        await database.migrate()


async def test_many_that_start_at_once_migrate_once(shared_url: str) -> None:
    databases = [open_database(shared_url) for _ in range(6)]
    await asyncio.gather(*(database.migrate() for database in databases))
    assert await databases[0].run(migrate.current) == LAST
    for database in databases:
        await database.close()


def test_killed_half_way_the_next_start_completes(shared_url: str) -> None:
    def half_way(conn: Connection) -> None:
        next(iter(metadata.tables.values())).create(conn)
        os.kill(os.getpid(), signal.SIGKILL)

    async def interrupted() -> None:
        await open_database(shared_url).run(half_way)

    async def next_start() -> list[object]:
        database = open_database(shared_url)
        assert not await database.run(lambda conn: inspect(conn).get_table_names())
        await database.close()
        async with opened(shared_url) as database:
            return await database.run(difference)

    child = os.fork()
    if child == 0:
        try:
            asyncio.run(interrupted())
        finally:
            os._exit(1)
    os.waitpid(child, 0)
    assert asyncio.run(next_start()) == []


def test_a_start_at_the_last_version_does_without_alembic(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from jcbot.storage.database import open_database\n"
        "async def main():\n"
        "    for _ in range(2):\n"
        "        database = open_database(sys.argv[1])\n"
        "        await database.migrate()\n"
        "        await database.close()\n"
        "asyncio.run(main())\n"
        "sys.exit('alembic' in sys.modules)\n"
    )
    command = [sys.executable, "-c", program, f"sqlite:///{tmp_path}/test.db"]
    assert subprocess.run(command, check=False).returncode == 0  # noqa: S603 - our own lines
