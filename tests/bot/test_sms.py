"""Text messages: the last way, off by default, once each, the number nowhere but in the body."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import secrets
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from aiohttp import web
from couriers import MONDAY
from services import a_service, deliver, rows
from sqlalchemy import select

from bot.fresh import fill
from bot.sms_gateway import SmsGateway
from bot.telephone import Telephone, telephone
from bot.verdict import TRIES
from handlers.notices import Notice
from jcbot import text_messages
from jcbot.ledger import LEASE_S, PROMISED, REMEMBERED_S, SENDING, UNKNOWN, UNREACHABLE, Item
from jcbot.outbox import Promise, promise
from jcbot.settings import Sms
from jcbot.storage.people_tables import people
from jcbot.storage.training_tables import classes, outbox
from knowledge.reading import ROOT, KnowledgeError
from knowledge.sending import load_sending

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection, Row

    from bot.app import Service
    from bot.wechat.pretend.world import Pretend
    from jcbot.storage.database import Database
    from knowledge.library import Library

LISTS = ROOT.parent / "tests" / "conversations" / "training"
KINDS = ROOT / "sending" / "kinds.toml"
TOKEN, SIGN = "a-token-of-the-gateway", "晋城人社"
BIND = ["我在册吗", "同意", "李秀英 990000197806050033 5678"]
COURSE = "DG-2026-12"
TEXT = (
    "【晋城人社】您报的电工班（初级）（DG-2026-12）有变动：现在是12月1日（周二）开班，每天8:30到"
    "17:30，地点高平市职教中心2号楼。去不了请到微信公众号回复“取消报名”。"
)


@dataclass
class Gateway:
    """An invented gateway that keeps the contract; `moods` say how it answers next."""

    moods: list[str] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    phones: list[tuple[str, str]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    url: str = ""
    never: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        assert request.path_qs == "/send"
        body = await request.json()
        self.asked.append(body)
        mood, _, more = (self.moods.pop(0) if self.moods else "well").partition(" ")
        if mood == "status":
            return web.Response(status=int(more), headers={"Location": "/elsewhere"})
        if mood == "refuses":
            return web.json_response({"status": "refused", "reason": more}, status=422)
        status = "duplicate" if body["id"] in self.seen else "accepted"
        if body["id"] not in self.seen:
            self.phones.append((body["phone"], body["text"]))
        self.seen.add(body["id"])
        if mood == "drops" and request.transport is not None:
            request.transport.abort()
        if mood == "hangs":
            await self.never.wait()
        if mood == "says":
            return web.Response(text=more)
        return web.json_response({"status": status, "ref": more or f"r{len(self.phones)}"})


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    made, app = Gateway(), web.Application()
    app.add_routes([web.post("/send", made.answer)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/send"
    yield made
    made.never.set()
    await runner.cleanup()


@dataclass
class Town:
    """A service of ours, its WeChat, the telephone of a worker who is bound and has been silent."""

    service: Service
    pretend: Pretend
    talk: Telephone
    count: int = 0

    async def promise(self, kind: str = "class_moved", openid: str = "o-worker") -> None:
        self.count += 1
        now, payload = self.service.clock.now(), {"class": COURSE}
        message = Promise(f"{kind}:{self.count}", kind, openid, payload, now)
        await self.service.desk.database.run(lambda conn: promise(conn, message))

    async def deliver(self) -> list[Row[Any]]:
        await deliver(self.service)
        return await rows(self.service)

    def pass_s(self, seconds: float) -> None:
        self.service.clock.advance(dt.timedelta(seconds=seconds))

    @property
    def phone(self) -> str:
        return "13900005678"


@contextlib.asynccontextmanager
async def a_town(library: Library, gateway: Gateway | None, **sms: Any) -> AsyncIterator[Town]:
    given = {"url": gateway.url, "token": TOKEN, "sign": SIGN} if gateway else {}
    more = {"sms": Sms.model_validate(given | sms)}
    async with (
        a_service(library, more, templates={}) as (service, pretend, phone),
        telephone(phone.door) as talk,
    ):
        await fill(service, LISTS)
        for line in BIND:
            reply = await talk.enter(line)
        assert "核对好了" in reply
        await talk.enter("/time +49h")
        yield Town(service, pretend, talk)


async def test_who_is_out_of_reach_by_wechat_gets_one_text_message_and_no_second(
    library: Library, gateway: Gateway
) -> None:
    async with a_town(library, gateway) as town:
        await town.promise()
        for _ in range(2):
            [row] = await town.deliver()
            town.pass_s(REMEMBERED_S)
        assert (row.channel, row.state, row.ref) == ("sms", "sent", "r1")
        [asked] = gateway.asked
        assert asked == {
            "id": row.client_id,
            "phone": town.phone,
            "text": TEXT,
        }
        assert town.pretend.journal.received() == []


async def test_wechat_comes_first(library: Library, gateway: Gateway) -> None:
    async with a_town(library, gateway) as town:
        await town.talk.enter("你好")
        town.pretend.wrote("o-worker")
        await town.promise()
        [row] = await town.deliver()
        assert (row.channel, gateway.asked) == ("custom", [])


async def test_without_a_gateway_nothing_changes(library: Library) -> None:
    async with a_town(library, None) as town:
        await town.promise()
        [row] = await town.deliver()
        assert (row.state, row.reason) == (UNREACHABLE, "no channel is allowed")


@pytest.mark.parametrize("kind", ["class_reminder", "result_entered", "announcement"])
async def test_other_kinds_never_go_by_text_message(
    library: Library, gateway: Gateway, kind: str
) -> None:
    async with a_town(library, gateway) as town:
        await town.promise(kind)
        [row] = await town.deliver()
        assert (row.state, gateway.asked) == (UNREACHABLE, [])


async def test_nobody_is_texted_without_binding_consent_and_number(
    library: Library, gateway: Gateway
) -> None:
    async with a_town(library, gateway) as town:
        await town.promise(openid="o-stranger")
        await town.talk.enter("撤回同意")
        await town.promise()
        for line in [*BIND, "/time +49h"]:
            await town.talk.enter(line)
        numberless = people.update().values(phone=None)
        await town.service.desk.database.run(lambda conn: conn.execute(numberless))
        await town.promise()
        assert [row.state for row in await town.deliver()] == [UNREACHABLE] * 3
        assert gateway.asked == []


async def test_a_binding_that_ends_before_the_call_ends_the_message(
    library: Library, gateway: Gateway
) -> None:
    """The number is looked up when it is sent, not when it is planned."""
    async with a_town(library, gateway) as town:
        settings, database = town.service.config.sms, town.service.desk.database
        keys = town.service.desk.keys.people
        sending = SmsGateway(settings, 200, database, keys, town.service.metrics)
        await town.promise()
        [row] = await rows(town.service)
        await town.talk.enter("解绑")
        await town.talk.enter("是")
        item: Any = row
        outcome = await sending.send(item, Notice("x"))
        await sending.close()
        assert getattr(outcome, "name", "") == "sms_no_phone"
        assert gateway.asked == []


@pytest.mark.parametrize("mood", ["drops", "says <html>", "says {}", "status 500", "status 302"])
async def test_what_is_not_plainly_said_is_asked_again_under_the_same_id(
    library: Library, gateway: Gateway, mood: str
) -> None:
    gateway.moods = [mood]
    async with a_town(library, gateway) as town:
        await town.promise()
        [row] = await town.deliver()
        assert row.state == "sent"
        assert [each["id"] for each in gateway.asked] == [row.client_id] * 2
        assert len(gateway.phones) == 1


async def test_without_its_id_a_repeat_would_be_a_second_message(
    library: Library, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the test above would see if each call had an id of its own."""
    monkeypatch.setattr(Item, "client_id", property(lambda _: secrets.token_hex(8)))
    gateway.moods = ["drops"]
    async with a_town(library, gateway) as town:
        await town.promise()
        await town.deliver()
        assert len(gateway.phones) == 2


