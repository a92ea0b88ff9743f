"""Subscription notices: one consent is one message, through the sealed door and a courier."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import pytest
from couriers import ASKED_FOR, Scene, a_scene, drain
from services import a_service, deliver, rows
from sqlalchemy import select

from bot import courier as couriers_module
from bot.fresh import fill
from bot.telephone import telephone
from bot.wechat.pretend.faults import Fault
from bot.wechat.simulator import ACCOUNT, NoAnswerError, to_xml
from jcbot import consents
from jcbot.consents import Choice
from jcbot.ledger import DELIVERED, FAILED, LEASE_S, PROMISED, UNKNOWN, UNREACHABLE
from jcbot.outbox import Promise, promise
from jcbot.storage.database import Database, open_database
from jcbot.storage.notice_tables import notice_consents
from jcbot.storage.tables import conversations
from knowledge.reading import ROOT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

    from bot.app import Service
    from bot.wechat.simulator import Phone
    from knowledge.library import Library

KIND, TPL, LONG = "card_accepted", "tpl-once", "tpl-long"
SETTINGS: dict[str, Any] = {
    "templates": {},
    "subscriptions": {KIND: TPL, "seat_promoted": LONG},
    "subscriptions_long_term": [LONG],
}
CARD_VALUES = [
    "thing1：劳动力卡登记",
    "time2：2026年11月20日 00:00~2026年11月20日 23:59",
    "phrase3：已通过",
    "thing4：回复我的卡看",
]
POPUP = {"MsgType": "event", "Event": "subscribe_msg_popup_event"}
CHANGE = {"MsgType": "event", "Event": "subscribe_msg_change_event"}
ALONE = {"templates": {}, "subscriptions": {ASKED_FOR: TPL}}
CONVERSATIONS = ROOT.parent / "tests" / "conversations" / "training"


def popup(*answers: tuple[str, str]) -> dict[str, Any]:
    listed = [
        {"TemplateId": template, "SubscribeStatusString": answer, "PopupScene": "2"}
        for template, answer in answers
    ]
    return POPUP | {"SubscribeMsgPopupEvent": listed}


def change(template: str, answer: str = "reject") -> dict[str, Any]:
    listed = [{"TemplateId": template, "SubscribeStatusString": answer}]
    return CHANGE | {"SubscribeMsgChangeEvent": listed}


async def at(phone: Phone, created: int, fields: dict[str, Any]) -> str:
    """Push an event with this CreateTime."""
    head = {"ToUserName": ACCOUNT, "FromUserName": phone.openid, "CreateTime": str(created)}
    return await phone.send_xml(to_xml(head | fields))


async def left(database: Database) -> dict[tuple[str, str], float]:
    def work(conn: Connection) -> dict[tuple[str, str], float]:
        known = conn.execute(select(notice_consents.c.openid).distinct()).scalars().all()
        return {(openid, tpl): many for openid, tpl, many in consents.of(conn, list(known))}

    return await database.run(work)


async def accepted(service: Service, n: int, kind: str = KIND) -> None:
    """Promise word to o-1 that a card was accepted."""
    payload = {"asked": "register", "made": "2026-11-20"}
    message = Promise(f"{kind}:{n}", kind, "o-1", payload, service.clock.now())
    await service.desk.database.run(lambda conn: promise(conn, message))


async def test_consent_once_is_one_notice(library: Library) -> None:
    """The second finds no way; after a word of the worker's own, the third goes another way."""
    async with a_service(library, **SETTINGS) as (service, pretend, phone):
        pretend.popups.answer("o-1", {TPL: "accept", "tpl-other": "reject"})
        await pretend.settled()
        assert await left(service.desk.database) == {("o-1", TPL): 1}
        for n in (1, 2):
            await accepted(service, n)
        await deliver(service)
        await pretend.settled()
        [message] = pretend.journal.received()
        assert (message.channel, message.text) == (
            "subscription",
            "\n".join(CARD_VALUES),
        )
        ends = {row.key: row.state for row in await rows(service)}
        assert ends == {f"{KIND}:1": DELIVERED, f"{KIND}:2": UNREACHABLE}
        assert await phone.say("你好")
        pretend.wrote("o-1")
        await accepted(service, 3)
        await deliver(service)
        assert [each.channel for each in pretend.journal.received()] == ["subscription", "custom"]


