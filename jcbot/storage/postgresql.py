"""PostgreSQL through asyncpg: a small pool, every wait bounded, quick refusals."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from jcbot.errors import DatabaseUnavailableError
from jcbot.storage.database import Database
from jcbot.storage.faults import REPEATABLE, sqlstate, translate

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL, Connection

T = TypeVar("T")

ATTEMPTS = 4
PAUSE_S = 0.05
POOL_PATIENCE_S = 2.0
CONNECT_PATIENCE_S = 2.0
SETTINGS = {
    "application_name": "jcbot",
    "statement_timeout": "4000",
    "lock_timeout": "3000",
    "idle_in_transaction_session_timeout": "15000",
}


class PostgreSQL(Database):
    """A pool of at most `pool_size` connections; each unit of work takes one."""

    def __init__(
        self, url: str, *, pool_size: int, waiting: int, options: dict[str, Any] | None = None
    ) -> None:
        """Make the pool; it connects with the first unit of work."""
        super().__init__(waiting)
        self._engine = create_async_engine(
            _with_driver(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=POOL_PATIENCE_S,
            pool_pre_ping=True,
            pool_use_lifo=True,
            execution_options=options or {},
            connect_args={"timeout": CONNECT_PATIENCE_S, "server_settings": SETTINGS},
        )

    async def _run(self, work: Callable[[Connection], T]) -> T:
        attempt = 1
        while True:
            begun = _Begun()
            try:
                return await self._once(work, begun)
            except (SQLAlchemyError, OSError) as fault:
                if attempt < ATTEMPTS and _repeatable(fault, begun):
                    await asyncio.sleep(PAUSE_S * attempt)
                    attempt += 1
                    continue
                known = translate(fault)
                if known is None and isinstance(fault, OSError) and not begun.yes:
                    known = DatabaseUnavailableError()
                raise (known or fault) from fault.__cause__

    async def _once(self, work: Callable[[Connection], T], begun: _Begun) -> T:
        async with self._engine.begin() as conn:
            begun.yes = True
            return await conn.run_sync(work)

    async def _close(self) -> None:
        await self._idle.wait()
        await self._engine.dispose()


@dataclass(slots=True)
class _Begun:
    """Whether an attempt got as far as the work itself."""

    yes: bool = False


def _repeatable(fault: Exception, begun: _Begun) -> bool:
    """Tell if nothing of the attempt can have been kept and another may go better."""
    if sqlstate(fault) in REPEATABLE:
        return True
    return not begun.yes and isinstance(fault, (DBAPIError, OSError))


def _with_driver(url: str) -> URL:
    """Name our driver, and take libpq's `sslmode` for what asyncpg calls `ssl`."""
    parsed = make_url(url).set(drivername="postgresql+asyncpg")
    mode = parsed.query.get("sslmode")
    if mode is None:
        return parsed
    return parsed.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
