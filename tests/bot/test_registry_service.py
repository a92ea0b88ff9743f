"""A city's own registry service, invented and in this process: what it says and what goes wrong."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from aiohttp import web
from sqlalchemy import func, select

from bot import registry_service
from bot.fresh import door_of, fresh_config, serving
from bot.registry_service import HttpRegistry
from bot.telephone import telephone
from handlers.turn import Reply, Turn
from jcbot.config import Config
from jcbot.people.live import AWAY, Found, LookUp
from jcbot.settings import Registry
from jcbot.storage.identity_tables import bindings, strikes
from jcbot.storage.people_tables import people, people_keys

sys.path.append(str(Path(__file__).parent.parent / "jcbot"))
from lists import COLUMNS, id_number

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

    from bot.server import Server
    from bot.telephone import Telephone
    from knowledge.library import Library

ZHANG, NOBODY, OTHER = (id_number(number) for number in (1, 2, 3))
PHONE = "13900001234"
CARD = {
    "name": "张三", "phone": PHONE, "county": "高平市", "labour_class": "农村劳动力",
    "groups": ["退役军人"], "insurance_months": 14, "户籍类型": "农村", "card_status": "已建档",
    "card_date": "2020-10-12", "village_elder": "unknown column",
}  # fmt: skip
TOKEN = "a-token-of-the-city"


@dataclass
class City:
    """The invented service: `mood` says how it answers next."""

    mood: str = "well"
    cards: dict[str, dict[str, Any]] = field(default_factory=lambda: {ZHANG: dict(CARD)})
    asked: list[str] = field(default_factory=list)
    url: str = ""
    never: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        assert request.path_qs == "/person"
        number = (await request.json())["id_number"]
        self.asked.append(number)
        mood = self.mood.partition(" ")
        if mood[0] == "slow":
            await self.never.wait()
        if mood[0] == "status":
            return web.Response(status=int(mood[2]), headers={"Location": "/elsewhere"})
        if mood[0] == "says":
            return web.Response(text=mood[2])
        card = self.cards.get(number)
        return web.json_response(card) if card else web.Response(status=404)


@pytest.fixture
async def city() -> AsyncIterator[City]:
    made, app = City(), web.Application()
    app.add_routes([web.post("/person", made.answer)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/person"
    yield made
    made.never.set()
    await runner.cleanup()


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_service, "REST_S", 0.0)


def settings(city: City, timeout_s: float = 2) -> Registry:
    return Registry.model_validate({"url": city.url, "token": TOKEN, "timeout_s": timeout_s})


async def find(city: City, number: str, timeout_s: float = 2) -> Found:
    registry = HttpRegistry(settings(city, timeout_s), COLUMNS)
    try:
        return await registry.find(number, asyncio.get_running_loop().time() + 4)
    finally:
        await registry.close()


async def test_a_person_reads_as_a_row_of_a_list(city: City) -> None:
    found = await find(city, ZHANG)
    assert found.values == {
        "name": "张三", "id_number": ZHANG, "phone": PHONE, "county": "高平市",
        "labour_class": "rural", "groups": {"veteran": True}, "insurance_months": 14,
        "household_type": "rural", "card_status": "done", "card_date": dt.date(2020, 10, 12),
        "birth": dt.date(1980, 1, 15), "sex": "female",
    }  # fmt: skip
    assert ZHANG not in repr(found) + repr(LookUp(ZHANG)) + str(LookUp(ZHANG))


async def test_404_is_nobody(city: City) -> None:
    assert await find(city, NOBODY) == Found(None)


@pytest.mark.parametrize(
    ("mood", "tries"),
    [
        ("slow", 2), ("status 500", 2), ("status 503", 2), ("status 401", 1), ("status 302", 1),
        ('says {"name": "张', 1), ("says []", 1), ("says {}", 1), ("says " + "[" * 60_000, 1),
        ("says " + "x" * 100_000, 2),
        ("says " + json.dumps(CARD | {"id_number": OTHER}), 1),
        ("says " + json.dumps(CARD | {"phone": "12"}), 1),
    ],
)  # fmt: skip
async def test_anything_else_is_away(city: City, mood: str, tries: int) -> None:
    city.mood = mood
    assert await find(city, ZHANG, 0.2 if mood == "slow" else 2) == AWAY
    assert len(city.asked) == tries


async def test_nobody_listens_and_a_column_that_does_not_read(city: City) -> None:
    city.cards[ZHANG]["county"] = "火星"
    found = await find(city, ZHANG)
    assert found.values is not None
    assert "county" not in found.values
    city.url = "http://127.0.0.1:1/person"
    assert await find(city, ZHANG) == AWAY


async def test_after_a_failure_nobody_else_waits(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_service, "REST_S", 1_000.0)
    registry, end = HttpRegistry(settings(city), COLUMNS), asyncio.get_running_loop().time() + 4
    city.mood = "status 500"
    assert await registry.find(ZHANG, end) == AWAY
    city.mood = "well"
    assert await registry.find(ZHANG, end) == AWAY
    assert len(city.asked) == 2
    await registry.close()


@dataclass
class Town:
    """A service of ours that asks the city, a telephone to it, and all it logged."""

    city: City
    server: Server
    phone: Telephone

    async def say(self, *lines: str) -> str:
        replies = [await self.phone.enter(line) for line in lines]
        return replies[-1]

    async def count(self, table: Any) -> int:
        query = select(func.count()).select_from(table)

        def work(conn: Connection) -> int:
            return conn.execute(query).scalar_one()

        return await self.server.service.desk.database.run(work)


@pytest.fixture
async def town(city: City, library: Library) -> AsyncIterator[Town]:
    base = Config.model_construct(registry=settings(city, 0.3))
    config = fresh_config(base)
    async with serving(config, library) as server, telephone(door_of(config, server.url)) as phone:
        yield Town(city, server, phone)


async def test_a_whole_talk(town: Town) -> None:
    assert town.city.asked == []
    assert "同意" in await town.say("我在册吗")
    await town.say(f"张三 {ZHANG} 1234")
    assert town.city.asked == []  # nobody is asked for before consent
    said = await town.say("同意")
    assert said.startswith("核对好了，张*，这个微信已经绑定到您。\n张*，您的劳动力卡：已建档")
    assert all(each in said for each in ("县区 高平市", "户籍 农村", "失业保险月数 14"))
    assert town.city.asked == [ZHANG]
    await town.say("我的卡", "我在册吗")
    assert town.city.asked == [ZHANG]  # as known within the day
    assert (await town.count(people), await town.count(people_keys)) == (1, 4)


async def test_a_day_later_the_city_is_asked_again(town: Town) -> None:
    await town.say("我在册吗", "同意", f"张三 {ZHANG} 1234")
    town.city.cards[ZHANG] |= {"county": "陵川县", "phone": "13900005678", "insurance_months": None}
    await town.say("/time +25h")
    said = await town.say("我的卡")
    assert "陵川县" in said
    assert "失业保险" not in said
    assert town.city.asked == [ZHANG] * 2
    town.city.mood = "status 500"
    await town.say("/time +25h")
    assert "陵川县" in await town.say("我的卡")  # as last known
    town.city.mood = "well"
    del town.city.cards[ZHANG]
    assert "没有找到您的登记" in await town.say("我的卡")


@pytest.mark.parametrize("claim", [f"李四 {ZHANG} 1234", f"张三 {ZHANG} 4321", f"张三 {NOBODY}"])
async def test_what_does_not_fit_is_one_refusal_counted_alike(town: Town, claim: str) -> None:
    said = await town.say("我在册吗", "同意", claim)
    assert said.startswith("没核对上，请检查姓名和身份证号")
    assert [await town.count(each) for each in (strikes, bindings, people)] == [3, 0, 0]
    for _ in range(5):
        await town.say(claim)
    asked = len(town.city.asked)
    assert await town.say(claim) == said
    assert len(town.city.asked) == asked == 5  # locked: the city is left in peace


@pytest.mark.parametrize("mood", ["slow", "status 500", 'says {"name": "张'])
async def test_away_is_said_calmly_and_counts_for_nothing(town: Town, mood: str) -> None:
    town.city.mood = mood
    said = await town.say("我在册吗", "同意", f"张三 {ZHANG} 1234")
    assert said.startswith("名册系统暂时连不上，现在没法核对，这次不算数。")
    assert [await town.count(each) for each in (strikes, bindings, people)] == [0, 0, 0]
    town.city.mood = "well"
    assert (await town.say(ZHANG)).startswith("核对好了，张*")


async def test_erased_means_gone_here(town: Town) -> None:
    await town.say("我在册吗", "同意", f"张三 {ZHANG} 1234", "删除我的资料", "是")
    assert [await town.count(each) for each in (bindings, people, people_keys)] == [0, 0, 0]


async def test_no_number_in_any_log(
    town: Town, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as lines:
        await town.say("我在册吗", "同意")
        for mood in ("slow", "status 500", "says {", "status 302", "well"):
            town.city.mood = mood
            await town.say(f"张三 {ZHANG} 1234")
    assert [line["why"] for line in lines if "why" in line][:3] == ["timeout"] * 2 + ["status 500"]
    text = caplog.text + repr(lines) + "".join(capfd.readouterr())
    text += b"".join(town.server.service.health.metrics.text()).decode()
    for secret in (ZHANG, ZHANG[6:], PHONE, "张三", TOKEN):
        assert secret not in text


async def test_one_message_asks_for_two_people_at_most(city: City, library: Library) -> None:
    def step(turn: Turn) -> Reply:
        answers = turn.office.answers
        assert answers is not None
        found = [answers.of(number) for number in (ZHANG, NOBODY, OTHER)]
        return Reply(" ".join("away" if each.away else "told" for each in found))

    config = fresh_config(Config.model_construct(registry=settings(city)))
    async with (
        serving(config, library, step) as server,
        telephone(door_of(config, server.url)) as phone,
    ):
        assert await phone.enter("你好") == "told told away"
    assert city.asked == [ZHANG, NOBODY]


async def test_out_of_time_the_city_is_not_asked_at_all(city: City) -> None:
    registry = HttpRegistry(settings(city), COLUMNS)
    assert await registry.find(ZHANG, asyncio.get_running_loop().time()) == AWAY
    assert city.asked == []


@pytest.mark.parametrize("url", ["http://registry.example.gov.cn/p", "ftp://a/b", "https://"])
def test_the_number_never_travels_in_clear(url: str) -> None:
    with pytest.raises(ValueError, match="https://"):
        Registry.model_validate({"url": url})
