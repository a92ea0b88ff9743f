"""The volatile store: one contract over memory, a pretend Redis and a real one."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING

import fakeredis
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis as Client

from jcbot import settings, shared_redis
from jcbot.shared import MemoryShared, Shared, open_shared
from jcbot.shared_redis import RedisShared

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture(params=["memory", "fakeredis", "redis"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Shared]:
    prefix = f"jcbot-test-{secrets.token_hex(6)}:"
    if request.param == "memory":
        made: Shared = MemoryShared()
    elif request.param == "fakeredis":
        made = RedisShared(fakeredis.FakeAsyncRedis(decode_responses=True), prefix, 2)
    else:
        made = open_redis(request.getfixturevalue("redis_url"), prefix)
    yield made
    if request.param == "redis":
        await clean(request.getfixturevalue("redis_url"), prefix)
    await made.close()


def open_redis(url: str, prefix: str = "jcbot-test:") -> Shared:
    return open_shared(settings.Redis(url=SecretStr(url), prefix=prefix))


async def clean(url: str, prefix: str) -> None:
    async with Client.from_url(url) as client:
        for key in [key async for key in client.scan_iter(f"{prefix}*")]:
            await client.delete(key)


async def test_it_keeps_and_drops(store: Shared) -> None:
    assert await store.get("a") is None
    await store.set("a", "好", 60)
    await store.set("a", "再", 60)
    assert await store.get("a") == "再"
    await store.delete("a")
    await store.delete("a")
    assert await store.get("a") is None


async def test_one_of_many_is_first(store: Shared) -> None:
    firsts = await asyncio.gather(*(store.add("a", str(n), 60) for n in range(20)))
    assert sum(firsts) == 1
    assert await store.get("a") == str(firsts.index(True))
    await store.delete("a")
    assert await store.add("a", "again", 60)


async def test_what_has_ended_is_gone_and_can_be_added_again(store: Shared) -> None:
    await store.set("a", "1", 0.05)
    assert await store.add("b", "1", 0.05)
    assert not await store.add("b", "2", 0.05)
    await asyncio.sleep(0.1)
    assert await store.get("a") is None
    assert await store.add("b", "3", 60)


async def test_it_counts_and_the_number_ends_after_its_start(store: Shared) -> None:
    sums = await asyncio.gather(*(store.count("n", 2, 60) for _ in range(5)))
    assert sorted(sums) == [2, 4, 6, 8, 10]
    assert await store.get("n") == "10"
    assert await store.count("m", 1, 0.05) == 1
    assert await store.count("m", 1, 60) == 2
    await asyncio.sleep(0.1)
    assert await store.count("m", 1, 60) == 1


async def test_it_says_that_it_works(store: Shared) -> None:
    assert await store.ping() is True


async def test_memory_is_bounded_and_keeps_the_newest() -> None:
    store = MemoryShared(most=100)
    for number in range(1000):
        await store.set(str(number), "x", 60)
    assert len(store._kept) == 100
    assert await store.get("999") == "x"
    assert await store.get("1") is None


async def test_nothing_configured_is_memory() -> None:
    assert isinstance(open_shared(settings.Redis()), MemoryShared)


async def test_redis_absent_is_degraded_but_goes_on() -> None:
    store = open_redis("redis://127.0.0.1:9/0")
    assert await store.ping() is False
    assert await store.add("a", "1", 60)
    assert not await store.add("a", "2", 60)
    assert await store.get("a") == "1"
    assert await store.ping() is False
    await store.close()


async def test_slow_redis_costs_a_short_budget_and_then_nothing() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    store = open_redis(f"redis://127.0.0.1:{port}/0")
    times = []
    for _ in range(6):
        start = time.monotonic()
        await store.set("a", "1", 60)
        times.append(time.monotonic() - start)
    assert max(times) < 0.3
    assert max(times[2:]) < 0.05
    await store.close()
    server.close()


async def test_redis_that_comes_back_is_used_again(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_redis, "PAUSE_S", 0.1)
    prefix = f"jcbot-test-{secrets.token_hex(6)}:"
    store = open_redis(redis_url, prefix)
    assert isinstance(store, RedisShared)
    working, broken = store._client, open_redis("redis://127.0.0.1:9/0")
    assert isinstance(broken, RedisShared)
    await store.set("a", "1", 60)
    store._client = broken._client
    for _ in range(3):
        assert await store.get("a") is None
    assert store.degraded
    store._client = working
    assert await store.get("a") is None
    await asyncio.sleep(0.15)
    assert await store.get("a") == "1"
    assert not store.degraded
    await clean(redis_url, prefix)
    await store.close()
    await broken.close()
