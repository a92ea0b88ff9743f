"""Rows D8–D10, D13, D15–D17, K4, K5: each message once, whatever WeChat answers."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING

import pytest
from couriers import (
    ASKED_FOR,
    CUSTOM_ONLY,
    MONDAY,
    RULES,
    URGENT,
    Scene,
    a_scene,
    drain,
    said,
    without_id,
)
from sqlalchemy import insert, update
from structlog.testing import capture_logs

from bot import handful
from bot.rounds import LONGEST_S
from bot.verdict import TRIES
from bot.wechat.pretend.faults import Fault
from bot.wechat.pretend.rules import Rules as Figures
from jcbot import followers, ledger, pauses
from jcbot.channels import TOO_LATE, Rules, choose
from jcbot.ledger import LEASE_S, REMEMBERED_S
from jcbot.outbox import withdraw
from jcbot.standing import Standing
from jcbot.storage.notice_tables import announcements

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any

    from bot.wechat.client import WeChatClient
    from bot.wechat.outcomes import Outcome
    from handlers.notices import Notice
    from jcbot.ledger import Item, Plan
    from jcbot.storage.database import Database

MANY = [f"o-{number}" for number in range(200)]
ONCE_EACH = {(openid, "first：第1条"): 1 for openid in MANY}
MIDNIGHT = dt.datetime.combine(MONDAY.date() + dt.timedelta(days=1), dt.time(), MONDAY.tzinfo)


@pytest.fixture
def database(shared_database: Database) -> Database:
    return shared_database


@pytest.fixture
async def scene(database: Database) -> AsyncIterator[Scene]:
    async with a_scene(database) as made:
        yield made


async def test_each_of_many_is_sent_once(scene: Scene) -> None:
    await scene.promise(MANY)
    await drain(scene.courier())
    assert scene.received() == ONCE_EACH
    assert await scene.states() == {"sent": 200}
    assert scene.pretend.calls("template") == 200
    row = (await scene.rows())[0]
    assert (row.channel, row.tries, row.holder, row.lease) == ("template", 1, None, None)
    assert row.ref
    assert row.client_id == f"jcbot-{row.id}"


async def test_two_couriers_on_one_database_send_each_once(
    two: tuple[Database, Database],
) -> None:
    async with a_scene(two[0]) as scene:
        await scene.promise(MANY)
        pair = [scene.courier(each, per_second=15) for each in two]
        for each in pair:
            each._caller.per_second = 1_000  # small handfuls, so that both get some
        await asyncio.gather(*(drain(each) for each in pair))
        assert scene.received() == ONCE_EACH
        assert await scene.states() == {"sent": 200}
        assert scene.pretend.calls("template") == 200


async def stalled(scene: Scene, fault: Fault, calls: int) -> None:
    """A courier killed while its calls hang, when so many were made."""
    scene.pretend.faults.set(fault)
    task = asyncio.create_task(scene.courier().round())
    while scene.pretend.calls(fault.call) + fault.hits < calls:  # noqa: ASYNC110 - no event there
        await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    scene.pretend.faults.set()


async def test_k4_killed_between_writing_down_and_settling(scene: Scene) -> None:
    """What it had written down stays its own for half a minute, then the same id is used again."""
    await scene.promise(MANY)
    await stalled(scene, Fault(call="template", hang_s=9, skip=20), calls=25)
    assert len(scene.received()) == 25
    await drain(scene.courier())
    assert await scene.states() == {"sending": 200}
    scene.pass_s(LEASE_S + 1)
    await drain(scene.courier())
    assert scene.received() == ONCE_EACH
    assert await scene.states() == {"sent": 200}
    assert {row.tries for row in await scene.rows()} == {2}


async def test_a_dead_couriers_customer_messages_are_unknown_and_never_sent_again(
    scene: Scene,
) -> None:
    await scene.wrote(*MANY[:10])
    await scene.promise(MANY[:10], CUSTOM_ONLY)
    await stalled(scene, Fault(call="custom", hang_s=9), calls=5)
    scene.pass_s(LEASE_S + 1)
    await drain(scene.courier())
    assert await scene.states() == {"unknown": 5, "sent": 5}
    why = {row.reason for row in await scene.rows() if row.state == "unknown"}
    assert why == {"courier stalled during the call"}
    assert set(scene.received().values()) == {1}


async def test_a_stalled_courier_that_wakes_up_changes_nothing(scene: Scene) -> None:
    await scene.promise(["o-1"])
    first = scene.courier()
    _, plans = await scene.database.run(first._take)
    scene.pass_s(LEASE_S + 1)
    await drain(scene.courier())
    before = await scene.rows()
    called = await first._caller.deliver(plans)
    await scene.database.run(lambda conn: first._settle(conn, called))
    assert await scene.rows() == before
    assert set(scene.received().values()) == {1}


@pytest.mark.parametrize("with_id", [True, False])
async def test_k5_delivered_but_the_line_dropped(scene: Scene, *, with_id: bool) -> None:
    await scene.promise(MANY)
    scene.pretend.faults.set(Fault(call="template", rate=0.1, drop="after"))
    await drain(scene.courier() if with_id else scene.courier(send=without_id))
    assert set(scene.received()) == set(ONCE_EACH)
    twice = sum(count > 1 for count in scene.received().values())
    assert twice == 0 if with_id else twice > 0
    assert await scene.states() == {"sent": 200}


async def test_what_may_have_arrived_is_not_put_off_beyond_the_memory_of_its_id(
    scene: Scene,
) -> None:
    """The first call delivers and drops the line, the repeat meets a full quota until midnight."""
    await scene.promise(["o-1"])
    dropped = Fault(call="template", drop="after", times=1)
    scene.pretend.faults.set(dropped, Fault(call="template", code=45009))
    courier = scene.courier()
    await drain(courier)
    assert await scene.states() == {"sending": 1}
    scene.pretend.faults.set()
    while scene.clock.now() < MIDNIGHT + dt.timedelta(hours=9):
        await drain(courier)
        scene.pass_s(REMEMBERED_S / 4)
    assert await scene.states() == {"unknown": 1}
    assert list(scene.received().values()) == [1]


@pytest.mark.parametrize("fault", [Fault(drop="after"), Fault(body="html", delivers=True)])
async def test_ambiguous_for_too_long_is_unknown(scene: Scene, fault: Fault) -> None:
    await scene.promise(["o-1"])
    fault.call = "template"
    scene.pretend.faults.set(fault)
    courier = scene.courier()
    for _ in range(20):
        await drain(courier)
        scene.pass_s(LEASE_S + 1)
    calls = scene.pretend.calls("template")
    scene.pretend.faults.set()
    await drain(courier)
    assert await scene.states() == {"unknown": 1}
    assert scene.pretend.calls("template") == calls
    assert list(scene.received().values()) == [1]


@pytest.mark.parametrize("body", ["html", "half", "no_errcode"])
async def test_d13_an_answer_that_cannot_be_read_is_no_success(scene: Scene, body: Any) -> None:
    await scene.wrote("o-2")
    await scene.promise(["o-1"])
    await scene.promise(["o-2"], CUSTOM_ONLY)
    scene.pretend.faults.set(Fault(body=body))
    await drain_once(scene)  # the token's own call is spoiled too: nothing was sent, all wait
    assert await scene.states() == {"promised": 2}
    scene.pretend.faults.set(*(Fault(call=each, body=body) for each in ("template", "custom")))
    await drain_once(scene)
    assert await scene.states() == {"sending": 1, "unknown": 1}
    scene.pretend.faults.set()
    scene.pass_s(LEASE_S + 1)
    await drain_once(scene)
    assert await scene.states() == {"sent": 1, "unknown": 1}
    assert scene.received() == {("o-1", "first：第1条"): 1}


async def drain_once(scene: Scene) -> None:
    await scene.courier().round()


async def test_d9_a_full_quota_parks_all_until_midnight(database: Database) -> None:
    async with a_scene(database, Figures(quotas={"template": 100})) as scene:
        await scene.promise(MANY, URGENT)
        couriers = [scene.courier(at_once=5) for _ in range(2)]
        await asyncio.gather(*(drain(each) for each in couriers))
        refused = scene.pretend.counts["template", "45009"]
        assert 1 <= refused <= 11
        assert await scene.states() == {"sent": 100, "promised": 100}
        left = [row for row in await scene.rows() if row.state == "promised"]
        assert {row.due for row in left} == {int(MIDNIGHT.timestamp())}
        scene.pass_s(6 * 3_600)
        await drain(couriers[0])
        assert scene.pretend.counts["template", "45009"] == refused
        scene.pass_s(8 * 3_600 + 1)
        await drain(couriers[0])
        assert await scene.states() == {"sent": 200}
        assert scene.received() == ONCE_EACH


async def test_d10_too_fast_slows_down_and_finishes(database: Database) -> None:
    async with a_scene(database, Figures(per_minute={"template": 40})) as scene:
        await scene.promise(MANY)
        courier = scene.courier()
        for _ in range(200):
            await drain(courier)
            scene.pass_s(2)
        assert scene.received() == ONCE_EACH
        assert await scene.states() == {"sent": 200}
        assert 0 < scene.pretend.counts["template", "45011"] < 1_000


async def test_d16_a_system_error_on_a_fifth_of_the_calls(scene: Scene) -> None:
    await scene.promise(MANY)
    scene.pretend.faults.set(Fault(call="template", code=-1, rate=0.2))
    courier = scene.courier()
    for _ in range(8):
        await drain(courier)
        scene.pass_s(1_000)
    assert scene.received() == ONCE_EACH
    assert await scene.states() == {"sent": 200}


async def test_what_always_fails_is_set_aside_at_last(scene: Scene) -> None:
    await scene.promise(["o-1"], URGENT)
    scene.pretend.faults.set(Fault(call="template", code=-1))
    courier = scene.courier()
    for _ in range(20):
        await drain(courier)
        scene.pass_s(3_700)
    assert await scene.states() == {"failed": 1}
    assert scene.pretend.calls("template") == TRIES + 1


REFUSALS = {"gone": 43004, "refusing": 43101, "unknown": 40003}


@pytest.mark.parametrize(("state", "code"), REFUSALS.items())
async def test_d15_who_cannot_be_reached_is_called_for_once_and_never_again(
    scene: Scene, state: str, code: int
) -> None:
    scene.pretend.people.put("o-1", state)
    await scene.promise(["o-1", "o-2"])
    await drain(scene.courier())
    assert await scene.states() == {"failed": 1, "sent": 1}
    assert str(code) in (await scene.rows())[0].reason
    await scene.promise(["o-1", "o-2"], n=2)
    await scene.promise(["o-1"], URGENT, n=3)
    scene.pass_s(86_400)
    await drain(scene.courier())
    assert await scene.states() == {"failed": 1, "unreachable": 2, "sent": 2}
    assert scene.pretend.counts["template", str(code)] == 1


async def test_d15_who_follows_anew_is_reached_anew(scene: Scene) -> None:
    scene.pretend.people.put("o-1", "gone")
    scene.pretend.people.put("o-2", "refusing")
    await scene.promise(["o-1", "o-2"])
    await drain(scene.courier())
    for openid in ("o-1", "o-2"):
        scene.pretend.people.put(openid, "following")
        when = int(dt.datetime.now(dt.UTC).timestamp()) + 90_000
        await scene.database.run(
            lambda conn, o=openid, w=when: followers.record(
                conn, o, following=True, created=w, now=scene.clock.now()
            )
        )
    await scene.spoil("o-2", settled=when - 1)
    await scene.promise(["o-1", "o-2"], n=2)
    await drain(scene.courier())
    assert await scene.states() == {"failed": 2, "sent": 2}


@pytest.mark.parametrize("how", ["refused connection", "503"])
async def test_d8_wechat_out_of_reach_costs_nobody_a_message(scene: Scene, how: str) -> None:
    await scene.promise(MANY)
    if how == "503":
        scene.pretend.faults.set(Fault(status=503))
    else:
        scene.client._settings = scene.client._settings.model_copy(
            update={"api_base": "http://127.0.0.1:9"}
        )
    courier, rests = scene.courier(), []
    for _ in range(30):
        await courier.round()
        rests.append(courier.away_s)
    assert rests[:6] == [1, 2, 4, 8, 16, LONGEST_S]
    assert sum(scene.pretend.counts.values()) <= 5 * 30
    assert {(row.state, row.tries) for row in await scene.rows()} == {("promised", 0)}
    scene.pretend.faults.set()
    scene.client._settings = scene.client._settings.model_copy(
        update={"api_base": scene.pretend.url}
    )
    await drain(courier)
    assert courier.away_s == 0
    assert scene.received() == ONCE_EACH


async def test_d12_a_hanging_wechat_is_left_alone_and_nothing_is_lost(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_scene(database, api_timeout_s=0.1) as scene:
        await scene.promise(MANY)
        scene.pretend.faults.set(Fault(call="template", hang_s=30))
        courier = scene.courier()
        monkeypatch.setattr(handful, "START_S", 0.3)
        await courier.round()
        assert courier.away_s > 0
        scene.pretend.faults.set()
        await drain(courier)
        scene.pass_s(LEASE_S + 1)
        await drain(courier)
        assert scene.received() == ONCE_EACH
        assert await scene.states() == {"sent": 200}


async def test_d17_a_wrong_secret_is_one_alarm_and_one_call_a_minute(database: Database) -> None:
    async with a_scene(database, Figures(secret="another")) as scene:
        await scene.promise(MANY)
        courier = scene.courier()
        with capture_logs() as logs:
            for _ in range(5):
                await courier.round()
        assert courier.away_s == 60
        assert scene.pretend.calls("token") == 1
        assert [each["event"] for each in logs if each["log_level"] == "error"] == [
            "wechat refuses the account"
        ]
        assert {(row.state, row.tries) for row in await scene.rows()} == {("promised", 0)}
        scene.pretend.rules = Figures()
        await scene.client.tokens._shared.delete(f"{scene.client.tokens._prefix}pause")
        await drain(courier)
        assert scene.received() == ONCE_EACH


async def test_d11_a_token_that_ends_in_the_middle_loses_nothing(scene: Scene) -> None:
    await scene.promise(MANY)
    courier = scene.courier(per_second=10)
    courier._caller.per_second = 1_000
    await courier.round()
    scene.pretend.tokens.expire(scene.pretend.now())
    await drain(courier)
    assert scene.received() == ONCE_EACH
    assert scene.pretend.calls("token") == 2


def breaking(conn: Any, item: Item, kept: dict[str, Any]) -> Notice:
    if item.openid == "o-3":
        raise KeyError("no such words")
    return said(conn, item, kept)


async def test_poison_is_set_aside_and_stops_nobody(scene: Scene) -> None:
    """No words, a payload that is none, letters that cannot be written, a kind nobody knows."""
    await scene.promise(MANY[:8])
    await scene.spoil("o-4", payload="{")
    await scene.spoil("o-5", payload='{"n": "\\ud800"}')
    await scene.spoil("o-6", kind="no_such_kind")
    await drain(scene.courier(words=breaking))
    ends = {row.openid: row.state for row in await scene.rows()}
    odd = {openid: state for openid, state in ends.items() if state != "sent"}
    assert odd == {"o-3": "failed", "o-4": "failed", "o-5": "unknown", "o-6": "unreachable"}
    assert len(scene.received()) == 4


async def test_a_fault_of_our_own_does_not_end_the_courier(scene: Scene) -> None:
    await scene.promise(["o-1"])
    courier, stopped, taken = scene.courier(), asyncio.Event(), []
    real = scene.database.run

    async def run(work: Any) -> Any:
        taken.append(work)
        if len(taken) == 1:
            raise ZeroDivisionError
        result = await real(work)
        if len(taken) == 3:
            stopped.set()
        return result

    scene.database.run = run  # type: ignore[method-assign]
    await courier.run(stopped)
    scene.database.run = real  # type: ignore[method-assign]
    assert await scene.states() == {"sent": 1}


async def test_told_to_stop_it_finishes_what_it_began_and_puts_the_rest_back(
    scene: Scene,
) -> None:
    await scene.promise(MANY)
    stopped = asyncio.Event()

    async def send(client: WeChatClient, _config: Any, plan: Plan, said: Notice) -> Outcome:
        stopped.set()
        values = said.values("template")
        return await client.template(plan.item.openid, "tpl", values, client_id=plan.item.client_id)

    await scene.courier(send=send).run(stopped)
    states = await scene.states()
    assert states["sent"] <= 5
    assert states["promised"] == 200 - states["sent"]


async def test_quiet_hours_wait_till_morning_but_not_what_is_urgent(database: Database) -> None:
    async with a_scene(database, at=MONDAY.replace(hour=22)) as scene:
        await scene.promise(["o-1"])
        await scene.promise(["o-2"], URGENT)
        courier = scene.courier()
        await drain(courier)
        assert [each.openid for each in scene.pretend.journal.received()] == ["o-2"]
        due = dt.datetime.fromtimestamp((await scene.rows())[0].due, MONDAY.tzinfo)
        assert due == MIDNIGHT.replace(hour=8)
        scene.pass_s(10 * 3_600 + 1)
        await drain(courier)
        assert await scene.states() == {"sent": 2}


async def test_who_does_not_follow_is_not_called_for(scene: Scene) -> None:
    await scene.promise(["o-1"])
    await scene.database.run(
        lambda conn: followers.record(
            conn, "o-1", following=False, created=1, now=scene.clock.now()
        )
    )
    await drain(scene.courier())
    assert await scene.states() == {"unreachable": 1}
    assert scene.pretend.calls("template") == 0


async def test_customer_messages_keep_to_their_window_and_number(scene: Scene) -> None:
    await scene.wrote("o-1")
    for n in range(7):
        await scene.promise(["o-1"], CUSTOM_ONLY, n)
    await scene.promise(["o-2"], CUSTOM_ONLY)  # never wrote
    courier = scene.courier()
    await drain(courier)
    assert await scene.states() == {"sent": 5, "unreachable": 3}
    assert scene.pretend.calls("custom") == 5
    scene.pass_s(47 * 3_600)
    await scene.wrote("o-1")
    await scene.promise(["o-1"], CUSTOM_ONLY, 10)
    await drain(courier)
    assert (await scene.states())["sent"] == 6
    scene.pass_s(49 * 3_600)
    await scene.promise(["o-1"], CUSTOM_ONLY, 11)
    await drain(courier)
    assert await scene.states() == {"sent": 6, "unreachable": 4}
    assert scene.pretend.counts["custom", "0"] == 6


async def test_withdrawn_while_it_waits_is_not_sent(scene: Scene) -> None:
    await scene.promise(["o-1", "o-2"])
    assert await scene.database.run(lambda conn: withdraw(conn, f"{ASKED_FOR}:1:o-1"))
    await drain(scene.courier())
    assert [each.openid for each in scene.pretend.journal.received()] == ["o-2"]
    assert not await scene.database.run(lambda conn: withdraw(conn, f"{ASKED_FOR}:1:o-2"))


async def test_what_was_in_hand_when_its_announcement_was_stopped_is_not_sent_later(
    scene: Scene,
) -> None:
    """WeChat is away, so the handful goes back; then the announcement is stopped."""
    await scene.promise(MANY[:9])
    for openid in MANY[:8]:
        await scene.spoil(openid, payload='{"n": 1, "announcement": 7}', announcement=7)
    await scene.spoil(MANY[8], payload='{"n": 1, "announcement": ["odd"]}')
    row = dict.fromkeys(["digest", "title", "text", "about", "class_number", "link"], "")
    row |= {"number": 7, "audience": "", "county": "", "state": "sending", "made_by": ""}
    row |= dict.fromkeys(["people", "recipients", "made"], 0)
    await scene.database.run(lambda conn: conn.execute(insert(announcements), row))
    scene.pretend.faults.set(Fault(call="template", status=503))
    courier = scene.courier()
    await courier.round()
    assert await scene.states() == {"promised": 9}
    stop = update(announcements).values(state="stopped")
    await scene.database.run(lambda conn: conn.execute(stop).rowcount)
    scene.pretend.faults.set()
    await drain(courier)
    assert await scene.states() == {"stopped": 8, "sent": 1}
    assert [openid for openid, _ in scene.received()] == [MANY[8]]


async def test_a_short_rest_does_not_end_a_long_one(scene: Scene) -> None:
    now = scene.clock.now()

    def work(conn: Any) -> dict[str, dt.datetime]:
        pauses.pause(conn, "template", MIDNIGHT, "daily_quota")
        pauses.pause(conn, "template", now + dt.timedelta(seconds=2), "too_fast")
        return pauses.paused(conn, now)

    assert await scene.database.run(work) == {"template": MIDNIGHT}


REMINDER, WORTH = "class_reminder", RULES.kinds["class_reminder"].worth


@pytest.mark.parametrize("kind", RULES.kinds)
@pytest.mark.parametrize(("over", "sent"), [(-1, True), (0, True), (1, False)])
def test_one_second_makes_it_too_late(kind: str, over: int, *, sent: bool) -> None:
    since = MONDAY - RULES.kinds[kind].worth - dt.timedelta(seconds=over)
    item = ledger.Item(1, kind, "o-1", {}, 0, again=False, channel="", since=since)
    person = Standing(follows=True, last=int(MONDAY.timestamp()), asked={1})
    plan = choose(item, person, Rules(RULES, dict.fromkeys(RULES.kinds, "tpl"), {}), MONDAY)
    assert isinstance(plan, ledger.Plan) == sent
    assert (plan.reason == TOO_LATE) == (not sent)


async def test_what_waited_too_long_is_set_aside_without_a_call(scene: Scene) -> None:
    await scene.promise(["o-1"], REMINDER, due=MONDAY - WORTH + dt.timedelta(minutes=5))
    await scene.promise(["o-2"], REMINDER, due=MONDAY - WORTH - dt.timedelta(seconds=1))
    await drain(scene.courier(templates={REMINDER: "tpl"}))
    ends = {row.openid: (row.state, row.tries) for row in await scene.rows()}
    assert ends == {"o-1": ("sent", 1), "o-2": ("unreachable", 0)}
    assert [openid for openid, _ in scene.received()] == ["o-1"]


@pytest.mark.parametrize("days", [6, 9])
async def test_a_message_waits_for_a_channel_that_rests_for_days_but_not_for_ever(
    scene: Scene, days: int
) -> None:
    """Put off to the end of the rest; 168 hours after it was due it ends."""
    until = MONDAY + dt.timedelta(days=days)
    await scene.promise(["o-1"])
    await scene.promise(["o-2"], REMINDER)
    await scene.database.run(lambda conn: pauses.pause(conn, "template", until, "out of quota"))
    courier = scene.courier(templates={ASKED_FOR: "tpl", REMINDER: "tpl"})
    for _ in range(2 * days + 1):
        await drain(courier)
        scene.pass_s(43_200)
    ends = {row.openid: (row.state, row.reason) for row in await scene.rows()}
    assert ends["o-2"] == ("unreachable", TOO_LATE)
    assert ends["o-1"][0] == ("sent" if days < RULES.kinds[ASKED_FOR].worth.days else "unreachable")
    assert {row.first_due for row in await scene.rows()} == {int(MONDAY.timestamp())}


async def test_what_may_have_arrived_is_not_too_late(scene: Scene) -> None:
    """A repeat under the same id is no message of its own: it only makes sure."""
    await scene.promise(["o-1"], REMINDER, due=MONDAY - WORTH + dt.timedelta(seconds=LEASE_S))
    scene.pretend.faults.set(Fault(call="template", drop="after"))
    courier = scene.courier(templates={REMINDER: "tpl"})
    await drain(courier)
    assert await scene.states() == {"sending": 1}
    scene.pretend.faults.set()
    scene.pass_s(LEASE_S + 1)
    await drain(courier)
    assert await scene.states() == {"sent": 1}
    assert list(scene.received().values()) == [1]
