"""Databases for the tests (fixtures): SQLite as a file and in memory, PostgreSQL where it runs."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

import asyncpg
import pytest
from sqlalchemy import make_url

from jcbot.audit import audit_key
from jcbot.storage.database import Database, open_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

AUDIT = audit_key(b"i" * 32)
KINDS = ["file", "memory", "postgresql"]


def run_sql(url: str, *statements: str) -> None:
    async def run() -> None:
        conn = await asyncpg.connect(url)
        for statement in statements:
            await conn.execute(statement)
        await conn.close()

    asyncio.run(run())


@pytest.fixture(scope="session")
def own_postgresql(database_url: str) -> Iterator[str]:
    """A PostgreSQL database of these tests' own, dropped afterwards."""
    name = f"jcbot_test_{secrets.token_hex(6)}"
    run_sql(database_url, f"CREATE DATABASE {name}")
    yield make_url(database_url).set(database=name).render_as_string(hide_password=False)
    run_sql(database_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def new_postgresql(own_postgresql: str) -> str:
    """The tests' own PostgreSQL database, emptied."""
    run_sql(own_postgresql, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return own_postgresql


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "file":
        return f"sqlite:///{tmp_path}/test.db"
    if request.param == "memory":
        return "sqlite://"
    return str(request.getfixturevalue("new_postgresql"))


@pytest.fixture(params=["file", "postgresql"])
def shared_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that two engines or processes can open at once."""
    if request.param == "file":
        return f"sqlite:///{tmp_path}/test.db"
    return str(request.getfixturevalue("new_postgresql"))


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = open_database(url, audit_key=AUDIT)
    await opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
async def shared_database(shared_url: str) -> AsyncIterator[Database]:
    opened = open_database(shared_url, audit_key=AUDIT)
    await opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
async def two(shared_url: str) -> AsyncIterator[tuple[Database, Database]]:
    """One database opened twice, as two servers would."""
    pair = tuple(open_database(shared_url, audit_key=AUDIT) for _ in range(2))
    await pair[0].migrate()
    yield pair
    for each in pair:
        await each.close()


@pytest.fixture
async def postgresql(new_postgresql: str) -> AsyncIterator[Database]:
    opened = open_database(new_postgresql, pool_size=2, audit_key=AUDIT)
    await opened.migrate()
    yield opened
    await opened.close()