async def test_a_gateway_that_never_answers_clearly_leaves_it_unknown(
    library: Library, gateway: Gateway
) -> None:
    """Repeats stop before the gateway forgets the id; whatever it did, it did once."""
    gateway.moods = ["says ?"] * 1_000
    async with a_town(library, gateway) as town:
        await town.promise()
        [row] = await town.deliver()
        assert row.state == SENDING
        for _ in range(4):
            town.pass_s(LEASE_S + 1)
            await town.deliver()
        assert len(gateway.asked) > 5
        town.pass_s(REMEMBERED_S)
        before = len(gateway.asked)
        [row] = await town.deliver()
        assert (row.state, len(gateway.asked)) == (UNKNOWN, before)
        assert {each["id"] for each in gateway.asked} == {row.client_id}
        assert len(gateway.phones) == 1


async def test_a_hanging_gateway_is_waited_for_so_long_only(
    library: Library, gateway: Gateway
) -> None:
    gateway.moods = ["hangs"]
    async with a_town(library, gateway, timeout_s=0.2) as town:
        await town.promise()
        [row] = await town.deliver()
        assert (row.state, len(gateway.asked), len(gateway.phones)) == ("sent", 2, 1)


async def test_refused_is_never_tried_again(library: Library, gateway: Gateway) -> None:
    gateway.moods = ["refuses blacklisted", "refuses 号码 13900005678 不对", "status 422", "well"]
    async with a_town(library, gateway) as town:
        for _ in range(3):
            await town.promise()
            await town.deliver()
        reasons = [(row.state, row.reason) for row in await rows(town.service)]
        assert reasons[:2] == [
            ("failed", "sms_refused: blacklisted (422)"),
            ("failed", "sms_refused (422)"),
        ]
        assert reasons[2][0] == "sent", "a bare 422 is not as agreed: asked again"
        assert len(gateway.asked) == 4


