"""One piece of work on the database from the command line: opened, brought up to date, closed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from jcbot.storage.database import open_database

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from jcbot.config import Config
    from jcbot.storage.database import Database

T = TypeVar("T")


def run_on_database(settings: Config, work: Callable[[Database], Awaitable[T]]) -> T:
    """Open the database of the settings, bring it up to date, work, close it."""

    async def run() -> T:
        database = open_database(
            settings.database.url.get_secret_value(), pool_size=settings.database.pool_size
        )
        try:
            await database.migrate()
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
