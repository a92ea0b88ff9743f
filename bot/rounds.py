"""Rounds of work in the background (一轮一轮): again and again until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from jcbot.errors import StorageError
from knowledge.sending import SMS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from bot.handful import Called
    from jcbot.storage.database import Database

IDLE_S, AWAY_S, LONGEST_S = 1.0, 1.0, 30.0
"""How long to wait when nothing is due; and, longer each time, when something is out of order."""
SETTLE_TRIES = 10
"""So often, a second apart, the outcome is brought to a database that is out of order."""

log = structlog.get_logger("bot.courier")


@dataclass(slots=True, kw_only=True)
class Rounds:
    """Whoever works in rounds; `away_s`: how long to leave alone what is out of order."""

    away_s: float = 0.0

    async def round(self) -> bool:
        """Do what is due; say whether there was anything."""
        raise NotImplementedError

    async def run(self, stopped: asyncio.Event) -> None:
        """Work until told to stop; what was begun is finished first."""
        while not stopped.is_set():
            try:
                busy = await self.round()
            except Exception as fault:  # noqa: BLE001 - a courier that ends sends nothing at all
                log.error("courier waits", fault=type(fault).__name__)  # noqa: TRY400 - no names
                busy, self.away_s = False, self.longer()
            if self.away_s or not busy:
                await _sleep(stopped, self.away_s or IDLE_S)

    def away_after(self, called: Sequence[Called], closed_s: float) -> float:
        """How long to leave WeChat alone: longer each time as long as it cannot be reached."""
        asked = [each for each in called if each.plan.channel != SMS]
        heard = any(each.answered for each in asked)
        mute = not heard and any(each.outcome is not None for each in asked)
        return max(closed_s, self.longer()) if closed_s or mute else 0.0

    def longer(self) -> float:
        """Twice as long as the last time."""
        return min(max(AWAY_S, 2 * self.away_s), LONGEST_S)


async def bring(database: Database, work: Callable[[Connection], Any]) -> None:
    """Settle; a database that is out of order for a moment must not cost us the outcomes."""
    for _ in range(SETTLE_TRIES):
        with contextlib.suppress(StorageError):
            await database.run(work)
            return
        await asyncio.sleep(IDLE_S)
    await database.run(work)


async def _sleep(stopped: asyncio.Event, seconds: float) -> None:
    """Wait, but no longer than until the stop."""
    try:
        await asyncio.wait_for(stopped.wait(), seconds)
    except TimeoutError:
        return