async def test_a_busy_gateway_is_asked_later(library: Library, gateway: Gateway) -> None:
    gateway.moods = ["status 429", "status 503"]
    async with a_town(library, gateway) as town:
        await town.promise()
        [row] = await town.deliver()
        assert (row.state, row.tries) == (PROMISED, 0)
        town.pass_s(3)
        [row] = await town.deliver()
        assert (row.state, row.tries) == (PROMISED, 1)
        town.pass_s(31)
        [row] = await town.deliver()
        assert (row.state, len(gateway.asked)) == ("sent", 3)


async def test_a_gateway_out_of_reach_holds_up_nobody_elses_message(
    library: Library, gateway: Gateway
) -> None:
    async with a_town(library, gateway, url="http://127.0.0.1:1/send") as town:
        await town.talk.enter("/as other")
        await town.talk.enter("你好")
        town.pretend.wrote("o-other")
        await town.promise()
        await town.promise(openid="o-other")
        for _ in range(TRIES + 1):
            await town.deliver()
            town.pass_s(3_601)
            ends = {row.openid: row.state for row in await rows(town.service)}
            assert ends["o-other"] == "sent"
        assert ends["o-worker"] == "failed"


async def test_no_more_a_day_than_the_settings_say(library: Library, gateway: Gateway) -> None:
    async with a_town(library, gateway, per_day=2) as town:
        for _ in range(3):
            await town.promise()
        await town.deliver()
        assert len(gateway.phones) == 2
        town.pass_s(86_400 - 3_600)  # the next morning, past the quiet hours
        assert {row.state for row in await town.deliver()} == {"sent"}
        assert len(gateway.phones) == 3


