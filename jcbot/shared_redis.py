"""The volatile store in Redis, behind a breaker.

Redis that is slow or gone costs at most `timeout_s` a call; after two failures in a row the
breaker leaves it alone for some seconds and this process's memory stands in.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from jcbot.clock import monotonic
from jcbot.shared import MemoryShared, Shared

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

FAILURES_TO_OPEN = 2
PAUSE_S = 5.0


def connect(url: str, timeout_s: float) -> Redis:
    """Make a client that answers with text and never tries twice; touches no network yet."""
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
    )


class RedisShared(Shared):
    """Kept in Redis under a prefix; this process's memory stands in while Redis fails."""

    def __init__(self, client: Any, prefix: str, timeout_s: float) -> None:
        """`client` is a redis.asyncio client that answers with text."""
        self._client = client
        self._prefix = prefix
        self._timeout_s = timeout_s
        self._local = MemoryShared()
        self._failures = 0
        self._shut_until = 0.0

    @property
    def degraded(self) -> bool:
        """Whether the last calls failed, so that memory stands in."""
        return self._failures >= FAILURES_TO_OPEN

    async def get(self, key: str) -> str | None:
        """Return the value, None if there is none (any more)."""
        return await self._try(
            lambda: self._client.get(self._prefix + key), lambda: self._local.get(key)
        )

    async def set(self, key: str, value: str, ttl_s: float) -> None:
        """Keep the value for `ttl_s` seconds."""
        await self._try(
            lambda: self._client.set(self._prefix + key, value, px=_milliseconds(ttl_s)),
            lambda: self._local.set(key, value, ttl_s),
        )

    async def add(self, key: str, value: str, ttl_s: float) -> bool:
        """Keep the value unless the key is there already; True for whoever came first."""
        return bool(
            await self._try(
                lambda: self._client.set(
                    self._prefix + key, value, px=_milliseconds(ttl_s), nx=True
                ),
                lambda: self._local.add(key, value, ttl_s),
            )
        )

    async def count(self, key: str, by: int, ttl_s: float) -> int:
        """Add `by` to a number that starts at 0 and ends `ttl_s` after its start; the sum."""

        async def remote() -> int:
            total = int(await self._client.incrby(self._prefix + key, by))
            if total == by:
                await self._client.pexpire(self._prefix + key, _milliseconds(ttl_s))
            return total

        return int(await self._try(remote, lambda: self._local.count(key, by, ttl_s)))

    async def delete(self, key: str) -> None:
        """Drop the key, whether it is there or not, here as well."""
        await self._local.delete(key)
        await self._try(
            lambda: self._client.delete(self._prefix + key), lambda: self._local.delete(key)
        )

    async def ping(self) -> bool:
        """Tell whether Redis answers in time."""
        return bool(await self._try(self._client.ping, self._no))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _try(
        self, remote: Callable[[], Awaitable[Any]], local: Callable[[], Awaitable[T]]
    ) -> T | Any:
        """Ask Redis if the breaker lets us, memory if that fails."""
        if not self._may_ask():
            return await local()
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await remote()
        except Exception:  # noqa: BLE001 - whatever a store that may vanish does, we go on
            self._failures += 1
            self._shut_until = monotonic() + PAUSE_S
            return await local()
        self._failures = 0
        return answer

    def _may_ask(self) -> bool:
        """Let all calls through while shut, one now and then while open."""
        if not self.degraded:
            return True
        if monotonic() < self._shut_until:
            return False
        self._shut_until = monotonic() + PAUSE_S
        return True

    async def _no(self) -> bool:
        return False


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))
