"""Rows P14–P18, P22, P23, T7, K2: what arrives twice, late, out of order or without sense."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from worlds import OPENID, World, a_world, changed, event_xml, text_xml

from bot import pipeline
from bot.fresh import fresh_config
from bot.wechat import simulator
from jcbot import followers
from jcbot.inbox import StoredReply

if TYPE_CHECKING:
    from pathlib import Path

    from handlers.turn import Turn


async def replies(world: World, *xmls: str) -> list[str]:
    """Push all of them at once, each under its own signature."""
    posts = (world.post(simulator.push(world.door, xml)) for xml in xmls)
    return [world.reply(body) for _, body in await asyncio.gather(*posts)]


async def test_p14_three_tries_in_parallel_are_one_message(world: World) -> None:
    world.step.seconds = 0.1
    for number in range(10):
        xml = text_xml(f"第{number}", str(number + 1))
        assert set(await replies(world, xml, xml, xml)) == {f"收到：第{number}"}
    assert len(world.step.seen) == 10


async def test_p14_three_tries_one_after_another_are_one_message(world: World) -> None:
    xml = text_xml("慢慢来")
    assert {(await replies(world, xml))[0] for _ in range(3)} == {"收到：慢慢来"}
    assert len(world.step.seen) == 1


async def test_p14_without_once_each_try_is_a_message_of_its_own(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        pipeline, "once", lambda _conn, _key, work, _now: StoredReply(work(), fresh=True)
    )
    for _ in range(3):
        await replies(world, text_xml())
    assert len(world.step.seen) == 3


async def test_p14_three_tries_on_two_servers_are_one_message(tmp_path: Path) -> None:
    shared = changed(
        fresh_config(), "database", url=SecretStr(f"sqlite:///{tmp_path / 'shared.db'}")
    )
    async with a_world(shared) as one, a_world(shared) as two:
        one.step.answer = lambda turn: f"一：{turn.text}"
        two.step.answer = lambda turn: f"二：{turn.text}"
        for number in range(10):
            xml = text_xml(f"第{number}", str(number + 1))
            answers = await asyncio.gather(replies(one, xml, xml), replies(two, xml))
            assert len({reply for some in answers for reply in some}) == 1
        assert len(one.step.seen) + len(two.step.seen) == 10


async def test_p15_events_are_told_apart_by_key_and_second(world: World) -> None:
    world.step.answer = lambda turn: f"{turn.message.event}:{turn.message.event_key}"
    now = int(time.time())
    check, card = (event_xml("CLICK", key, now) for key in ("CHECK", "CARD"))
    answers = await replies(world, check, check, check, card)
    assert answers == ["click:CHECK"] * 3 + ["click:CARD"]
    assert len(world.step.seen) == 2
    await replies(world, event_xml("CLICK", "CHECK", now + 1))
    assert len(world.step.seen) == 3


QUICK = changed(fresh_config(), "limits", reply_deadline_s=0.45)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("seconds", [0.0, 0.3, 0.7, 1.2])
async def test_p16_a_slow_answer_reaches_a_later_try(seconds: float) -> None:
    async with a_world(QUICK) as world:
        world.step.seconds = seconds
        assert await world.phone.say("慢") == "收到：慢"
        assert len(world.step.seen) == 1


async def test_p16_seven_real_seconds() -> None:
    async with a_world() as world:
        world.step.seconds = 7
        start = time.perf_counter()
        assert await world.phone.say("慢") == "收到：慢"
        assert time.perf_counter() - start < 15
        assert len(world.step.seen) == 1


UNKNOWN = {
    "kind": text_xml(MsgType="hologram"),
    "no kind": text_xml(MsgType=None),
    "event": event_xml("SPACE_LANDING"),
    "no event": text_xml(MsgType="event", Content=None),
    "extra": text_xml(Mood="happy", bizmsgmenuid="101"),
    "no content": text_xml(Content=None),
    "empty content": text_xml(""),
    "nested": text_xml().replace("</xml>", "<List><item><Id>1</Id></item></List></xml>"),
}


@pytest.mark.parametrize("unknown", UNKNOWN)
async def test_p17_the_unknown_is_acknowledged(world: World, unknown: str) -> None:
    status, body = await world.post(simulator.push(world.door, UNKNOWN[unknown]))
    assert status == 200
    assert world.reply(body).startswith("收到")


async def test_p17_a_message_from_nobody_is_refused(world: World) -> None:
    for broken in (text_xml(FromUserName=None), text_xml(FromUserName=""), "<xml></xml>", "hi", ""):
        status, _ = await world.post(simulator.push(world.door, broken))
        assert 400 <= status < 500


async def test_p18_odd_message_ids_do_not_hide_other_messages(world: World) -> None:
    ids = ["abc", str(2**80), "-1", "0", "", "1e3", "１２", "9" * 500, "1\n2", "' OR 1=1"]
    for number in ids:
        for text in ("甲", "乙"):
            same = text_xml(text, number)
            assert await replies(world, same) == [f"收到：{text}"]
            assert await replies(world, same) == [f"收到：{text}"]
    assert len(world.step.seen) == 2 * len(ids)
    other = [text_xml("丙", "77"), text_xml("丙", "77", FromUserName="o-other")]
    await replies(world, *other)
    assert len(world.step.seen) == 2 * len(ids) + 2


NOWHERE = [("nan", "1"), ("inf", "1"), ("91", "1"), ("x", ""), ("1" * 400, "1")]
PLACE = {"MsgType": "location", "Location_X": "35.8", "Location_Y": "112.9"}
KINDS = {
    "voice heard": ({"MsgType": "voice", "Recognition": "培训"}, ("voice", "培训")),
    "voice unheard": ({"MsgType": "voice", "Recognition": ""}, ("voice", "")),
    "voice without": ({"MsgType": "voice"}, ("voice", "")),
    "image": ({"MsgType": "image", "PicUrl": "x"}, ("image", "")),
    "video": ({"MsgType": "video"}, ("video", "")),
    "shortvideo": ({"MsgType": "shortvideo"}, ("shortvideo", "")),
    "link": ({"MsgType": "link", "Title": "标题"}, ("link", "标题")),
    "location": (
        {"MsgType": "location", "Location_X": "35.8", "Location_Y": "112.9"},
        ("location", ""),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_p22_all_kinds_arrive(world: World, kind: str) -> None:
    fields, expected = KINDS[kind]
    await world.phone.send(fields)
    message = world.step.seen[0].message
    assert (message.kind, message.text) == expected
    assert (message.latitude is not None) == (kind == "location")


@pytest.mark.parametrize("place", NOWHERE)
async def test_p22_a_place_that_is_none(world: World, place: tuple[str, str]) -> None:
    await world.phone.send({"MsgType": "location", "Location_X": place[0], "Location_Y": place[1]})
    message = world.step.seen[0].message
    assert (message.kind, message.latitude, message.longitude) == ("location", None, None)


async def follows(world: World) -> bool | None:
    return await world.server.service.desk.database.run(partial(followers.follows, openid=OPENID))


async def test_p23_the_last_follow_event_wins_whatever_comes_last(world: World) -> None:
    now = int(time.time())
    order = [("subscribe", now), ("unsubscribe", now), ("subscribe", now)]
    for event, when in order:
        await replies(world, event_xml(event, created=when))
    assert await follows(world) is True
    assert [turn.message.event for turn in world.step.seen] == [event for event, _ in order]
    await replies(world, event_xml("unsubscribe", created=now + 3))
    await replies(world, event_xml("subscribe", created=now + 2))
    assert await follows(world) is False
    assert len(world.step.seen) == 4


async def test_p23_a_repeated_follow_is_one_follow(world: World) -> None:
    xml = event_xml("subscribe", "qrscene_county_gaoping", int(time.time()))
    await replies(world, xml, xml, xml)
    assert [turn.message.event_key for turn in world.step.seen] == ["county_gaoping"]


@pytest.mark.parametrize("created", ["0", str(2**31), str(2**63), "-5", "", "x", "9" * 400])
async def test_t7_a_senseless_create_time_harms_nothing(world: World, created: str) -> None:
    moments: list[float] = []

    def answer(turn: Turn) -> str:
        moments.append(abs(turn.now.timestamp() - world.server.service.clock.now().timestamp()))
        return "好"

    world.step.answer = answer
    assert await replies(world, text_xml(CreateTime=created)) == ["好"]
    assert await replies(world, event_xml("subscribe").replace("CreateTime", "X")) == ["好"]
    assert await replies(world, event_xml("subscribe", CreateTime=created)) in (["好"], [""])
    assert max(moments) < 5
    await replies(world, event_xml("unsubscribe", created=int(time.time()) + 86_500))
    assert await follows(world) is False


async def test_k2_a_retry_after_a_restart_gets_the_same_reply(tmp_path: Path) -> None:
    kept = changed(fresh_config(), "database", url=SecretStr(f"sqlite:///{tmp_path / 'kept.db'}"))
    xml = text_xml("存好了")
    async with a_world(kept) as world:
        assert await replies(world, xml) == ["收到：存好了"]
    async with a_world(kept) as world:
        assert await replies(world, xml) == ["收到：存好了"]
        assert world.step.seen == []


async def test_an_error_inside_becomes_a_calm_sentence(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_turn: Turn) -> str:
        raise RuntimeError("secret 990101199001011234")

    world.step.answer = fail
    assert await world.phone.say("坏了") == "请稍后再试（arrivals.trouble）"
    world.step.answer = lambda _turn: "好了"
    assert await world.phone.say("又好了") == "好了"
    written = capsys.readouterr()
    assert "Traceback" not in written.err + written.out
    assert "secret" not in written.err + written.out