@pytest.mark.parametrize("held", [True, False])
async def test_two_couriers_count_one_after_the_other(
    two: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch, *, held: bool
) -> None:
    """One message is left for today and two couriers look: SQLite has one writer anyway."""
    if not held:
        monkeypatch.setattr(text_messages, "hold", lambda *_: False)

    def work(conn: Connection, key: str) -> int:
        left = text_messages.share_of(conn, 1, MONDAY, {}).left
        if conn.dialect.name == "postgresql":
            conn.exec_driver_sql("SELECT pg_sleep(0.3)")
        if left:
            promise(conn, Promise(key, "class_moved", "o", {}, MONDAY))
            called = {"channel": "sms", "called": int(MONDAY.timestamp())}
            conn.execute(outbox.update().where(outbox.c.key == key).values(**called))
        return left

    both = (each.run(partial(work, key=str(n))) for n, each in enumerate(two))
    lefts = sorted(await asyncio.gather(*both))
    alone = held or two[0].__class__.__name__ == "SQLite"
    assert lefts == ([0, 1] if alone else [1, 1])


async def test_quiet_hours_hold(library: Library, gateway: Gateway) -> None:
    async with a_town(library, gateway) as town:
        town.pass_s(11 * 3_600)  # 22:00
        await town.promise()
        [row] = await town.deliver()
        assert (row.state, gateway.asked) == (PROMISED, [])
        town.pass_s(10 * 3_600 + 60)
        [row] = await town.deliver()
        assert (row.state, len(gateway.asked)) == ("sent", 1)


async def test_a_long_text_is_cut(library: Library, gateway: Gateway) -> None:
    async with a_town(library, gateway) as town:
        longer = classes.update().values(place="高平市\n北城街道" * 9, hours="每天" * 60)
        await town.service.desk.database.run(lambda conn: conn.execute(longer))
        await town.promise()
        await town.deliver()
        [(_, text)] = gateway.phones
        assert len(text) == 200
        assert text.endswith("…")
        assert "\n" not in text


async def test_a_killed_couriers_message_is_repeated_under_its_id(
    library: Library, gateway: Gateway
) -> None:
    async with a_town(library, gateway) as town:
        await town.promise()
        await town.deliver()
        now = int(town.service.clock.now().timestamp())
        stalled = {"state": SENDING, "holder": "dead", "lease": now - 1, "called": now - 40}
        database = town.service.desk.database
        await database.run(lambda conn: conn.execute(outbox.update().values(**stalled)))
        [row] = await town.deliver()
        assert (row.state, len(gateway.asked), len(gateway.phones)) == ("sent", 2, 1)


async def test_the_number_is_nowhere_but_in_the_body(
    library: Library, gateway: Gateway, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    gateway.moods = [
        "status 500", "drops", "well 13900005678", "refuses 13900005678", "says 13900005678",
        "status 503",
    ]  # fmt: skip
    with structlog.testing.capture_logs() as lines:
        async with a_town(library, gateway) as town:
            for _ in range(4):
                await town.promise()
                await town.deliver()
            metrics = b"".join(town.service.metrics.text()).decode()
            written = await town.service.desk.database.run(
                lambda conn: repr(conn.execute(select(outbox)).all())
            )
    assert {phone for phone, _ in gateway.phones} == {town.phone}
    assert 'jcbot_api_calls_total{call="sms",code="ok"}' in metrics
    for text in (caplog.text, repr(lines), "".join(capfd.readouterr()), metrics, written):
        for secret in (town.phone, TOKEN, "李秀英"):
            assert secret not in text


@pytest.mark.parametrize(
    ("kind", "channels"),
    [("class_moved", '["sms", "custom"]'), ("announcement", '["template", "sms"]')],
)
def test_text_messages_stand_last_and_are_for_ones_own_matters(
    tmp_path: Any, kind: str, channels: str
) -> None:
    head, _, rest = KINDS.read_text(encoding="utf-8").partition(f"[kind.{kind}]\nchannels = ")
    file = tmp_path / "kinds.toml"
    rest = rest.partition("\n")[2]
    file.write_text(f"{head}[kind.{kind}]\nchannels = {channels}\n{rest}")
    with pytest.raises(KnowledgeError, match="sms 只能写在最后，群发通知不能用"):
        load_sending(file)


@pytest.mark.parametrize("url", ["http://sms.example.cn/p", "ftp://a/b", "https://"])
def test_the_number_never_travels_in_clear(url: str) -> None:
    with pytest.raises(ValueError, match="https://"):
        Sms.model_validate({"url": url})