async def test_turned_off_in_the_settings_means_none(library: Library) -> None:
    async with a_service(library, **SETTINGS) as (service, pretend, phone):
        for second in (100, 101, 102):
            await at(phone, second, popup((TPL, "accept"), (LONG, "accept")))
        assert await left(service.desk.database) == {("o-1", TPL): 3, ("o-1", LONG): math.inf}
        pretend.popups.turn_off("o-1", TPL, LONG)
        await pretend.settled()
        assert set((await left(service.desk.database)).values()) == {0}
        await accepted(service, 1)
        await accepted(service, 2, "seat_promoted")
        await deliver(service)
        assert {row.state for row in await rows(service)} == {UNREACHABLE}
        assert pretend.calls("subscription") == 0
        later = int(time.time()) + 60
        for template in (TPL, LONG):
            await at(phone, later, change(template, "accept"))
        counts = await left(service.desk.database)
        assert counts == {("o-1", TPL): 0, ("o-1", LONG): math.inf}, "turned on again"


async def test_a_consent_for_good_is_not_counted_down(library: Library) -> None:
    async with a_service(library, **SETTINGS) as (service, pretend, phone):
        await at(phone, 100, popup((LONG, "accept")))
        pretend.people.put("o-1").consents[LONG] = 9
        await fill(service, CONVERSATIONS)
        for n in range(3):
            payload, now = {"class": "DG-2026-12"}, service.clock.now()
            message = Promise(f"s:{n}", "seat_promoted", "o-1", payload, now)
            await service.desk.database.run(lambda conn, each=message: promise(conn, each))
        await deliver(service)
        assert [each.channel for each in pretend.journal.received()] == ["subscription"] * 3
        assert await left(service.desk.database) == {("o-1", LONG): math.inf}


async def test_events_out_of_order(library: Library) -> None:
    """A refusal counts from its own time on, whichever event arrives first."""
    async with a_service(library, **SETTINGS) as (service, _, phone):
        database = service.desk.database
        await at(phone, 200, change(TPL))
        await at(phone, 100, popup((TPL, "accept")))
        assert await left(database) == {("o-1", TPL): 0}
        await at(phone, 300, popup((TPL, "accept")))
        await at(phone, 250, change(TPL))
        assert await left(database) == {("o-1", TPL): 1}
        await at(phone, 300, change(TPL))  # the same second: the last to arrive
        assert await left(database) == {("o-1", TPL): 0}
        await at(phone, 300, popup((TPL, "accept"), ("tpl-b", "accept")))
        assert await left(database) == {("o-1", TPL): 1, ("o-1", "tpl-b"): 1}


async def test_an_event_counts_once_however_often_it_comes(library: Library) -> None:
    async with a_service(library, **SETTINGS) as (service, _, phone):
        for _ in range(3):
            assert await at(phone, 100, popup((TPL, "accept"))) == ""
            assert await at(phone, 100, popup(("tpl-b", "accept"))) == ""
            assert await at(phone, 101, popup(*[(TPL, "accept")] * 5)) == ""
        assert await left(service.desk.database) == {("o-1", TPL): 2, ("o-1", "tpl-b"): 1}
        talks = await service.desk.database.run(
            lambda conn: conn.execute(select(conversations)).all()
        )
        assert talks == [], "a tap on a popup opens no window of 48 hours"


async def raw(phone: Phone, inside: str) -> str:
    """Push a popup's event with this in it."""
    head = {"ToUserName": ACCOUNT, "FromUserName": "o-1", "CreateTime": "5"}
    return await phone.send_xml(to_xml(head | POPUP).replace("</xml>", inside + "</xml>"))


