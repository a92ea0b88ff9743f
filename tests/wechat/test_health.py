"""/healthz, /readyz, /metrics, and the demo's control address."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from worlds import OPENID, World, a_world, changed, text_xml, with_query

from bot.fresh import fresh_config
from bot.telephone import Telephone
from bot.wechat import simulator
from bot.wechat.simulator import NoAnswerError
from jcbot.settings import Demo

if TYPE_CHECKING:
    from pathlib import Path


async def get(world: World, path: str) -> tuple[int, str]:
    async with world.session.get(world.server.url + path) as answer:
        return answer.status, await answer.text()


async def test_a_running_service_is_alive_and_ready(world: World) -> None:
    for path in ("/healthz", "/readyz"):
        status, text = await get(world, path)
        assert (status, '"database": "ok"' in text) == (200, True)


async def test_a_service_without_its_database_is_alive_but_not_ready(world: World) -> None:
    await world.server.service.desk.database.close()
    assert (await get(world, "/readyz"))[0] == 503
    status, text = await get(world, "/healthz")
    assert (status, '"database": "down"' in text) == (200, True)


async def test_a_stopping_service_is_not_ready(world: World) -> None:
    world.server.service.health.stopping = True
    assert (await get(world, "/readyz"))[0] == 503


async def test_the_figures_count_and_name_nobody(world: World) -> None:
    await world.phone.say("你好990101199001011234")
    await world.post(with_query(simulator.push(world.door, text_xml()), signature="0" * 40))
    _, text = await get(world, "/metrics")
    assert 'jcbot_messages_total{kind="text"} 1.0' in text
    assert 'jcbot_refusals_total{reason="signature"} 1.0' in text
    assert "jcbot_answer_seconds_count 1.0" in text
    assert "jcbot_open_messages 0.0" in text
    assert OPENID not in text
    assert "990101" not in text


@pytest.mark.parametrize("delta", ["+1d", "3h", "-2w", "+90m"])
async def test_the_demo_moves_the_business_clock_only(world: World, delta: str) -> None:
    clock = world.server.service.clock
    before = clock.now()
    await Telephone(world.session, world.door).enter(f"/time {delta}")
    assert abs((clock.now() - before).total_seconds()) > 3_000
    assert await world.phone.say("还收吗") == "收到：还收吗"


@pytest.mark.parametrize("delta", ["1", "+1y", "soon", ""])
async def test_a_senseless_move_is_refused(world: World, delta: str) -> None:
    when = str(int(time.time()))
    query = {"timestamp": when, "nonce": "n", "echostr": delta}
    query["signature"] = simulator.signature(world.door.token, when, "n")
    address = world.server.url + "/demo/time"
    async with world.session.post(address, params=query) as answer:
        assert answer.status == 400
    async with world.session.post(address, params=query | {"signature": "0"}) as answer:
        assert answer.status == 403


async def test_outside_the_demo_there_is_no_clock_to_move() -> None:
    real = fresh_config().model_copy(update={"demo": Demo(enabled=False)})
    async with a_world(real) as world:
        with pytest.raises(NoAnswerError):
            await Telephone(world.session, world.door).enter("/time +1d")


async def test_the_key_file_is_made_once_and_private(tmp_path: Path) -> None:
    kept = changed(fresh_config(), "database", url=SecretStr(f"sqlite:///{tmp_path / 'k.db'}"))
    async with a_world(kept) as world:
        first = world.server.service.keyring
    assert first.made is not None
    assert first.made.stat().st_mode & 0o777 == 0o600
    async with a_world(kept) as world:
        again = world.server.service.keyring
    assert (again.made, again.keys, again.index_key) == (None, first.keys, first.index_key)
