"""Announcements: each recipient once, whatever is killed or doubled; approved, stopped, refused."""

from __future__ import annotations

import asyncio
import collections
import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import announcer
import pytest
import town
from lists import OLD
from school import NOW
from sqlalchemy import select, update

from jcbot import ledger
from jcbot.announcing import rows, service
from jcbot.announcing import sending as sending_module
from jcbot.announcing.counting import Counts, count
from jcbot.announcing.letters import Letter
from jcbot.announcing.parsing import AudienceError, parse_audience
from jcbot.announcing.sending import GrownError, Sending, put_out, take_back
from jcbot.announcing.showing import status
from jcbot.audit import audit_key, latest
from jcbot.audit_check import verify
from jcbot.channels import Rules, choose
from jcbot.ledger import Settled
from jcbot.people.bindings import bind
from jcbot.staff.model import Account, By, NotAllowedError, StaffError
from jcbot.standing import standings
from jcbot.storage.database import open_database
from jcbot.storage.identity_tables import bindings
from jcbot.storage.tables import followers
from jcbot.storage.training_tables import outbox
from jcbot.wishes import WishService
from knowledge.staff import load_staff

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from jcbot.storage.database import Database

BY = By("cli:root", NOW, "cli:root@server")
LETTER = Letter("开班了", "12月开班。", "classes", "", "")
EVERYBODY = announcer.AUDIENCE
RECIPIENTS = 150 + 30 + 33  # bound of the registry; followers who are not, s… and p…


def clerk(name: str, role: str = "city", county: str = "") -> By:
    account = Account(1, name, load_staff().roles[role], county, "", enabled=True, locked_until=0)
    return replace(BY, actor=name, account=account)


async def begun(database: Database, most: int = 500, audience: str = EVERYBODY) -> Row[Any]:
    counts = Counts({"custom": RECIPIENTS})
    row = await database.run(lambda conn: service.draft(conn, BY, LETTER, audience, counts))
    await database.run(lambda conn: service.begin(conn, BY, row.number, RECIPIENTS, most))
    return row


async def put(database: Database, most: int = 500, audience: str = EVERYBODY) -> int:
    node = parse_audience(audience, town.words())
    return await put_out(database, Sending(1, node, town.rules(), NOW, most), lambda *_: None)


def addressed(conn: Connection) -> list[str]:
    return list(conn.execute(select(outbox.c.openid).where(outbox.c.announcement == 1)).scalars())


async def once_each(database: Database) -> None:
    """Every recipient has one row, and nobody else has any."""
    found = await database.run(addressed)
    following = select(followers.c.openid).where(followers.c.following)
    known = following.union(select(bindings.c.openid))
    expected = await database.run(lambda conn: list(conn.execute(known).scalars()))
    assert sorted(found) == sorted(expected)
    assert len(found) == RECIPIENTS


async def test_killed_half_way_and_started_again_each_is_there_once(shared_url: str) -> None:
    database = open_database(shared_url, audit_key=audit_key(OLD.index_key))
    await database.migrate()
    await town.build(database)
    await begun(database)
    for pieces in (2, 4):
        killed = await asyncio.to_thread(run, shared_url, str(pieces))
        assert killed.returncode == -9, killed.stderr
    half = len(await database.run(addressed))
    assert 0 < half < RECIPIENTS
    again = await asyncio.to_thread(run, shared_url)
    assert again.stdout == f"{RECIPIENTS}\n", again.stderr
    await once_each(database)
    await database.close()


async def test_two_commands_at_once_put_each_in_once(shared_url: str) -> None:
    database = open_database(shared_url, audit_key=audit_key(OLD.index_key))
    await database.migrate()
    await town.build(database)
    await begun(database)
    done = await asyncio.gather(*(asyncio.to_thread(run, shared_url) for _ in range(3)))
    assert {each.stdout for each in done} == {f"{RECIPIENTS}\n"}, [each.stderr for each in done]
    await once_each(database)
    await database.close()


