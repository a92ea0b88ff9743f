"""Rows C15, D11, D17: one token for all, renewed once, and one alarm where that does not help."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from apis import MONDAY, SECRET, calling, template
from pydantic import SecretStr
from redis.asyncio import Redis as Client
from structlog.testing import capture_logs

from bot.wechat import tokens
from bot.wechat.outcomes import AddressRefusedError, SecretRefusedError, TokenRefusedError
from bot.wechat.pretend.faults import Fault
from bot.wechat.pretend.rules import Rules
from bot.wechat.pretend.world import Pretend, pretending
from jcbot.clock import Clock
from jcbot.settings import Redis
from jcbot.shared import MemoryShared, open_shared

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.wechat.client import WeChatClient

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def prefix(redis_url: str) -> AsyncIterator[str]:
    made = f"jcbot-test-{secrets.token_hex(6)}:"
    yield made
    async with Client.from_url(redis_url) as client:
        for key in [key async for key in client.scan_iter(f"{made}*")]:
            await client.delete(key)


async def many(count: int, *clients: WeChatClient) -> list[str]:
    """So many messages at once, each to a different person, shared out among the clients."""
    sends = (template(clients[n % len(clients)], f"o-{n}", "m") for n in range(count))
    return await asyncio.gather(*sends)


async def test_c15_a_thousand_callers_fetch_one_token(redis_url: str, prefix: str) -> None:
    settings = Redis(url=SecretStr(redis_url), prefix=prefix)
    one, two = open_shared(settings), open_shared(settings)
    async with (
        pretending() as pretend,
        calling(pretend.url, one) as first,
        calling(pretend.url, two) as second,
    ):
        assert await many(1000, first, second) == ["ok"] * 1000
        assert pretend.calls("token") == 1
        pretend.tokens.expire(pretend.now())
        assert await many(1000, first, second) == ["ok"] * 1000
        assert pretend.calls("token") == 2
        assert pretend.journal.summary()["messages"] == 1000
    await one.close()
    await two.close()


async def test_c15_without_the_single_flight_there_are_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tokens.Tokens, "_together", tokens.Tokens._new)
    async with pretending() as pretend, calling(pretend.url) as client:
        assert await many(100, client) == ["ok"] * 100
        assert pretend.calls("token") == 100


async def test_c15_d11_the_same_in_two_processes(redis_url: str, prefix: str) -> None:
    async with pretending() as pretend:
        callers = [await caller(pretend, redis_url, prefix, name) for name in ("a", "b")]
        assert pretend.calls("token") == 1
        pretend.tokens.expire(pretend.now())
        for each in callers:
            assert each.stdin is not None
            each.stdin.write(b"go\n")
        arrived = [(await each.communicate())[0] for each in callers]
        assert [int(each) for each in arrived] == [500, 500]
        assert pretend.calls("token") - 1 <= 2
        assert pretend.journal.summary() | {"twice": 0} == {
            "messages": 1002, "people": 1002, "twice": 0, "channels": {"template": 1002}
        }  # fmt: skip


async def caller(
    pretend: Pretend, redis_url: str, prefix: str, name: str
) -> asyncio.subprocess.Process:
    child = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).parent / "caller.py"),
        pretend.url, redis_url, prefix, name, "500",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert child.stdout is not None
    assert await child.stdout.readline() == b"ready\n"
    return child


@pytest.mark.parametrize("how", ["expire", "revoke"])
async def test_d11_a_token_that_ends_between_two_sends_loses_nothing(how: str) -> None:
    shared = MemoryShared()
    async with (
        pretending() as pretend,
        calling(pretend.url, shared) as one,
        calling(pretend.url, shared) as two,
    ):
        for number in range(40):
            if number == 20:
                pretend.tokens.expire(pretend.now()) if how == "expire" else pretend.tokens.revoke()
            client = (one, two)[number % 2]
            assert await template(client, f"o-{number}") == "ok"
        assert pretend.calls("token") <= 2
        assert len(pretend.journal.received()) == 40


async def test_d11_two_that_share_nothing_do_not_take_the_token_from_each_other() -> None:
    async with (
        pretending() as pretend,
        calling(pretend.url, MemoryShared()) as one,
        calling(pretend.url, MemoryShared()) as two,
    ):
        for _ in range(10):
            assert [await template(one), await template(two)] == ["ok", "ok"]
        assert pretend.calls("token") == 2
        assert len(pretend.tokens.ends) == 1


async def test_a_token_wechat_takes_to_be_good_is_replaced_by_force() -> None:
    async with pretending() as pretend, calling(pretend.url) as client:
        pretend.faults.set(Fault(call="template", code=40001, times=1))
        assert await template(client) == "ok"
        assert (pretend.calls("token"), len(pretend.tokens.forced)) == (3, 1)


async def test_d11_a_persistent_refusal_is_bounded_and_told_once() -> None:
    async with pretending() as pretend, calling(pretend.url) as client:
        pretend.faults.set(Fault(call="template", code=40001))
        with capture_logs() as lines:
            for _ in range(50):
                with pytest.raises(TokenRefusedError, match="40001"):
                    await template(client)
        told = [line for line in lines if line["log_level"] == "error"]
        assert [(line["fault"], line["code"]) for line in told] == [("token_refused", 40001)]
        assert pretend.calls("token") <= 6
        assert pretend.calls("template") <= 2 * 50
        assert pretend.tokens.present not in str(lines)


async def test_d11_a_thousand_at_once_refused_for_good_make_one_renewal() -> None:
    async with pretending() as pretend, calling(pretend.url) as client:
        pretend.faults.set(Fault(call="template", code=42001))
        sends = (template(client, f"o-{number}") for number in range(1000))
        ends = await asyncio.gather(*sends, return_exceptions=True)
        assert {type(end) for end in ends} == {TokenRefusedError}
        assert pretend.calls("token") <= 6
        assert pretend.calls("template") <= 2000


async def test_d17_a_wrong_secret_is_told_once_and_asked_once_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with pretending(Rules(secret="another")) as pretend, calling(pretend.url) as client:
        with capture_logs() as lines:
            for _ in range(20):
                with pytest.raises(SecretRefusedError, match="40125"):
                    await template(client)
        assert (pretend.calls("token"), pretend.calls("template")) == (1, 0)
        assert [line["fault"] for line in lines] == ["secret_refused"]
        assert SECRET not in str(lines)
        pretend.rules = Rules(secret=SECRET)
        an_hour_later = tokens.monotonic() + 3601
        for module in ("bot.wechat.tokens", "jcbot.shared"):
            monkeypatch.setattr(f"{module}.monotonic", lambda: an_hour_later)
        assert await template(client) == "ok"


async def test_d17_the_tokens_own_call_means_the_secret_by_40001() -> None:
    async with pretending() as pretend, calling(pretend.url) as client:
        pretend.faults.set(Fault(call="token", code=40001))
        for _ in range(3):
            with pytest.raises(SecretRefusedError, match=r"app_secret.*40001"):
                await template(client)
        assert pretend.calls("token") == 1


async def test_used_up_forced_refreshes_park_nothing_else() -> None:
    async with pretending(Rules(forced_a_day=0)) as pretend, calling(pretend.url) as client:
        pretend.faults.set(Fault(call="template", code=40001, times=1))
        with pytest.raises(TokenRefusedError):
            await template(client)
        assert await client.quota_left("force_refresh") == 0
        assert await client.quota_left("token")
        assert await template(client) == "ok"


async def test_an_address_not_allowed_is_named_and_not_asked_again() -> None:
    async with pretending() as pretend, calling(pretend.url) as client:
        pretend.faults.set(Fault(call="token", code=40164))
        for _ in range(5):
            with pytest.raises(AddressRefusedError, match="IP白名单"):
                await template(client)
        assert pretend.calls("token") == 1


async def test_the_next_token_is_there_before_the_old_one_ends() -> None:
    clock = Clock(MONDAY)
    async with pretending(clock=clock) as pretend:
        async with calling(pretend.url, clock=clock) as client:
            assert await template(client) == "ok"
            before = pretend.tokens.present
        clock.advance(dt.timedelta(seconds=7200 - 200))
        async with calling(pretend.url, clock=clock) as late:
            assert await template(late, "o-2") == "ok"
        assert pretend.tokens.present != before
        assert pretend.tokens.check(before, pretend.now()) == 0
        clock.advance(dt.timedelta(seconds=400))
        assert pretend.tokens.check(before, pretend.now()) == 42001


async def test_a_failed_fetch_is_one_fetch_for_all_who_waited() -> None:
    async with pretending() as pretend, calling(pretend.url) as client:
        pretend.faults.set(Fault(call="token", status=503, delay_s=0.05))
        assert set(await many(200, client)) == {"temporary unavailable"}
        assert pretend.calls("token") <= 2
        pretend.faults.set()
        assert await many(200, client) == ["ok"] * 200
