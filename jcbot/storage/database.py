"""The one unit of work, the same over SQLite and PostgreSQL.

`await database.run(work)` calls `work(connection)` inside one write transaction and answers only
after it is committed. What `work` raises rolls its own writes back and comes out of `run`.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import select

from jcbot.clock import monotonic
from jcbot.errors import DatabaseBusyError, DatabaseClosedError
from jcbot.storage.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

T = TypeVar("T")

AUDIT_KEY = "jcbot_audit_key"
"""The execution option under which each connection carries the key of the audit log."""
MIGRATION_PATIENCE_S = 60.0
_PING = select(1)


class Database(ABC):
    """One database, used from one event loop.

    `work` is synchronous, gets a SQLAlchemy Core connection, neither commits nor rolls back, and
    may be called again if the database took the first attempt back (serialization, deadlock), so
    it changes nothing but the database. Faults of the database are `StorageError`s.
    """

    def __init__(self, waiting: int) -> None:
        """Take at most `waiting` units of work, begun or queued, at one time."""
        self._waiting = waiting
        self._open = 0
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction; return its result once that is committed."""
        if self._closed:
            raise DatabaseClosedError
        if self._open >= self._waiting:
            raise DatabaseBusyError
        self._open += 1
        self._idle.clear()
        try:
            return await self._run(work)
        finally:
            self._open -= 1
            if not self._open:
                self._idle.set()

    async def migrate(self) -> None:
        """Bring the tables to this program's version; one process at a time does it.

        DatabaseTooNewError if a newer program made them.
        """
        end = monotonic() + MIGRATION_PATIENCE_S
        while True:
            try:
                return await self.run(upgrade)
            except DatabaseBusyError:
                if monotonic() > end:
                    raise
                await asyncio.sleep(0.2)

    async def ping(self) -> None:
        """Return if the database answers; a `StorageError` if not."""
        await self.run(lambda conn: conn.execute(_PING).scalar_one())

    async def close(self) -> None:
        """Take no more work, finish what was taken, and let go of the database."""
        if not self._closed:
            self._closed = True
            await self._close()

    @abstractmethod
    async def _run(self, work: Callable[[Connection], T]) -> T: ...

    @abstractmethod
    async def _close(self) -> None: ...


def open_database(
    url: str, *, pool_size: int = 10, waiting: int = 500, audit_key: bytes | None = None
) -> Database:
    """Open `sqlite:///file`, `sqlite://` (in memory) or `postgresql://…`.

    Nothing is touched before the first unit of work. Only the driver that is used is imported.
    Whoever writes as staff gives the `audit_key` (see jcbot/audit.py): no line without it.
    """
    options = {AUDIT_KEY: audit_key} if audit_key else {}
    if url.startswith("sqlite:"):
        from jcbot.storage.sqlite import SQLite  # noqa: PLC0415 - only the driver in use

        path = url.removeprefix("sqlite://").removeprefix("/")
        file = None if path in ("", ":memory:") else Path(path)
        return SQLite(file, waiting=waiting, options=options)
    from jcbot.storage.postgresql import PostgreSQL  # noqa: PLC0415 - only the driver in use

    return PostgreSQL(url, pool_size=pool_size, waiting=waiting, options=options)