def run(*words: str) -> subprocess.CompletedProcess[str]:
    here = Path(__file__).parent
    paths = os.pathsep.join(map(str, (here, here.parent.parent)))
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(here / "announcer.py"), *words],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_who_changes_his_phone_half_way_is_told_once(database: Database) -> None:
    await town.build(database)
    await begun(database)
    await put(database)

    def moved(conn: Connection) -> None:
        key = conn.execute(select(bindings.c.id_key).where(bindings.c.openid == "p2")).scalar_one()
        bind(conn, "new", key, NOW)
        bind(conn, "s1", conn.execute(select(bindings.c.id_key).limit(1)).scalar_one(), NOW)

    await database.run(moved)
    await put(database)
    found = await database.run(addressed)
    assert len(found) == len(set(found)) == RECIPIENTS
    assert "new" not in found


async def test_what_was_counted_is_what_the_courier_decides(database: Database) -> None:
    await town.build(database)
    await begun(database)
    await put(database)
    roads = town.roads(agreed=town.AGREED)
    node = parse_audience(EVERYBODY, town.words())
    counts = await count(database, node, town.rules(), roads, lambda *_: None)
    rules = Rules(roads.sending, {"announcement": "T1"}, {}, {"announcement": town.AGREED})

    def decide(conn: Connection) -> collections.Counter[str]:
        items = ledger.claim(conn, "me", NOW, 1_000)
        people = standings(conn, items, rules.sending)
        plans = [choose(each, people[each.openid], rules, NOW) for each in items]
        return collections.Counter(
            each.reason if isinstance(each, Settled) else each.channel for each in plans
        )

    names = {"unfollowed": "does not follow the account", "no_channel": "no channel is allowed"}
    expected = {names.get(k, k): n for k, n in counts.by.items() if k != "unbound"}
    assert await database.run(decide) == expected
    assert min(expected["unsubscribed"], expected["subscription"]) > 0


async def test_who_refuses_the_kind_is_not_reached_and_who_refuses_another_is(
    database: Database,
) -> None:
    rules = Rules(town.roads().sending, {"announcement": "T1"}, {})

    def outcome(conn: Connection, about: str) -> str:
        payload = {"announcement": 1, "about": about}
        item = ledger.Item(1, "announcement", "o1", payload, 0, again=False, channel="", since=NOW)
        person = standings(conn, [item], rules.sending)[item.openid]
        plan = choose(item, person, rules, NOW)
        return plan.reason if isinstance(plan, Settled) else plan.channel

    def wish(conn: Connection, *off: str) -> None:
        mine = WishService(conn, "o1", NOW)
        mine.wish("policy")
        mine.wish("jobs", "高平市")
        mine.unwish(off)

    await database.run(lambda conn: wish(conn, "jobs"))
    said = {each: await database.run(partial(outcome, about=each)) for each in ("policy", "jobs")}
    assert said == {"policy": "template", "jobs": "unsubscribed"}
    assert await database.run(partial(outcome, about="classes")) == "no channel is allowed"
    await database.run(lambda conn: WishService(conn, "o1", NOW).forget())
    assert await database.run(partial(outcome, about="jobs")) == "unsubscribed"
    assert await database.run(partial(outcome, about="policy")) == "no channel is allowed"
    await database.run(lambda conn: WishService(conn, "o1", NOW).wish("jobs"))
    assert await database.run(partial(outcome, about="jobs")) == "template"


async def test_many_need_a_second_person(database: Database) -> None:
    await town.build(database)
    row = await begun(database, most=100)
    assert (await state(database)) == "draft"
    with pytest.raises(StaffError, match="已经不在发送状态"):
        await put(database)
    for by, why in [
        (BY, "批准要用账号"),
        (clerk("wang", "county", "高平市"), "不能办这件事"),
        (clerk("cli:root"), "不能批准自己写的"),
    ]:
        with pytest.raises(StaffError, match=why):
            await database.run(partial(approve, by=by))
    await database.run(partial(approve, by=clerk("li")))
    await database.run(partial(approve, by=clerk("li")))
    with pytest.raises(StaffError, match="已经批准，不用批准"):
        await database.run(partial(approve, by=clerk("zhao")))
    assert await database.run(lambda conn: service.begin(conn, BY, row.number, RECIPIENTS, 100))
    assert await put(database, most=100) == RECIPIENTS
    lines = [each.entry for each in await database.run(lambda conn: latest(conn, 9))]
    assert [(each.action, each.actor) for each in lines[-3:]] == [
        ("announcements.write", "cli:root"),
        ("announcements.approve", "li"),
        ("announcements.send", "cli:root"),
    ]
    assert await database.run(lambda conn: verify(conn, audit_key(OLD.index_key))) == []


