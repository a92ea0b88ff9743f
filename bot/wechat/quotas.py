"""How many calls were made today (调用次数), counted for all processes in the volatile store."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from jcbot.clock import monotonic

if TYPE_CHECKING:
    import datetime as dt

    from jcbot.clock import Clock
    from jcbot.shared import Shared

KEPT_S = 2 * 86_400.0
TOGETHER, AT_LEAST_S = 20, 1.0
"""Counts go to the store in lots of so many, or once a second; a killed process loses one lot."""


class Quotas:
    """Counts by call and quota day; the day is the business clock's and ends at midnight."""

    def __init__(self, shared: Shared, clock: Clock, account: str, limits: dict[str, int]) -> None:
        self._shared, self._clock, self._limits = shared, clock, limits
        self._prefix = f"wechat:{account}:calls:"
        self._waiting: dict[tuple[str, dt.date], int] = {}
        self._spent: dict[str, dt.date] = {}
        self._told = monotonic()
        self._telling = asyncio.Lock()

    async def note(self, call: str) -> None:
        """Count one call that WeChat was asked for."""
        key = (call, self._clock.today())
        self._waiting[key] = self._waiting.get(key, 0) + 1
        due = self._waiting[key] >= TOGETHER or monotonic() - self._told > AT_LEAST_S
        if due and not self._telling.locked():
            await self.tell()

    async def tell(self) -> None:
        """Bring what was counted here to the store."""
        async with self._telling:
            waiting, self._waiting, self._told = self._waiting, {}, monotonic()
            for (call, day), number in waiting.items():
                await self._shared.count(self._key(call, day), number, KEPT_S)

    async def used_up(self, call: str) -> None:
        """Take note that WeChat allows no more of this call today (45009)."""
        day = self._clock.today()
        self._spent[call] = day
        await self._shared.set(self._key(call, day) + ":spent", "1", KEPT_S)

    def spent(self, call: str) -> bool:
        """Tell whether this process heard today that there is no more of this call."""
        return call in self._spent and self._spent[call] == self._clock.today()

    async def left(self, call: str) -> int | None:
        """Return how many calls are left today, None where no limit is known."""
        await self.tell()
        key = self._key(call, self._clock.today())
        if self.spent(call) or await self._shared.get(key + ":spent"):
            return 0
        if call not in self._limits:
            return None
        return max(0, self._limits[call] - int(await self._shared.get(key) or 0))

    def _key(self, call: str, day: dt.date) -> str:
        return f"{self._prefix}{day:%Y%m%d}:{call}"
