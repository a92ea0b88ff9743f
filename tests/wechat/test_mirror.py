"""Followers and tags taken over from WeChat: `jcbot wechat followers`, `jcbot wechat tags`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from apis import calling
from sqlalchemy import select

from bot.asking import CallError
from bot.mirror import pull_followers, pull_tags
from bot.wechat.pretend.faults import Fault
from bot.wechat.pretend.rules import Rules
from bot.wechat.pretend.world import Pretend, pretending
from jcbot import followers, tags
from jcbot.clock import Clock, machine_time
from jcbot.shared import MemoryShared
from jcbot.storage.database import Database, open_database
from jcbot.storage.notice_tables import follower_tags
from jcbot.storage.tables import followers as table

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sqlalchemy import Connection

    from bot.wechat.client import WeChatClient

NOW = Clock().now()
PEOPLE = [f"o-{n}" for n in range(8)]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path}/t.db")
    await opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
async def pretend() -> AsyncIterator[Pretend]:
    async with pretending(Rules(page=3)) as made:
        for each in PEOPLE:
            made.people.put(each)
        yield made


@pytest.fixture
async def client(pretend: Pretend) -> AsyncIterator[WeChatClient]:
    async with calling(pretend.url, MemoryShared(), Clock()) as made:
        yield made


def following(conn: Connection) -> set[str]:
    return set(conn.execute(select(table.c.openid).where(table.c.following)).scalars())


def tagged(conn: Connection) -> set[tuple[str, str]]:
    rows = conn.execute(select(follower_tags.c.tag, follower_tags.c.openid))
    return {(row.tag, row.openid) for row in rows}


async def test_who_followed_before_is_known_after(
    database: Database, pretend: Pretend, client: WeChatClient
) -> None:
    assert await pull_followers(database, client, NOW) == (8, 0)
    assert await database.run(following) == set(PEOPLE)
    assert pretend.calls("users") == 4  # three pages, and the empty one that ends it
    assert await pull_followers(database, client, NOW) == (8, 0)


async def test_who_left_unseen_is_known_to_have_left_and_comes_back(
    database: Database, pretend: Pretend, client: WeChatClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followers, "TOGETHER", 2)
    await pull_followers(database, client, NOW)
    for each in ("o-1", "o-6", "o-7"):
        pretend.people.put(each, "gone")
    assert await pull_followers(database, client, NOW) == (5, 3)
    assert await database.run(following) == set(PEOPLE) - {"o-1", "o-6", "o-7"}
    pretend.people.put("o-1", "following")
    assert await pull_followers(database, client, NOW) == (6, 0)
    assert "o-1" in await database.run(following)


async def test_an_event_that_comes_while_the_list_is_read_stands(
    database: Database, client: WeChatClient
) -> None:
    later = int(machine_time()) + 60

    def event(conn: Connection) -> None:
        followers.record(conn, "o-1", following=False, created=later, now=NOW)
        followers.record(conn, "o-new", following=True, created=later, now=NOW)

    await database.run(event)
    assert await pull_followers(database, client, NOW) == (8, 0)
    assert await database.run(following) == set(PEOPLE) - {"o-1"} | {"o-new"}


async def test_a_page_that_does_not_come_is_asked_for_again_and_then_told(
    database: Database, pretend: Pretend, client: WeChatClient
) -> None:
    pretend.faults.set(Fault(call="users", drop="before", skip=1, times=2))
    assert await pull_followers(database, client, NOW) == (8, 0)
    pretend.faults.set(Fault(call="users", drop="before", skip=2))
    with pytest.raises(CallError, match="微信没有回话"):
        await pull_followers(database, client, NOW)
    assert await database.run(following) == set(PEOPLE)  # nobody left for that


async def test_tags_as_they_are_now(
    database: Database, pretend: Pretend, client: WeChatClient
) -> None:
    pretend.account.tag_names.update({100: "高平村干部", 101: "试用"})
    for each in PEOPLE[:5]:
        pretend.people.put(each).tags.add(100)
    pretend.people.put("o-7").tags.add(101)
    assert await pull_tags(database, client, NOW) == {"高平村干部": 5, "试用": 1}
    assert await database.run(tags.known) == {"试用": 1, "高平村干部": 5}
    pretend.people.put("o-0").tags.discard(100)
    del pretend.account.tag_names[101]
    later = NOW.replace(year=NOW.year + 1)
    assert await pull_tags(database, client, later) == {"高平村干部": 4}
    assert await database.run(tagged) == {("高平村干部", each) for each in PEOPLE[1:5]}
    await database.run(lambda conn: tags.forget(conn, "o-1"))
    assert len(await database.run(tagged)) == 3


async def test_an_account_without_tags(database: Database, client: WeChatClient) -> None:
    assert await pull_tags(database, client, NOW) == {}
