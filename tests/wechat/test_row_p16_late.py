"""Row P16: what comes after WeChat's last try comes as one customer message, and never both."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text
from worlds import OPENID, PRIVACY, World, a_world, changed, text_xml

from bot import late, pipeline
from bot.fresh import door_of, fresh_config
from bot.late import PATIENCE
from bot.metrics import Metrics
from bot.post import Post, crew_of
from bot.tries import Tries
from bot.wechat import simulator
from bot.wechat.pretend.world import Pretend, pretending
from bot.wechat.simulator import Phone
from jcbot import conversations
from jcbot.clock import Clock
from jcbot.errors import StorageError
from jcbot.keyring import open_keyring
from jcbot.late import is_promised, promise_answer
from jcbot.settings import Sending
from jcbot.shared import MemoryShared
from jcbot.storage.database import open_database
from jcbot.storage.tables import inbox, questions
from jcbot.storage.training_tables import outbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any

    from sqlalchemy import Row

    from bot.wechat.reading import Message
    from handlers.turn import Turn
    from jcbot.config import Config
    from jcbot.storage.database import Database
    from knowledge.library import Library

pytestmark = pytest.mark.usefixtures("quick")
HERE = Path(__file__).parent
CALM = "对不起，您刚才的话没能及时答上，请再发一遍。急的话打12333。"


def city(url: str, api: str) -> Config:
    """Quick settings of a service that sends by itself."""
    config = changed(fresh_config(), "limits", reply_deadline_s=0.38)
    config = changed(config, "wechat", api_base=api, app_secret=SecretStr("s"))
    config = changed(config, "database", url=SecretStr(url))
    return config.model_copy(update={"sending": Sending(enabled=True), "privacy": PRIVACY})


@contextlib.asynccontextmanager
async def a_city(library: Library, url: str) -> AsyncIterator[tuple[World, Pretend]]:
    """A service with a courier inside and a WeChat that takes its calls."""
    async with pretending() as pretend:
        pretend.wrote(OPENID)
        async with a_world(city(url, pretend.url), library) as world:
            yield world, pretend


def slowly(seconds: float, reply: str = "收到") -> Any:
    """A step that takes so long and leaves something behind; it sleeps where its database does."""

    def answer(turn: Turn) -> str:
        conn = turn.office.conn
        turn.office.ask_staff(turn.message.openid, turn.text, "slow")
        if conn.dialect.name == "postgresql":
            conn.execute(text("SELECT pg_sleep(:s)"), {"s": seconds})
        else:
            time.sleep(seconds)
        return reply

    return answer


async def effects(database: Database) -> int:
    count = select(func.count()).select_from(questions)
    return await database.run(lambda conn: conn.execute(count).scalar_one())


async def promised(database: Database) -> list[Row[Any]]:
    return await database.run(lambda conn: list(conn.execute(select(outbox)).all()))


async def settled(world: World) -> list[Row[Any]]:
    """What became of the promises, as soon as all of them are settled."""
    database = world.server.service.desk.database
    async with asyncio.timeout(15):
        while True:
            rows = await promised(database)
            if all(row.settled for row in rows) and not world.server.service.tries._flights:
                return rows
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("seconds", [0.0, 0.7, 1.2, 1.8, 2.5])
async def test_p16_exactly_one_of_reply_and_customer_message(
    library: Library, shared_url: str, capsys: pytest.CaptureFixture[str], seconds: float
) -> None:
    async with a_city(library, shared_url) as (world, pretend):
        world.step.answer = slowly(seconds, "您的名额999号")
        reply = await world.phone.say("慢慢来")
        rows = await settled(world)
        sent = [each.text for each in pretend.journal.received()]
        assert [reply, *sent] in (["您的名额999号"], ["", "您的名额999号"])
        assert bool(sent) == (seconds > 1.5) == bool(rows)
        assert [row.state for row in rows] == ["sent"] * len(sent)
        assert await effects(world.server.service.desk.database) == 1
    written = capsys.readouterr()
    assert not any(word in written.out + written.err for word in ("999号", "慢慢来", OPENID))


async def test_p16_a_repeat_of_what_the_courier_answers_is_met_with_silence(
    library: Library, shared_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_city(library, shared_url) as (world, pretend):
        world.step.answer = slowly(1.8)
        phone = world.phone
        assert await phone.say("慢") == ""
        await settled(world)
        assert await phone.retry() == ""
        assert len(pretend.journal.received()) == len(world.step.seen) == 1
        monkeypatch.setattr(pipeline.late, "is_promised", lambda *_: False)
        assert await phone.retry() == "收到"  # what the look into the outbox is for


async def test_p16_what_lands_while_the_tries_are_counted_is_the_reply(
    library: Library, shared_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = asyncio.Event()

    async def slow_count(tries: Tries, _message: Message) -> bool:
        flights = [flight.task for flight in tries._flights.values()]
        await asyncio.wait(flights)
        counted.set()
        return True

    monkeypatch.setattr(Tries, "_is_last", slow_count)
    async with a_city(library, shared_url) as (world, pretend):
        world.step.answer = slowly(0.42)
        assert await world.phone.say("慢") == "收到"
        assert counted.is_set()
        assert await settled(world) == []
        assert pretend.calls("custom") == 0


async def test_p16_silence_is_not_sent(library: Library, shared_url: str) -> None:
    async with a_city(library, shared_url) as (world, pretend):
        world.step.answer = slowly(1.8, "")
        assert await world.phone.say("慢") == ""
        [row] = await settled(world)
        assert (row.state, row.reason, row.tries) == ("stopped", "nothing to say", 0)
        assert pretend.calls("custom") == 0


async def test_p16_long_and_odd_words_are_sent_as_a_reply_would_say_them(
    library: Library, shared_url: str
) -> None:
    async with a_city(library, shared_url) as (world, pretend):
        world.step.answer = slowly(1.8, "长" * 1_000 + "\x07")
        await world.phone.say("慢")
        [row] = await settled(world)
        [message] = pretend.journal.received()
        assert row.state == "sent"
        assert set(message.text) == {"长"}
        assert len(message.text.encode()) <= 2_000


async def test_p16_two_servers_promise_once(library: Library, shared_url: str) -> None:
    """The tries go to one server, the other, the first; each would promise alone."""
    async with a_city(library, shared_url) as (one, pretend):
        other = changed(one.server.service.config, "server", port=0)
        async with a_world(other, library) as two:
            two.server.service.tries._shared = one.server.service.shared
            one.step.answer = two.step.answer = slowly(2.2)
            xml = text_xml("慢")
            for world in (one, two, one):
                said = ""
                with contextlib.suppress(TimeoutError, aiohttp.ServerDisconnectedError):
                    async with asyncio.timeout(0.5):
                        said = one.reply((await world.post(simulator.push(world.door, xml)))[1])
                assert said == ""
            await settled(one)
            await settled(two)
            assert [each.text for each in pretend.journal.received()] == ["收到"]
            assert await effects(one.server.service.desk.database) == 1


async def test_p16_whoever_promises_it_is_one_promise(shared_url: str) -> None:
    database, now = open_database(shared_url), Clock().now()
    await database.migrate()
    work = partial(promise_answer, openid=OPENID, message=b"key", now=now)
    assert [await database.run(work) for _ in range(2)] == [True, False]
    assert await database.run(lambda conn: is_promised(conn, b"key"))
    assert not await database.run(lambda conn: is_promised(conn, b"another"))
    await database.close()


@contextlib.asynccontextmanager
async def a_courier(config: Config, library: Library, clock: Clock) -> AsyncIterator[Any]:
    """A courier by itself, as `jcbot deliver` has one, and its database."""
    database = open_database(config.database.url.get_secret_value())
    keyring = open_keyring(config)
    post = Post(config, library, database, MemoryShared(), clock, Metrics(), keyring)
    async with crew_of(post) as crew:
        yield crew.courier, database
    await database.close()


async def test_p16_a_turn_that_fails_late_is_answered_with_a_calm_sentence(
    library: Library, shared_url: str
) -> None:
    """No reply is ever kept: the promise waits a minute, uncounted, then asks to send it again."""
    async with pretending() as pretend:
        pretend.wrote(OPENID)
        config = city(shared_url, pretend.url)

        def fail(turn: Turn) -> str:
            slowly(1.8)(turn)
            raise StorageError

        quiet = config.model_copy(update={"sending": Sending()})
        async with a_world(quiet, library) as world:
            world.step.answer = fail
            assert await world.phone.say("慢") == ""
            await world.server.service.tries.finish(5)
            clock = world.server.service.clock
        async with a_courier(config, library, clock) as (courier, database):
            for _ in range(3):
                await courier.round()
                clock.advance(dt.timedelta(seconds=late.AGAIN_S))
            [row] = await promised(database)
            assert (row.state, row.tries, row.called) == ("promised", 0, None)
            assert row.due > row.first_due
            assert pretend.calls("custom") == 0
            clock.advance(PATIENCE)
            await courier.round()
            await courier.round()
            assert [each.text for each in pretend.journal.received()] == [CALM]
            assert await effects(database) == 0


@pytest.mark.parametrize("how", ["promises", "waits"])
async def test_p16_killed_before_the_answer(
    library: Library, new_postgresql: str, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """The promise is there when `success` is said: the kill costs the answer, not the word.

    Nobody has written down that this worker ever wrote: the promise itself opens the window.
    """
    monkeypatch.setattr(simulator, "TRY_SECONDS", 1.0)
    async with pretending() as pretend, aiohttp.ClientSession() as session:
        pretend.wrote(OPENID)
        config = city(new_postgresql, pretend.url)
        wechat = config.wechat
        secrets = {"token": wechat.token.get_secret_value(), "app_id": wechat.app_id,
                   "aes_key": wechat.aes_key.get_secret_value()}  # fmt: skip
        path = os.pathsep.join(sys.path)
        with subprocess.Popen(  # noqa: S603, ASYNC220 - our own file, and a test has time
            [sys.executable, str(HERE / "doomed.py"), "3.8", how], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": path}, text=True,
        ) as doomed:  # fmt: skip
            assert doomed.stdin is not None
            assert doomed.stdout is not None
            doomed.stdin.write(json.dumps({"url": new_postgresql, "wechat": secrets}) + "\n")
            doomed.stdin.flush()
            url = (await asyncio.to_thread(doomed.stdout.readline)).strip()
            try:
                assert await Phone(session, door_of(config, url), OPENID).say("慢") == ""
            finally:
                doomed.kill()
        clock = Clock(config.clock.fixed)
        async with a_courier(config, library, clock) as (courier, database):
            rows = await promised(database)
            assert [row.state for row in rows] == ["promised"] * (how == "promises")
            if how == "waits":
                return  # the kill cost the word too
            clock.advance(dt.timedelta(seconds=10))
            await courier.round()
            assert pretend.calls("custom") == 0
            clock.advance(PATIENCE)
            await courier.round()
            assert [each.text for each in pretend.journal.received()] == [CALM]
            count = select(func.count()).select_from(inbox)
            assert not await database.run(lambda conn: conn.execute(count).scalar_one())
            assert not await database.run(lambda conn: conversations.load(conn, OPENID))
