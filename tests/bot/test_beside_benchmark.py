"""Replies beside the sending are still measured, small, on both engines, and silence is seen."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from running import measure

from benchmarks.asking import Asker
from bot.fresh import invent_account
from bot.wechat.simulator import Door

# What hung comes back when its lease is over, half a minute later.
pytestmark = pytest.mark.timeout(200)


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return "sqlite"
    return str(request.getfixturevalue("database_url"))


def test_the_api_hangs_fails_and_comes_back(database_url: str) -> None:
    """On one engine: what hangs takes its time here, and the other is run with everybody below."""
    code, told = measure("beside", "api", "--server", database_url, "--seconds", "2", "--rate", "5")
    assert code == 0, told
    for words in (
        "nothing to send: ", "every call hangs: ", "503, then away: ",
        "250 promised, 250 received: lost 0, twice 0, unknown 0", "verdict fine",
    ):  # fmt: skip
        assert words in told
    assert "NOT ANSWERED" not in told


def test_everybody_is_announced_to_and_it_is_stopped(server: str) -> None:
    words = ("--people", "900", "--seconds", "1", "--rate", "5")
    code, told = measure("beside", "crowd", "--server", server, *words)
    assert code == 0, told
    for said in (
        "900 counted in", "while it is put out: ", "while it is stopped: ",
        "'announcements.approve': 1", ": exact", "900 promised", "lost 0, twice 0", "verdict fine",
    ):  # fmt: skip
        assert said in told
    assert "NOT ANSWERED" not in told


async def test_a_worker_who_gets_nothing_is_counted() -> None:
    async def nothing(_request: web.Request) -> web.Response:
        return web.Response(text="success")

    app = web.Application()
    app.router.add_post("/wechat", nothing)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    account = invent_account()
    door = Door(
        f"http://127.0.0.1:{runner.addresses[0][1]}/wechat", account.app_id,
        account.token.get_secret_value(), account.aes_key.get_secret_value(),
    )  # fmt: skip
    replies, _ = await Asker(door, 50).during("silence", asyncio.sleep(0.2))
    await runner.cleanup()
    assert replies.failed == {"nothing": len(replies.seconds)}
    assert "NOT ANSWERED" in replies.told()
