"""Where a measurement of the registry works: a database of its own, and how calm the machine is.

`sqlite` is a file in a folder; the URL of a PostgreSQL server stands for a new database on it,
which is dropped at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import tempfile
from typing import TYPE_CHECKING

import asyncpg
from sqlalchemy import make_url, text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

SQLITE = "sqlite"


@contextlib.contextmanager
def own_database(server: str, folder: Path, *, keep: bool = False) -> Iterator[str]:
    """Yield the URL of an empty database; it is gone after the block (with `keep`: left)."""
    if server == SQLITE:
        yield f"sqlite:///{tempfile.mkdtemp(dir=None if keep else folder)}/people.db"
        return
    name = f"jcbot_bench_{secrets.token_hex(6)}"
    asyncio.run(_say(server, f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        if not keep:
            asyncio.run(_say(server, f"DROP DATABASE {name} WITH (FORCE)"))


def engine_of(url: str) -> str:
    """Return sqlite or postgresql."""
    return url.partition(":")[0]


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder for big files, on the disk where temporary files are."""
    return tempfile.TemporaryDirectory(prefix="jcbot-bench-")


def load() -> str:
    """Say how busy the machine is before something is measured."""
    return f"load of the last minute {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores"


def patient(conn: Connection) -> None:
    """Let a statement of this transaction take as long as it takes."""
    if conn.dialect.name == "postgresql":
        for setting in ("statement_timeout", "idle_in_transaction_session_timeout"):
            conn.execute(text(f"SET LOCAL {setting} = 0"))


async def _say(server: str, statement: str) -> None:
    conn = await asyncpg.connect(server)
    await conn.execute(statement)
    await conn.close()