LISTED = "<List><TemplateId>{}</TemplateId><SubscribeStatusString>{}</SubscribeStatusString></List>"
SHAPES = {
    "": {},
    "<SubscribeMsgPopupEvent></SubscribeMsgPopupEvent>": {},
    "<SubscribeMsgPopupEvent>x<List/><List>y</List></SubscribeMsgPopupEvent>": {},
    f"<List>{LISTED.format(TPL, 'accept')}</List>": {TPL: 1},
    f"<A><B>{LISTED.format(TPL, 'accept')}</B></A>": {},
    f"<A>{LISTED.format('', 'accept')}{LISTED.format(TPL, '')}</A>": {},
    f"<A>{LISTED.format('t' * 129, 'accept')}{LISTED.format('%s;--', 'accept')}</A>": {},
    f"<A>{LISTED.format(TPL, 'ACCEPT ')}{LISTED.format('b', 'maybe')}</A>": {TPL: 1},
    "<A>" + "".join(LISTED.format(f"t{n}", "accept") for n in range(60)) + "</A>": 20,
    f"<A><List><TemplateId><X>{TPL}</X></TemplateId></List></A>": {},
}


@pytest.mark.parametrize("shape", SHAPES, ids=range(len(SHAPES)))
async def test_whatever_the_list_looks_like(library: Library, shape: str) -> None:
    async with a_service(library, **SETTINGS) as (service, _, phone):
        assert await raw(phone, shape) == ""
        found = await left(service.desk.database)
        expected = SHAPES[shape]
        if isinstance(expected, int):
            assert len(found) == expected
        else:
            assert found == {("o-1", template): many for template, many in expected.items()}


async def test_a_thousand_entries_are_refused_and_harm_nobody(library: Library) -> None:
    async with a_service(library, **SETTINGS) as (service, _, phone):
        short = "<List><TemplateId>t</TemplateId></List>" * 1_000
        for inside, status in ((f"<A>{short}</A>", "400"), (LISTED * 1_000, "413")):
            with pytest.raises(NoAnswerError, match=status):
                await raw(phone, inside)
        assert await left(service.desk.database) == {}
        assert await phone.say("你好")


async def test_what_became_of_a_notice_moves_forward_only(library: Library) -> None:
    async with a_service(library, **SETTINGS) as (service, pretend, phone):
        door, pretend.finisher.door = pretend.finisher.door, None
        pretend.people.put("o-1").consents[TPL] = 1
        await at(phone, 100, popup((TPL, "accept")))
        await accepted(service, 1)
        await deliver(service)
        assert [row.state for row in await rows(service)] == ["sent"]
        pretend.finisher.door = door

        async def told(created: int, code: str, template: str = TPL, ref: str = "77") -> str:
            listed = [{"TemplateId": template, "MsgID": ref, "ErrorCode": code}]
            fields = {"MsgType": "event", "Event": "subscribe_msg_sent_event"}
            await at(phone, created, fields | {"SubscribeMsgSentEvent": listed})
            return (await rows(service))[0].state

        assert await told(100, "0", LONG) == "sent", "of another kind"
        assert await told(100, "0", "tpl-nobodys") == "sent"
        assert await told(100, "0", ref="") == "sent"
        assert await told(100, "43107") == FAILED
        assert await told(101, "0") == FAILED
        assert (await rows(service))[0].reason == "failed: 43107"


async def test_unfollowed_or_erased_the_consents_are_gone(library: Library) -> None:
    async with a_service(library, **SETTINGS) as (service, _, phone), telephone(phone.door) as talk:
        await fill(service, CONVERSATIONS)
        phone.openid = "o-a"
        for enter in (["/unfollow"], ["删除我的资料", "是"]):
            await at(phone, 100 + len(enter), popup((TPL, "accept"), (LONG, "accept")))
            assert len(await left(service.desk.database)) == 2
            for line in ["/as a", *enter]:
                await talk.enter(line)
            assert await left(service.desk.database) == {}


# --- the courier ------------------------------------------------------------------------------


@pytest.fixture
async def scene(shared_url: str) -> AsyncIterator[Scene]:
    """Somebody, o-1, who agreed to two notices, here and at WeChat."""
    database = open_database(shared_url)
    await database.migrate()
    async with a_scene(database) as made:
        await agree(made, 2)
        made.pretend.people.put("o-1").consents[TPL] = 2
        yield made
    await database.close()


async def agree(scene: Scene, times: int) -> None:
    def work(conn: Connection) -> None:
        for n in range(times):
            consents.give(conn, Choice("o-1", TPL, n + 1), scene.clock.now(), long_term=False)

    await scene.database.run(work)


