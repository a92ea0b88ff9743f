"""Conversations, questions for the staff, and the office that binds them to a turn."""

from __future__ import annotations

import asyncio
import datetime as dt
from functools import partial
from typing import TYPE_CHECKING

from school import limits
from sqlalchemy import bindparam, select

from jcbot import conversations, questions
from jcbot.clock import SHANGHAI
from jcbot.config import Config
from jcbot.keyring import Keyring
from jcbot.office import Keys, Office

if TYPE_CHECKING:
    import pytest
    from sqlalchemy import Connection

    from jcbot.storage.database import Database

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
KEY = b"k" * 32


def count_up(openid: str, conn: Connection) -> None:
    state = conversations.load(conn, openid)
    conversations.save(conn, openid, {"version": 1, "n": state.get("n", 0) + 1}, NOW)


async def test_a_state_comes_back(database: Database) -> None:
    facts = {"district": "高平市", "odd": "a\0\ud800\u200d"}
    state = {"version": 1, "facts": facts, "n": [1, None, True]}
    await database.run(lambda conn: conversations.save(conn, "o", state, NOW))
    assert await database.run(lambda conn: conversations.load(conn, "o")) == state
    await database.run(lambda conn: conversations.save(conn, "o", {}, NOW))
    assert await database.run(lambda conn: conversations.load(conn, "o")) == {}


async def test_an_emptied_talk_leaves_when_it_was_and_an_erased_one_nothing(
    database: Database,
) -> None:
    """He wrote, so he may be written to; only who had himself erased is nobody any more."""
    later = NOW + dt.timedelta(hours=3)

    def when(conn: Connection) -> list[int]:
        return list(conn.execute(select(conversations.conversations.c.at)).scalars())

    await database.run(lambda conn: conversations.save(conn, "o", {"n": 1}, NOW))
    await database.run(lambda conn: conversations.save(conn, "o", {}, later))
    assert await database.run(when) == [int(later.timestamp())]
    await database.run(lambda conn: conversations.forget(conn, "o"))
    await database.run(lambda conn: conversations.save(conn, "o", {}, later))
    assert await database.run(when) == []


def office_at(conn: Connection, now: dt.datetime, openid: str = "o1") -> Office:
    keys = Keys.of(Keyring({"k1": b"k" * 32}, KEY))
    return Office(conn, now, Config(), keys, limits(), openid)


async def test_no_message_of_one_worker_is_lost(two: tuple[Database, Database]) -> None:
    works = [two[n % 2].run(partial(count_up, "o")) for n in range(200)]
    await asyncio.gather(*works)
    assert (await two[0].run(lambda conn: conversations.load(conn, "o")))["n"] == 200


async def test_without_the_lock_updates_are_lost(
    postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above is believed because this one, with the protection out, fails."""
    row = conversations.conversations.c
    unlocked = select(row.state, row.at).where(row.openid == bindparam("o"))
    monkeypatch.setattr(conversations, "_READ", unlocked)
    monkeypatch.setattr(conversations, "hold", lambda *_: False)
    await asyncio.gather(*(postgresql.run(partial(count_up, "o")) for _ in range(200)))
    assert (await postgresql.run(lambda conn: conversations.load(conn, "o")))["n"] < 200


async def test_an_old_talk_is_forgotten_and_purged(database: Database) -> None:
    def office(day: int, conn: Connection) -> Office:
        return office_at(conn, NOW + dt.timedelta(days=day))

    await database.run(lambda conn: office(0, conn).remember("o", {"version": 1}))
    assert await database.run(lambda conn: office(30, conn).recall("o")) == {"version": 1}
    assert await database.run(lambda conn: office(31, conn).recall("o")) == {}
    before = NOW + dt.timedelta(seconds=1)
    assert await database.run(lambda conn: conversations.purge(conn, NOW)) == 0
    assert await database.run(lambda conn: conversations.purge(conn, before)) == 1


async def test_a_question_is_masked_and_its_asker_a_hash(database: Database) -> None:
    text = "我是990102199001011234，电话13900001234，钱\0没到\ud800" + "啊" * 600

    def work(conn: Connection) -> list[questions.Question]:
        office = office_at(conn, NOW)
        assert office.ask_staff("o1", text, "fallback")
        return questions.latest(conn)

    (kept,) = await database.run(work)
    assert kept.text.startswith("我是〔证件号〕，电话〔手机号〕，钱没到")
    assert len(kept.text) <= questions.LONGEST
    assert kept.at == NOW
    assert kept.asker == questions.asker("o1", KEY) != questions.asker("o1", b"other" * 8)


async def test_one_asker_cannot_bury_the_others(database: Database) -> None:
    def ask(day: int, conn: Connection) -> list[bool]:
        office = office_at(conn, NOW + dt.timedelta(days=day))
        return [office.ask_staff("o1", "?", "fallback") for _ in range(questions.A_DAY + 5)]

    assert sum(await database.run(partial(ask, 0))) == questions.A_DAY
    assert sum(await database.run(partial(ask, 2))) == questions.A_DAY


async def test_erasing_takes_talk_and_questions(database: Database) -> None:
    def work(conn: Connection) -> tuple[object, int, object]:
        office = office_at(conn, NOW)
        for openid in ("o1", "o2"):
            office.remember(openid, {"version": 1})
            office.ask_staff(openid, "?", "fallback")
        office.erase("o1")
        return office.recall("o1"), len(questions.latest(conn)), office.recall("o2")

    assert await database.run(work) == ({}, 1, {"version": 1})
