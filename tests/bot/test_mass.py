"""Mass sends: one call for many, each person once, whatever happens to the call."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import secrets
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from couriers import MONDAY, RULES, Scene, a_scene
from running import measure
from sqlalchemy import func, insert, select

from bot.mass import MassCourier
from bot.post import send_mass
from bot.verdict import TRIES
from bot.wechat.pretend.faults import Fault
from handlers.notices import Notice
from jcbot import finish_events, followers, pauses
from jcbot.announcing import again, mass_events, rows, service
from jcbot.announcing.mass_events import MassFinish
from jcbot.announcing.showing import status
from jcbot.ledger import LEASE_S
from jcbot.staff.model import By
from jcbot.storage.notice_tables import announcements, mass_sends
from jcbot.storage.training_tables import outbox
from jcbot.wishes import WishService

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from typing import Any

    from sqlalchemy import Connection

    from bot.wechat.client import WeChatClient
    from bot.wechat.outcomes import Outcome
    from jcbot.ledger import Plan
    from jcbot.storage.database import Database

TEN = replace(RULES, mass=replace(RULES.mass, most=10))
BY = By("cli:root", MONDAY)
MANY = [f"o-{n}" for n in range(21)]
NEXT_MONTH = dt.datetime(2026, 12, 1, tzinfo=MONDAY.tzinfo)


@pytest.fixture
def database(shared_database: Database) -> Database:
    return shared_database


@pytest.fixture
async def scene(database: Database) -> AsyncIterator[Scene]:
    async with a_scene(database) as made:
        yield made


def said(_conn: Connection, number: int) -> Notice:
    return Notice(f"第{number}号")


def courier(scene: Scene, database: Database | None = None, **parts: Any) -> MassCourier:
    send = parts.pop("send", partial(send_mass, scene.client))
    made = MassCourier(database or scene.database, scene.clock, TEN, send, said, **parts)
    made._caller.per_second = 1_000
    return made


async def listed(scene: Scene, people: Iterable[str], number: int = 1) -> None:
    """An announcement on its way whose people wait for a mass send."""
    row = {"number": number, "digest": f"{number}", "title": "t", "text": "x", "about": "classes",
           "class_number": "", "link": "", "audience": "followers", "county": "", "people": 1,
           "state": rows.SENDING, "recipients": 1, "made": 0, "made_by": "li", "queued": 1,
           "road": rows.MASS}  # fmt: skip
    due = int(scene.clock.now().timestamp())

    def work(conn: Connection) -> None:
        conn.execute(insert(announcements).values(row))
        for openid in people:
            conn.execute(
                insert(outbox).values(
                    key=f"announcement:{number}:{openid}", kind="announcement", openid=openid,
                    payload="{}", due=due, state="listed", announcement=number,
                )
            )  # fmt: skip

    await scene.database.run(work)


async def drain(mass: MassCourier) -> None:
    while await mass.round():
        pass


def received(scene: Scene) -> Counter[str]:
    return Counter(each.openid for each in scene.pretend.journal.received(channel="mass"))


async def sizes(scene: Scene) -> list[int]:
    query = select(mass_sends.c.people).order_by(mass_sends.c.number)
    return list(await scene.database.run(lambda conn: conn.execute(query).scalars().all()))


async def sends(scene: Scene) -> list[str]:
    query = select(mass_sends.c.state).order_by(mass_sends.c.number)
    return list(await scene.database.run(lambda conn: conn.execute(query).scalars().all()))


async def test_each_once_and_none_is_left_alone_at_the_end(scene: Scene) -> None:
    """A call takes two people at least: of 21 in calls of ten, the last three stay together."""
    await listed(scene, MANY)
    await drain(courier(scene))
    await scene.pretend.settled()
    assert received(scene) == dict.fromkeys(MANY, 1)
    assert await sizes(scene) == [9, 9, 3]
    assert await scene.states() == {"sent": 21}
    row = (await scene.rows())[0]
    assert (row.channel, row.client_id, row.mass) == ("mass", "jcbot-m1", 1)
    assert row.ref


async def test_exactly_a_call_is_one_call(scene: Scene) -> None:
    await listed(scene, MANY[:10])
    await drain(courier(scene))
    assert await sizes(scene) == [10]


async def test_who_left_or_refuses_is_left_out(scene: Scene) -> None:
    def work(conn: Connection) -> None:
        followers.record(conn, "o-1", following=False, created=1, now=MONDAY)
        followers.record(conn, "o-2", following=True, created=1, now=MONDAY)
        WishService(conn, "o-3", MONDAY).unwish(["classes"])
        WishService(conn, "o-4", MONDAY).unwish(["jobs"])

    await scene.database.run(work)
    await listed(scene, MANY[:6])
    await drain(courier(scene))
    await scene.pretend.settled()
    assert set(received(scene)) == {"o-0", "o-2", "o-4", "o-5"}
    why = {row.openid: row.reason for row in await scene.rows() if row.state == "unreachable"}
    assert why == {"o-1": "does not follow the account", "o-3": "unsubscribed"}


async def test_the_fifth_of_a_month_goes_the_ordinary_way_and_the_next_month_counts_anew(
    scene: Scene,
) -> None:
    for number in range(1, 5):
        await listed(scene, MANY[:4], number)
        await drain(courier(scene))
    await listed(scene, MANY[:6], 5)  # two of them have had none
    await drain(courier(scene))
    await scene.pretend.settled()
    assert received(scene) == dict.fromkeys(MANY[:4], 4) | {"o-4": 1, "o-5": 1}
    found = {row.openid: row.state for row in await scene.rows() if row.announcement == 5}
    assert found == dict.fromkeys(MANY[:4], "promised") | {"o-4": "sent", "o-5": "sent"}
    scene.pass_s((NEXT_MONTH - MONDAY).total_seconds())
    scene.pass_s(9 * 3_600)
    await listed(scene, MANY[:4], 6)
    await drain(courier(scene))
    await scene.pretend.settled()
    assert received(scene)["o-0"] == 5


async def test_one_alone_goes_the_ordinary_way(scene: Scene) -> None:
    await listed(scene, ["o-1"])
    await drain(courier(scene))
    assert scene.pretend.calls("mass_by_list") == 0
    assert await scene.states() == {"promised": 1}


@pytest.mark.parametrize("how", ["after", "middle"])
async def test_delivered_but_the_line_dropped_is_sent_once(scene: Scene, how: Any) -> None:
    scene.pretend.faults.set(Fault(call="mass_by_list", drop=how, times=2))
    await listed(scene, MANY)
    await drain(courier(scene))
    await scene.pretend.settled()
    assert received(scene) == dict.fromkeys(MANY, 1)
    assert await scene.states() == {"sent": 21}
    assert len({row.ref for row in await scene.rows()}) == 3


async def without_id(client: WeChatClient, plan: Plan, words: Notice) -> Outcome:
    return await client.mass_by_list(plan.item.openids, words.text, client_id=secrets.token_hex(8))


@pytest.mark.parametrize("with_id", [True, False])
async def test_killed_in_the_middle_of_a_call(scene: Scene, *, with_id: bool) -> None:
    """After the lease another courier makes the same call; without the id it arrives twice."""
    send = partial(send_mass if with_id else without_id, scene.client)
    await listed(scene, MANY[:5])
    scene.pretend.faults.set(Fault(call="mass_by_list", hang_s=9))
    task = asyncio.create_task(courier(scene, send=send).round())
    while not received(scene):  # noqa: ASYNC110 - no event there
        await asyncio.sleep(0.005)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    scene.pretend.faults.set()
    await drain(courier(scene, send=send))
    assert await sends(scene) == ["sending"]
    scene.pass_s(LEASE_S + 1)
    await drain(courier(scene, send=send))
    await scene.pretend.settled()
    assert received(scene) == dict.fromkeys(MANY[:5], 1 if with_id else 2)
    assert await scene.states() == {"sent": 5}


async def test_no_clear_answer_for_too_long_is_unknown_and_not_sent_again(scene: Scene) -> None:
    scene.pretend.faults.set(Fault(call="mass_by_list", drop="before"))
    await listed(scene, MANY[:5])
    await courier(scene).round()
    scene.pass_s(RULES.mass.hours * 3_600)
    await drain(courier(scene))
    scene.pretend.faults.set()
    await drain(courier(scene))
    assert await sends(scene) == ["unknown"]
    assert {row.reason for row in await scene.rows()} == {"no clear answer for too long"}
    assert received(scene) == {}


async def test_two_couriers_on_two_databases_send_each_once(
    two: tuple[Database, Database],
) -> None:
    async with a_scene(two[0]) as scene:
        await listed(scene, [f"o-{n}" for n in range(95)])
        await asyncio.gather(*(drain(courier(scene, each)) for each in two for _ in range(2)))
        await scene.pretend.settled()
        assert set(received(scene).values()) == {1}
        assert len(received(scene)) == 95
        assert sum(await sizes(scene)) == 95


@pytest.mark.parametrize(("waited_d", "state"), [(0, "unreachable"), (5, "sent")])
async def test_the_months_quota_of_the_account_rests_the_channel(
    scene: Scene, waited_d: int, state: str
) -> None:
    """Until the first; what has waited for more than a week by then is not sent any more."""
    scene.pass_s(waited_d * 86_400)
    scene.pretend.faults.set(Fault(call="mass_by_list", code=45_028))
    await listed(scene, MANY)
    await drain(courier(scene))
    assert scene.pretend.calls("mass_by_list") == 1
    assert await scene.states() == {"listed": 21}
    resting = await scene.database.run(lambda conn: pauses.paused(conn, MONDAY))
    assert resting == {"mass": NEXT_MONTH}
    scene.pretend.faults.set()
    scene.pass_s((NEXT_MONTH - scene.clock.now()).total_seconds() + 9 * 3_600)
    await drain(courier(scene))
    assert await scene.states() == {state: 21}


async def test_what_wechat_never_takes_is_failed_for_all(scene: Scene) -> None:
    scene.pretend.faults.set(Fault(call="mass_by_list", code=48_001))
    await listed(scene, MANY[:5])
    await drain(courier(scene))
    assert await scene.states() == {"failed": 5}
    assert (await scene.rows())[0].reason == "no_permission (48001)"


async def test_what_always_fails_is_set_aside_at_last(scene: Scene) -> None:
    scene.pretend.faults.set(Fault(call="mass_by_list", code=-1))
    await listed(scene, MANY[:5])
    for _ in range(TRIES + 2):
        await drain(courier(scene))
        scene.pass_s(3_601)
    assert scene.pretend.calls("mass_by_list") == TRIES + 1
    assert await scene.states() == {"failed": 5}


async def test_wechat_out_of_reach_costs_nothing(scene: Scene) -> None:
    scene.pretend.faults.set(Fault(call="mass_by_list", status=503))
    await listed(scene, MANY[:5])
    mass = courier(scene)
    for _ in range(TRIES + 2):
        await mass.round()
        scene.pass_s(60)
    assert mass.away_s > 1
    scene.pretend.faults.set()
    await drain(courier(scene))
    await scene.pretend.settled()
    assert received(scene) == dict.fromkeys(MANY[:5], 1)


async def test_quiet_hours_wait_till_morning(database: Database) -> None:
    async with a_scene(database, at=MONDAY.replace(hour=21)) as scene:
        await listed(scene, MANY[:5])
        await drain(courier(scene))
        assert scene.pretend.calls("mass_by_list") == 0
        scene.pass_s(11 * 3_600)
        await drain(courier(scene))
        assert await scene.states() == {"sent": 5}


async def test_stopped_the_rest_is_not_sent(scene: Scene) -> None:
    await listed(scene, MANY)
    await courier(scene).round()
    assert await scene.database.run(lambda conn: service.stop(conn, BY, 1)) == 12
    await drain(courier(scene))  # the rows are still there: it sees that they are not wanted
    assert await scene.states() == {"sent": 9, "stopped": 12}


async def finished(scene: Scene, **more: Any) -> bool:
    event = MassFinish(**{"ref": "", "status": "send success", "total": 5, "filtered": 5,
                          "reached": 5, "failed": 0} | more)  # fmt: skip
    return await scene.database.run(lambda conn: mass_events.finish(conn, event, MONDAY))


async def test_a_finish_event_settles_the_send_forward_only(scene: Scene) -> None:
    await listed(scene, MANY[:5])
    await drain(courier(scene))
    ref = (await scene.rows())[0].ref
    assert not await finished(scene, ref="1")
    assert not await finished(scene)
    assert await finished(scene, ref=ref)
    assert not await finished(scene, ref=ref, status="send fail", reached=0)
    assert await scene.states() == {"delivered": 5}
    assert await sends(scene) == ["finished"]


async def test_who_was_not_reached_is_not_named_so_none_counts_as_delivered(scene: Scene) -> None:
    await listed(scene, MANY[:5])
    await drain(courier(scene))
    assert await finished(scene, ref=(await scene.rows())[0].ref, filtered=4, reached=3, failed=1)
    assert await scene.states() == {"sent": 5}
    found = await scene.database.run(lambda conn: status(conn, 1, 7))
    assert [(each.total, each.filtered, each.reached, each.failed) for each in found.mass] == [
        (5, 4, 3, 1)
    ]


async def test_an_event_that_says_it_failed_fails_all_of_it(scene: Scene) -> None:
    await listed(scene, MANY[:5])
    await drain(courier(scene))
    why = {"status": "err(20013)", "filtered": 0, "reached": 0}
    assert await finished(scene, ref=(await scene.rows())[0].ref, **why)
    assert await scene.states() == {"failed": 5}
    assert (await scene.rows())[0].reason == "mass send failed: err(20013)"


async def test_an_event_that_overtakes_the_answer_settles_a_stalled_send(scene: Scene) -> None:
    """One that staff sent by hand on the platform, to others, settles nothing of ours."""
    scene.pretend.faults.set(Fault(call="mass_by_list", drop="before"))
    await listed(scene, MANY[:5])
    await courier(scene).round()
    assert not await finished(scene, ref="9", total=7)
    assert await finished(scene, ref="9")
    scene.pass_s(LEASE_S + 1)
    await drain(courier(scene))
    assert await scene.states() == {"delivered": 5}


async def test_between_two_sends_without_an_id_none_is_guessed(scene: Scene) -> None:
    scene.pretend.faults.set(Fault(call="mass_by_list", drop="before"))
    for number in (1, 2):
        await listed(scene, MANY[:5], number)
        await courier(scene).round()
    assert not await finished(scene, ref="9")


async def test_a_template_event_is_not_taken_for_one_of_a_mass_send(scene: Scene) -> None:
    scene.pretend.faults.set(Fault(call="mass_by_list", drop="before"))
    await listed(scene, MANY[:5])
    await courier(scene).round()
    event = finish_events.Finish("o-1", "9", delivered=True, reason="success")
    assert not await scene.database.run(lambda conn: finish_events.finish(conn, event, MONDAY))


async def retried(scene: Scene, **more: Any) -> int:
    never = ["not_following", "refused_by_user"]
    by = replace(BY, at=scene.clock.now())
    return await again.retry(scene.database, by, 1, never, **more)


async def test_retried_by_hand_it_is_another_send_with_another_id(scene: Scene) -> None:
    await listed(scene, MANY[:5])
    scene.pretend.faults.set(Fault(call="mass_by_list", code=48_001))
    await drain(courier(scene))
    scene.pretend.faults.set()
    assert await retried(scene) == 5
    await drain(courier(scene))
    await scene.pretend.settled()
    assert received(scene) == dict.fromkeys(MANY[:5], 1)
    assert {row.client_id for row in await scene.rows()} == {"jcbot-m2"}
    assert await retried(scene) == 0


async def test_only_what_may_pass_is_retried_and_the_unknown_only_when_asked(scene: Scene) -> None:
    await listed(scene, MANY[:8])
    reasons = {
        "o-0": ("failed", "tried 9 times: busy (-1)"), "o-1": ("failed", "not_following (43004)"),
        "o-2": ("failed", "failed:user block"), "o-3": ("failed", "failed: system failed"),
        "o-4": ("unreachable", "no channel is allowed"), "o-5": ("unreachable", "unsubscribed"),
        "o-6": ("unknown", "no clear answer: timeout"), "o-7": ("sent", "wrote"),
    }  # fmt: skip
    for openid, (state, reason) in reasons.items():
        await scene.spoil(openid, state=state, reason=reason, settled=1)
    await scene.spoil("o-0", key="erased:1")
    assert await retried(scene) == 2
    again_ = {row.openid for row in await scene.rows() if row.state == "listed"}
    assert again_ == {"o-3", "o-4"}
    assert await retried(scene, unknown=True) == 1


async def test_the_unknown_taken_as_arrived(scene: Scene) -> None:
    await listed(scene, MANY[:2])
    await scene.spoil("o-0", state="unknown")
    await scene.spoil("o-1", state="failed")
    assert await scene.database.run(lambda conn: again.arrived(conn, BY, 1)) == 1
    assert await scene.states() == {"sent": 1, "failed": 1}
    many = await scene.database.run(lambda c: c.execute(select(func.count(outbox.c.id))).scalar())
    assert many == 2


async def test_a_template_retried_by_hand_is_another_message(scene: Scene) -> None:
    """Within ten minutes the same id would pass for a repeat, and never arrive."""
    await scene.promise(["o-1"])
    await courier_of_others(scene)
    await scene.spoil("o-1", announcement=1, state="failed", reason="failed: system failed")
    await scene.database.run(
        lambda conn: conn.execute(
            insert(announcements).values(
                number=1, digest="1", title="t", text="x", about="classes", class_number="",
                link="", audience="a", county="", people=1, state=rows.DONE, recipients=1,
                made=0, made_by="li",
            )
        )
    )  # fmt: skip
    assert await retried(scene) == 1
    await courier_of_others(scene)
    assert scene.received() == {("o-1", "first：第1条"): 2}
    assert (await scene.rows())[0].client_id == "jcbot-1-1"


async def courier_of_others(scene: Scene) -> None:
    other = scene.courier()
    while await other.round():
        pass


def test_the_benchmark_of_many_is_still_right(database_url: str) -> None:
    """On PostgreSQL a plan gone wrong ended it after a few sends: 45,000 are enough to see."""
    code, told = measure("mass", "--people", "45000", "--server", database_url)
    assert code == 0, told
    assert "45000 waiting, 5 sends to 42750" in told