def courier(scene: Scene, database: Database | None = None) -> Any:
    return scene.courier(database, **ALONE)


async def test_what_was_certainly_not_sent_gives_its_consent_back(scene: Scene) -> None:
    await scene.promise(["o-1"])
    scene.pretend.faults.set(Fault(call="subscription", code=45009))
    await drain(courier(scene))
    assert await scene.states() == {PROMISED: 1}
    assert await left(scene.database) == {("o-1", TPL): 2}
    scene.pretend.faults.set(Fault(call="subscription", code=47003))
    scene.pass_s(86_400)
    await drain(courier(scene))
    assert await scene.states() == {FAILED: 1}
    assert await left(scene.database) == {("o-1", TPL): 2}


async def test_an_ambiguous_call_is_unknown_and_its_consent_is_used(scene: Scene) -> None:
    await scene.promise(["o-1"])
    scene.pretend.faults.set(Fault(call="subscription", drop="after", times=1))
    await drain(courier(scene))
    scene.pass_s(LEASE_S + 1)
    await drain(courier(scene))
    assert await scene.states() == {UNKNOWN: 1}
    assert set(scene.received().values()) == {1}
    assert await left(scene.database) == {("o-1", TPL): 1}


async def test_refused_for_want_of_consent_the_count_is_emptied(scene: Scene) -> None:
    """And a consent given after that is used again: a refusal is of no channel for ever."""
    scene.pretend.people.put("o-1").consents[TPL] = 0
    await scene.promise(["o-1"], n=1)
    await drain(courier(scene))
    assert await left(scene.database) == {("o-1", TPL): 0}
    await scene.promise(["o-1"], n=2)
    await drain(courier(scene))
    assert await scene.states() == {FAILED: 1, UNREACHABLE: 1}
    assert scene.pretend.calls("subscription") == 1
    await agree(scene, 1)
    scene.pretend.people.put("o-1").consents[TPL] = 1
    await scene.promise(["o-1"], n=3)
    await drain(courier(scene))
    assert await scene.states() == {FAILED: 1, UNREACHABLE: 1, "sent": 1}


async def test_settling_twice_gives_nothing_back_twice(scene: Scene) -> None:
    await scene.promise(["o-1"])
    scene.pretend.faults.set(Fault(call="subscription", code=-1))
    one = courier(scene)
    _, plans = await scene.database.run(one._take)
    assert await left(scene.database) == {("o-1", TPL): 1}
    called = await one._caller.deliver(plans)
    for _ in range(2):
        await scene.database.run(lambda conn: one._settle(conn, called))
    assert await left(scene.database) == {("o-1", TPL): 2}


async def test_a_killed_couriers_consent_stays_used(scene: Scene) -> None:
    await scene.promise(["o-1"])
    await scene.database.run(courier(scene)._take)
    scene.pass_s(LEASE_S + 1)
    await drain(courier(scene))
    assert await scene.states() == {UNKNOWN: 1}
    assert await left(scene.database) == {("o-1", TPL): 1}


@pytest.mark.parametrize("guarded", [True, False])
async def test_two_couriers_do_not_use_one_consent_twice(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, *, guarded: bool
) -> None:
    """The second read the consent before the first used it."""
    await scene.database.run(lambda conn: consents.use(conn, "o-1", TPL))
    scene.pretend.people.put("o-1").consents[TPL] = 1
    read = couriers_module.standings

    def stale(conn: Connection, items: Any, sending: Any) -> Any:
        found = read(conn, items, sending)
        for person in found.values():
            person.consents = {TPL: 1}
        return found

    monkeypatch.setattr(couriers_module, "standings", stale)
    if not guarded:
        monkeypatch.setattr(couriers_module, "spend", lambda *_: True)
    for n in (1, 2):
        await scene.promise(["o-1"], n=n)
        await courier(scene).round()
    assert scene.pretend.calls("subscription") == (1 if guarded else 2)
    if guarded:
        monkeypatch.undo()
        await drain(courier(scene))
        assert await scene.states() == {"sent": 1, UNREACHABLE: 1}
