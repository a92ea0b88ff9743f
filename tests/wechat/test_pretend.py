"""The pretend WeChat keeps to the real one's rules, goes wrong on order, and writes all down."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from apis import MONDAY, calling, short, template

from bot.wechat.outcomes import Ok
from bot.wechat.pretend.faults import Fault
from bot.wechat.pretend.journal import Journal
from bot.wechat.pretend.rules import Rules
from bot.wechat.pretend.tokens import TokenDesk
from bot.wechat.pretend.world import pretending
from jcbot.clock import Clock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from worlds import World

    from bot.wechat.client import WeChatClient
    from bot.wechat.pretend.world import Pretend

ROOT = Path(__file__).parents[2]
ASKED = {"grant_type": "client_credential", "appid": "wx", "secret": "s"}


@pytest.fixture
async def pretend() -> AsyncIterator[Pretend]:
    async with pretending(clock=Clock(MONDAY)) as made:
        yield made


@pytest.fixture
async def client(pretend: Pretend) -> AsyncIterator[WeChatClient]:
    async with calling(pretend.url) as made:
        yield made


async def say(client: WeChatClient, times: int, openid: str = "o-1") -> list[str]:
    return [short(await client.custom_text(openid, f"第{n}条")) for n in range(times)]


def later(pretend: Pretend, **delta: float) -> None:
    pretend.clock.advance(dt.timedelta(**delta))


async def test_a_message_opens_the_window_for_five_and_48_hours(
    pretend: Pretend, client: WeChatClient
) -> None:
    assert await say(client, 1) == ["limit window_closed"]
    pretend.wrote("o-1")
    assert await say(client, 6) == ["ok"] * 5 + ["limit window_used_up"]
    pretend.wrote("o-1")
    later(pretend, hours=47, minutes=59)
    assert await say(client, 1) == ["ok"]
    later(pretend, minutes=2)
    assert await say(client, 1) == ["limit window_closed"]
    texts = [each.text for each in pretend.journal.received("o-1")]
    assert texts == ["第0条", "第1条", "第2条", "第3条", "第4条", "第0条"]


async def test_an_event_opens_it_for_three_and_one_minute(
    pretend: Pretend, client: WeChatClient
) -> None:
    pretend.acted("o-1")
    assert await say(client, 4) == ["ok"] * 3 + ["limit window_used_up"]
    pretend.acted("o-1")
    later(pretend, seconds=61)
    assert await say(client, 1) == ["limit window_closed"]


async def test_the_same_id_arrives_once_within_ten_minutes(
    pretend: Pretend, client: WeChatClient
) -> None:
    first = await client.template("o-1", "tpl", {"thing1": "好"}, client_id="a")
    again = await client.template("o-1", "tpl", {"thing1": "好"}, client_id="a")
    assert isinstance(first, Ok)
    assert isinstance(again, Ok)
    assert first.data["msgid"] == again.data["msgid"]
    assert [await template(client, *whom) for whom in (("o-1", "b"), ("o-2", "a"))] == ["ok", "ok"]
    assert len(pretend.journal.received()) == 3
    later(pretend, minutes=11)
    assert await template(client, "o-1", "a") == "ok"
    assert len(pretend.journal.received("o-1")) == 3
    assert pretend.journal.summary()["twice"] == 0


async def test_sent_again_after_the_line_dropped_it_arrives_once_with_the_id_twice_without(
    pretend: Pretend, client: WeChatClient
) -> None:
    pretend.faults.set(Fault(call="template", drop="after", times=1))
    assert await template(client) == "ambiguous dropped"
    assert await template(client) == "ok"
    pretend.wrote("o-2")
    pretend.faults.set(Fault(call="custom", drop="middle", times=1))
    sent = [short(await client.custom_text("o-2", "好")) for _ in range(2)]
    assert sent == ["ambiguous dropped", "ok"]
    assert pretend.journal.summary() == {
        "messages": 3, "people": 2, "twice": 1, "channels": {"custom": 2, "template": 1}
    }  # fmt: skip


async def test_a_mass_message_is_taken_once_and_four_reach_a_person_a_month(
    pretend: Pretend, client: WeChatClient
) -> None:
    people = ["o-1", "o-2", "o-3"]
    pretend.people.put("o-3", "gone")
    sent = [
        await client.mass_by_list(people, f"通知{n}", client_id=str(n)) for n in (1, 1, 2, 3, 4, 5)
    ]
    assert [short(each) for each in sent] == ["ok", "ok again", "ok", "ok", "ok", "ok"]
    assert sent[0].data["msg_id"] == sent[1].data["msg_id"]  # type: ignore[union-attr]
    await pretend.settled()
    assert [each.text for each in pretend.journal.received("o-1")] == [
        "通知1",
        "通知2",
        "通知3",
        "通知4",
    ]
    assert pretend.journal.received("o-3") == []
    later(pretend, days=10)
    await client.mass_by_list(people, "下个月", client_id="6")
    await pretend.settled()
    assert pretend.journal.received("o-1")[-1].text == "下个月"


async def test_people_are_refused_as_what_they_are(pretend: Pretend, client: WeChatClient) -> None:
    for state in ("gone", "refusing", "unknown"):
        pretend.people.put(f"o-{state}", state)
    states = {each: await template(client, f"o-{each}") for each in ("gone", "refusing", "unknown")}
    assert states == {
        "gone": "permanent not_following",
        "refusing": "permanent refused_by_user",
        "unknown": "permanent bad_openid",
    }
    assert pretend.journal.received() == []


async def test_one_consent_is_one_notice_and_a_value_must_fit(
    pretend: Pretend, client: WeChatClient
) -> None:
    pretend.people.put("o-1").consents["tpl"] = 1
    sent = [
        short(await client.subscription("o-1", "tpl", {"thing1": text}))
        for text in ("长" * 21, "焊工班开班", "焊工班开班")
    ]
    assert sent == ["permanent bad_value", "ok", "permanent refused_by_user"]


async def test_quotas_and_rates_are_kept(pretend: Pretend, client: WeChatClient) -> None:
    pretend.rules = Rules(quotas={"template": 2}, per_minute={"custom": 1}, windows=False)
    assert [await template(client, "o", str(n)) for n in range(3)][-1] == "limit daily_quota"
    assert await say(client, 2) == ["ok", "temporary too_fast"]
    later(pretend, minutes=1)
    assert await say(client, 1) == ["ok"]


def test_a_token_is_stable_and_force_has_its_limits() -> None:
    rules, desk = Rules(), TokenDesk()
    first = desk.ask(rules, ASKED, 0)
    assert first["expires_in"] == 7200
    assert desk.ask(rules, ASKED, 6899)["access_token"] == first["access_token"]
    second = desk.ask(rules, ASKED, 6900)["access_token"]
    assert second != first["access_token"]
    assert [desk.check(first["access_token"], when) for when in (7199, 7200)] == [0, 42001]
    force = ASKED | {"force_refresh": True}
    third = desk.ask(rules, force, 7300)["access_token"]
    assert desk.ask(rules, force, 7329)["access_token"] == third != second
    assert [desk.check(second, when) for when in (7599, 7600)] == [0, 42001]
    answers = [desk.ask(rules, force, 7330 + 30 * n) for n in range(20)]
    assert [each.get("errcode", 0) for each in answers] == [0] * 19 + [45009]
    assert desk.check("another", 0) == 40001


async def test_finish_events_come_back_signed_and_sealed(world: World) -> None:
    async with pretending(door=world.door) as pretend, calling(pretend.url) as client:
        pretend.people.put("o-blocked", "blocked")
        await template(client, "o-1")
        await template(client, "o-blocked")
        await client.mass_by_list(["o-1", "o-2"], "通知", client_id="1")
        await pretend.settled()
        assert (pretend.finisher.posted, pretend.finisher.lost) == (3, 0)
        assert [each.channel for each in pretend.journal.received("o-blocked")] == []
    async with world.session.get(f"{world.server.url}/metrics") as answer:
        assert 'jcbot_messages_total{kind="event"} 3.0' in await answer.text()


async def test_faults_come_at_the_rate_ordered_and_the_same_each_time(
    pretend: Pretend, client: WeChatClient
) -> None:
    rounds = []
    for _ in range(2):
        pretend.faults.set(Fault(call="template", rate=0.2, code=-1), seed=7)
        rounds.append([await template(client, "o", str(n)) for n in range(200)])
    assert rounds[0] == rounds[1]
    assert 20 <= rounds[0].count("temporary busy") <= 60
    pretend.faults.set(
        Fault(call="custom", code=-1), Fault(call="template", skip=1, times=1, code=45011)
    )
    assert [await template(client, "o", f"x{n}") for n in range(3)] == [
        "ok",
        "temporary too_fast",
        "ok",
    ]


async def ask(url: str, method: str, path: str, data: Any = None) -> Any:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{url}/pretend/{path}", json=data) as answer,
    ):
        return await answer.json() if answer.status == 200 else answer.status


async def test_it_is_worked_from_outside(pretend: Pretend, client: WeChatClient) -> None:
    fault = {"call": "template", "drop": "after", "times": 1}
    assert (await ask(pretend.url, "POST", "faults", {"faults": [fault]}))[0]["hits"] == 0
    for wrong in ({"faults": [{"drop": "often"}]}, {"faults": [{"cal": "x"}]}, {}):
        assert await ask(pretend.url, "POST", "faults", wrong) == 400
    people = [
        {"openid": "o-1", "wrote": True, "consents": {"tpl": 1}},
        {"openid": "o-2", "state": "gone"},
    ]
    assert await ask(pretend.url, "POST", "people", people) == {"people": 2}
    assert await ask(pretend.url, "POST", "people", [{"openid": "o", "state": "asleep"}]) == 400
    assert await template(client, "o-1") == "ambiguous dropped"
    assert await say(client, 1) == ["ok"]
    rows = await ask(pretend.url, "GET", "journal?openid=o-1")
    assert [(row["channel"], row["client_id"]) for row in rows] == [
        ("template", "m1"),
        ("custom", ""),
    ]
    assert len(await ask(pretend.url, "GET", f"journal?after={rows[0]['number']}")) == 1
    assert (await ask(pretend.url, "GET", "journal/summary"))["messages"] == 2
    assert (await ask(pretend.url, "GET", "calls"))["template"] == {"after": 1}
    assert (await ask(pretend.url, "POST", "clock", {"advance_s": 86400}))["now"][
        :10
    ] == "2026-11-24"
    assert (await ask(pretend.url, "POST", "rules", {"window_s": 1}))["window_s"] == 1
    assert await ask(pretend.url, "POST", "rules", {"windows_s": 1}) == 400
    assert await ask(pretend.url, "POST", "token", {"do": "revoke"}) == {}
    assert pretend.tokens.ends == {}


async def test_as_a_process_its_journal_outlives_it(tmp_path: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.wechat.pretend", "--journal", str(tmp_path / "journal.db"),
        "--rules", '{"windows": false}',
        stdout=asyncio.subprocess.PIPE, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert child.stdout is not None
    url = (await child.stdout.readline()).decode().removeprefix("ready ").strip()
    async with calling(url) as client:
        assert await say(client, 3) == ["ok"] * 3
    child.kill()
    await child.wait()
    journal = Journal(tmp_path / "journal.db")
    assert [each.text for each in journal.received("o-1")] == ["第0条", "第1条", "第2条"]
    journal.close()
