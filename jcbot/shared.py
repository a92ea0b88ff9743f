"""The volatile store: what may vanish at any moment without a reply or an effect being lost.

In this process's memory, or in Redis for several processes (`jcbot/shared_redis.py`). The
database stays the authority.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from typing import TYPE_CHECKING

from jcbot.clock import monotonic

if TYPE_CHECKING:
    from jcbot.settings import Redis

MOST = 100_000


class Shared(ABC):
    """Short-lived texts by key, each with a time to live in seconds."""

    @abstractmethod
    async def get(self, key: str) -> str | None:
        """Return the value, None if there is none (any more)."""

    @abstractmethod
    async def set(self, key: str, value: str, ttl_s: float) -> None:
        """Keep the value for `ttl_s` seconds."""

    @abstractmethod
    async def add(self, key: str, value: str, ttl_s: float) -> bool:
        """Keep the value unless the key is there already; True for whoever came first."""

    @abstractmethod
    async def count(self, key: str, by: int, ttl_s: float) -> int:
        """Add `by` to a number that starts at 0 and ends `ttl_s` after its start; the sum."""

    @abstractmethod
    async def delete(self, key: str) -> None:
        """Drop the key, whether it is there or not."""

    @abstractmethod
    async def ping(self) -> bool:
        """Tell whether the store works as configured; False means degraded."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of connections."""


class MemoryShared(Shared):
    """Kept in this process; holds at most `most` keys and then drops the oldest."""

    def __init__(self, most: int = MOST) -> None:
        """Start empty."""
        self._most = most
        self._kept: OrderedDict[str, tuple[float, str]] = OrderedDict()

    async def get(self, key: str) -> str | None:
        """Return the value, None if there is none (any more)."""
        end, value = self._kept.get(key, (0.0, ""))
        if end > monotonic():
            return value
        self._kept.pop(key, None)
        return None

    async def set(self, key: str, value: str, ttl_s: float) -> None:
        """Keep the value for `ttl_s` seconds."""
        self._kept.pop(key, None)
        self._kept[key] = (monotonic() + ttl_s, value)
        if len(self._kept) > self._most:
            self._make_room()

    async def add(self, key: str, value: str, ttl_s: float) -> bool:
        """Keep the value unless the key is there already; True for whoever came first."""
        if await self.get(key) is not None:
            return False
        await self.set(key, value, ttl_s)
        return True

    async def count(self, key: str, by: int, ttl_s: float) -> int:
        """Add `by` to a number that starts at 0 and ends `ttl_s` after its start; the sum."""
        now = await self.get(key)
        if now is None:
            await self.set(key, str(by), ttl_s)
            return by
        end, _ = self._kept[key]
        self._kept[key] = (end, str(int(now) + by))
        return int(now) + by

    async def delete(self, key: str) -> None:
        """Drop the key, whether it is there or not."""
        self._kept.pop(key, None)

    async def ping(self) -> bool:
        """Tell that memory is there."""
        return True

    async def close(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def _make_room(self) -> None:
        """Drop the oldest, and whatever has ended right behind it."""
        self._kept.popitem(last=False)
        now = monotonic()
        while self._kept and next(iter(self._kept.values()))[0] <= now:
            self._kept.popitem(last=False)


def open_shared(settings: Redis) -> Shared:
    """Make the store the settings ask for; touches no network yet."""
    url = settings.url.get_secret_value()
    if not url:
        return MemoryShared()
    from jcbot.shared_redis import RedisShared, connect  # noqa: PLC0415 - only where it is used

    return RedisShared(connect(url, settings.timeout_s), settings.prefix, settings.timeout_s)
