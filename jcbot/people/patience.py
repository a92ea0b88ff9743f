"""Trying a unit of work again while the database is busy with others: for long jobs only."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from jcbot.errors import DatabaseBusyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from jcbot.storage.database import Database

T = TypeVar("T")

TRIES = 20
PAUSE_S = 0.5


async def insist(database: Database, work: Callable[[Connection], T]) -> T:
    """Run `work` in one transaction; come again for some time while the database is busy."""
    for _ in range(TRIES):
        try:
            return await database.run(work)
        except DatabaseBusyError:
            await asyncio.sleep(PAUSE_S)
    return await database.run(work)
