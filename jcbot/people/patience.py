"""Working beside others for long: again while the database is busy, with a rest between pieces."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from jcbot.clock import monotonic
from jcbot.errors import DatabaseBusyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from jcbot.storage.database import Database

T = TypeVar("T")

TRIES = 20
PAUSE_S = 0.5
LONGEST_REST_S = 1.0


async def insist(database: Database, work: Callable[[Connection], T]) -> T:
    """Run `work` in one transaction; come again for some time while the database is busy."""
    for _ in range(TRIES):
        try:
            return await database.run(work)
        except DatabaseBusyError:
            await asyncio.sleep(PAUSE_S)
    return await database.run(work)


async def gently(database: Database, work: Callable[[Connection], T], times: float = 1) -> T:
    """Do the same for a piece of a long job, then rest so many times as long as it took.

    SQLite's one writer goes to whoever asks at the right moment: without a rest between its
    pieces a long job in another process lets nobody else in.
    """
    began = monotonic()
    result = await insist(database, work)
    await asyncio.sleep(min((monotonic() - began) * times, LONGEST_REST_S))
    return result