def approve(conn: Connection, by: By) -> None:
    service.approve(conn, by, 1)


async def state(database: Database) -> str:
    return (await database.run(lambda conn: rows.take(conn, 1))).state


async def test_an_audience_that_grew_goes_back_to_be_approved(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending_module, "PIECE", 20)
    await town.build(database)
    await begun(database, most=RECIPIENTS)
    with pytest.raises(GrownError, match="超过100人要第二个人批准"):
        await put(database, most=100)
    assert await state(database) == "draft"
    assert 0 < len(await database.run(addressed)) <= 100
    await database.run(partial(approve, by=clerk("li")))
    await database.run(lambda conn: service.begin(conn, BY, 1, RECIPIENTS, 100))
    await put(database, most=100)
    await once_each(database)


async def test_stopped_the_rest_is_never_sent_and_what_was_sent_stays(database: Database) -> None:
    await town.build(database)
    await begun(database)
    await put(database)
    some = update(outbox).where(outbox.c.openid.in_(["p2", "p4"])).values(state="sent")
    await database.run(lambda conn: conn.execute(some).rowcount)
    assert await database.run(lambda conn: service.stop(conn, BY, 1)) == RECIPIENTS - 2
    await take_back(database, 1, NOW)
    assert await database.run(lambda conn: ledger.claim(conn, "me", NOW, 1_000)) == []
    found = await database.run(lambda conn: status(conn, 1, 0))
    assert (found.row.state, found.states) == ("stopped", {"sent": 2, "stopped": RECIPIENTS - 2})
    for act in (put, begun):
        with pytest.raises(StaffError):
            await act(database)
    with pytest.raises(StaffError, match="没有可停的"):
        await database.run(lambda conn: service.stop(conn, BY, 1))


async def test_who_is_erased_is_not_written_to_nor_named(database: Database) -> None:
    await town.build(database)
    await begun(database)
    await put(database)
    await database.run(lambda conn: service.forget(conn, "p2", NOW))
    await put(database)
    mine = select(outbox.c.key, outbox.c.state).where(outbox.c.openid == "p2")
    [(key, found)] = await database.run(lambda conn: conn.execute(mine).all())
    assert found == "stopped"
    assert key.startswith("erased:")
    assert (await database.run(lambda conn: status(conn, 1, 0))).states == {
        "promised": RECIPIENTS - 1,
        "stopped": 1,
    }


async def test_it_is_done_when_the_last_is_settled(database: Database) -> None:
    await town.build(database)
    await begun(database)
    await put(database)
    look = partial(status, number=1, now=7)
    assert (await database.run(look)).row.state == "sending"
    settled = update(outbox).values(state="delivered")
    await database.run(lambda conn: conn.execute(settled).rowcount)
    assert (await database.run(look)).row.state == "done"
    with pytest.raises(StaffError, match="已经发完；要再发，改一下标题或正文"):
        await begun(database)


async def test_a_countys_clerk_reaches_his_county_only(database: Database) -> None:
    gao, yang = clerk("wang", "county", "高平市"), clerk("sun", "county", "阳城县")
    said = await database.run(lambda _: service.narrowed(gao, "card or followers", town.words()))
    assert said == "(card or followers) and county = 高平市"
    with pytest.raises(AudienceError):
        service.narrowed(gao, "card) or (card", town.words())
    with pytest.raises(NotAllowedError):
        service.narrowed(clerk("he", "teacher"), "card", town.words())
    await database.run(lambda conn: service.draft(conn, gao, LETTER, said, Counts()))
    for act in (service.stop, service.reachable):
        refused = {"by": yang, "number": 1}
        with pytest.raises(NotAllowedError):
            await database.run(partial(act, **refused))
    assert await database.run(lambda conn: service.stop(conn, gao, 1)) == 0


async def test_the_same_content_for_the_same_people_is_one(database: Database) -> None:
    first = await begun(database)
    assert (await begun(database)).number == first.number
    assert (await begun(database, audience="card")).number != first.number


async def test_a_class_called_off_is_not_announced(database: Database) -> None:
    letter = replace(LETTER, course="XX-1")
    with pytest.raises(StaffError, match="没有这个班"):
        await database.run(lambda conn: service.draft(conn, BY, letter, "card", Counts()))
