"""Finish events through the sealed door: forward only; and from the full class to the phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from couriers import MONDAY
from services import a_service, deliver, rows
from sqlalchemy import select

from bot.fresh import fill
from bot.telephone import telephone
from bot.transcripts import read
from bot.wechat.simulator import ACCOUNT, push, to_xml
from jcbot.announcing.counting import Counts
from jcbot.announcing.letters import Letter
from jcbot.announcing.rows import How
from jcbot.announcing.service import begin, draft
from jcbot.announcing.showing import status
from jcbot.finish_events import Finish, finish
from jcbot.ledger import DELIVERED, FAILED, SENDING, SENT, UNKNOWN
from jcbot.outbox import Promise, promise
from jcbot.staff.model import By
from jcbot.storage.training_tables import outbox
from knowledge.reading import ROOT

if TYPE_CHECKING:
    import datetime as dt
    from typing import Any

    from sqlalchemy import Connection

    from jcbot.storage.database import Database
    from knowledge.library import Library

CONVERSATIONS = ROOT.parent / "tests" / "conversations" / "training"


def a_row(conn: Connection, n: int = 1, openid: str = "o-1", **values: Any) -> None:
    """A message that a courier has called for."""
    promise(conn, Promise(f"k:{n}", "class_reminder", openid, {}, MONDAY))
    conn.execute(
        outbox.update().where(outbox.c.key == f"k:{n}").values(channel="template", **values)
    )


def states(conn: Connection) -> list[tuple[str, str | None]]:
    return [(row.state, row.ref) for row in conn.execute(select(outbox).order_by(outbox.c.id))]


def told(conn: Connection, ref: str = "77", *, ok: bool = True, openid: str = "o-1") -> bool:
    return finish(conn, Finish(openid, ref, ok, "success" if ok else "failed:user block"), MONDAY)


@pytest.mark.parametrize("ok", [True, False])
async def test_a_finish_event_settles_what_was_sent(database: Database, *, ok: bool) -> None:
    def work(conn: Connection) -> list[tuple[str, str | None]]:
        a_row(conn, state=SENT, ref="77")
        assert told(conn, ok=ok)
        assert not told(conn, ok=not ok)  # repeated, and saying the contrary
        assert not told(conn, "78")
        assert not told(conn, openid="o-2")
        return states(conn)

    assert await database.run(work) == [(DELIVERED if ok else FAILED, "77")]


@pytest.mark.parametrize("state", [SENDING, UNKNOWN])
async def test_an_event_that_overtakes_the_answer_is_not_lost(
    database: Database, state: str
) -> None:
    """Nobody has seen the id yet: it is the only one to this person that has none."""

    def work(conn: Connection) -> list[tuple[str, str | None]]:
        a_row(conn, 1, state=DELIVERED, ref="76")
        a_row(conn, 2, state=state, holder="h", called=1)
        a_row(conn, 3, "o-2", state=state, called=1)
        assert told(conn)
        return states(conn)

    assert await database.run(work) == [(DELIVERED, "76"), (DELIVERED, "77"), (state, None)]


async def test_between_two_without_an_id_none_is_guessed(database: Database) -> None:
    def work(conn: Connection) -> list[tuple[str, str | None]]:
        a_row(conn, 1, state=UNKNOWN, called=1)
        a_row(conn, 2, state=SENDING, called=1)
        assert not told(conn)
        assert not told(conn, "")
        return states(conn)

    assert await database.run(work) == [(UNKNOWN, None), (SENDING, None)]


EVENT = {"MsgType": "event", "Event": "TEMPLATESENDJOBFINISH"}


async def test_events_through_the_door_move_forward_only(library: Library) -> None:
    async with a_service(library) as (service, pretend, phone):
        pretend.people.put("o-2", "blocked")
        now = service.clock.now()
        for openid in ("o-1", "o-2"):
            message = Promise(openid, "identity_tried", openid, {}, now)
            await service.desk.database.run(lambda conn, each=message: promise(conn, each))
        await deliver(service)
        await pretend.settled()
        settled = await rows(service)
        assert [row.state for row in settled] == [DELIVERED, FAILED]
        assert settled[1].reason == "failed:user block"
        for status in ("success", "failed: system failed"):  # repeated; late and contrary
            for row in settled:
                phone.openid = row.openid
                assert await phone.send(EVENT | {"MsgID": row.ref, "Status": status}) == ""
        assert await rows(service) == settled


async def test_a_mass_send_from_the_outbox_to_the_phones_and_its_event_back(
    library: Library,
) -> None:
    """The event tells how it went, through the sealed door; one that contradicts it is nothing."""
    async with a_service(library) as (service, pretend, phone):
        people = [f"o-{n}" for n in range(4)]
        pretend.people.put("o-3", "gone")
        await service.desk.database.run(lambda conn: a_mass(conn, people, service.clock.now()))
        await deliver(service)
        await pretend.settled()
        texts = {each.openid: each.text for each in pretend.journal.received(channel="mass")}
        assert set(texts) == {"o-0", "o-1", "o-2"}
        assert texts["o-0"].startswith("高平电工班开始报名\n")
        found = await service.desk.database.run(lambda conn: status(conn, 1, 0))
        assert found.states == {SENT: 4}
        [send] = found.mass
        assert (send.state, send.total, send.reached) == ("finished", 4, 3)
        event = {"MsgType": "event", "Event": "MASSSENDJOBFINISH", "MsgID": send.ref}
        assert await phone.send(event | {"Status": "send fail", "TotalCount": "4"}) == ""
        assert (await service.desk.database.run(lambda conn: status(conn, 1, 0))).mass == (send,)


def a_mass(conn: Connection, people: list[str], now: dt.datetime) -> None:
    """An announcement on its way to these people by mass send."""
    letter = Letter("高平电工班开始报名", "12月1日开班。", "classes", "", "")
    by = By("cli:root", now)
    row = draft(conn, by, letter, "followers", Counts(), how=How("mass"))
    begin(conn, by, row.number, 4, 500)
    due = int(now.timestamp())
    for openid in people:
        values = {"key": f"m:{openid}", "kind": "announcement", "openid": openid, "payload": "{}",
                  "due": due, "state": "listed", "announcement": row.number}  # fmt: skip
        conn.execute(outbox.insert().values(values))


async def test_a_forged_event_changes_nothing(library: Library) -> None:
    async with a_service(library) as (service, pretend, phone):
        door, pretend.finisher.door = phone.door, None
        message = Promise("m", "identity_tried", "o-1", {}, service.clock.now())
        await service.desk.database.run(lambda conn: promise(conn, message))
        await deliver(service)
        before = await rows(service)
        assert before[0].state == SENT
        head = {"ToUserName": ACCOUNT, "FromUserName": "o-1", "CreateTime": "1"}
        parcel = push(door, to_xml(head | EVENT | {"MsgID": before[0].ref, "Status": "success"}))
        forged = parcel.query | {"msg_signature": "0" * 40}
        async with phone._session.post(
            door.url, params=forged, data=parcel.body.encode()
        ) as answer:
            assert 400 <= answer.status < 500
        assert await rows(service) == before


def show(*lines: str) -> None:
    print("\n".join(lines))  # noqa: T201 - with -s the test reads as a conversation


async def test_from_the_full_class_to_the_message_in_the_promoted_workers_phone(
    library: Library,
) -> None:
    """The whole conversation up to the worker who gives the seat back, then what arrives."""
    play = read((CONVERSATIONS / "whole_way.txt").read_text(encoding="utf-8"))
    lines = [each.line for each in play.exchanges]
    last = lines.index("/as ouyang", lines.index("有事去不了了"))
    async with a_service(library) as (service, pretend, phone), telephone(phone.door) as told_to:
        await fill(service, CONVERSATIONS)
        for line in lines[:last]:
            reply = await told_to.enter(line)
            show(f"> {line}", *(f"< {each}" for each in reply.splitlines()))
        assert "名额已经让出来了" in reply
        await told_to.enter("/as ouyang")
        promoted = told_to._phone.openid
        assert pretend.journal.received() == []
        await deliver(service)
        await pretend.settled()
        [message] = pretend.journal.received()
        show("/as ouyang", *(f"( {each}" for each in message.text.splitlines()))
        assert message.openid == promoted
        assert message.text == (
            "thing1：电工班（初级）\ncharacter_string2：DG-2026-12\ntime3：2026年12月1日 08:30\n"
            "thing4：高平市职教中心2号楼\nthing5：您补上了，去不了请回复取消报名"
        )
        ends = {row.kind: row.state for row in await rows(service) if row.openid == promoted}
        assert ends["seat_promoted"] == DELIVERED
        assert "已报上" in await told_to.enter("我的培训")
