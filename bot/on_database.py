"""One piece of work on the database from the command line: opened, brought up to date, closed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from jcbot.audit import audit_key
from jcbot.storage.database import open_database

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from jcbot.config import Config
    from jcbot.keyring import Keyring
    from jcbot.storage.database import Database

T = TypeVar("T")


def run_on_database(
    settings: Config, work: Callable[[Database], Awaitable[T]], keyring: Keyring | None = None
) -> T:
    """Open the database of the settings, bring it up to date, work, close it.

    What staff do is written to the audit log, which takes the `keyring`.
    """
    key = audit_key(keyring.index_key) if keyring else None

    async def run() -> T:
        database = open_database(
            settings.database.url.get_secret_value(),
            pool_size=settings.database.pool_size,
            audit_key=key,
        )
        try:
            await database.migrate()
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
