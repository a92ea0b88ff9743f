"""`jcbot wechat followers | tags`: who follows the account, and who has which tag (关注者, 标签).

Follow events tell of changes only: who followed before this service did is known to WeChat alone.
Both commands may be run again at any time; one that was killed half-way is just run again.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bot.asking import data_of
from bot.progress import progress_bar, teller
from bot.wechat.outcomes import Ambiguous, Outcome
from jcbot import followers, tags
from jcbot.clock import machine_time

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import AsyncIterator, Awaitable, Callable

    from bot.wechat.client import WeChatClient
    from jcbot.storage.database import Database

TRIES = 3
"""So often a page is asked for: to ask again does no harm."""
TOGETHER = followers.TOGETHER


async def pull_followers(
    database: Database, client: WeChatClient, now: dt.datetime
) -> tuple[int, int]:
    """Take over who follows; return how many do, and how many had left without our knowing."""
    created = int(machine_time())  # as WeChat's own events are dated
    listed, gone, above = set[str](), 0, ""
    with progress_bar() as bar:
        tell = teller(bar)
        async for page, total in _pages(client.users):
            listed.update(page)
            for part in _parts(page):
                work = partial(followers.record_all, openids=part, created=created, now=now)
                await database.run(work)
            tell("拉取关注者", len(listed), total)
    while True:
        work_left = partial(followers.left, above=above, listed=listed, created=created, now=now)
        above, many = await database.run(work_left)
        gone += many
        if not above:
            return len(listed), gone


async def pull_tags(database: Database, client: WeChatClient, now: dt.datetime) -> dict[str, int]:
    """Take over who has which tag; return how many have each."""
    seen, found = int(now.timestamp()), dict[str, int]()
    each_tag = data_of(await _again(client.tags))["tags"]
    with progress_bar() as bar:
        tell = teller(bar)
        for done, tag in enumerate(each_tag, start=1):
            name = str(tag["name"])
            found[name] = await _pull_tag(database, client, (int(tag["id"]), name), seen)
            tell("拉取标签", done, len(each_tag))
    await database.run(partial(tags.only, names=found))
    return found


async def _pull_tag(
    database: Database, client: WeChatClient, tag: tuple[int, str], seen: int
) -> int:
    number, name = tag
    many = 0
    async for page, _ in _pages(partial(client.tag_members, number)):
        many += len(page)
        for part in _parts(page):
            await database.run(partial(tags.put, tag=name, openids=part, seen=seen))
    await database.run(partial(tags.sweep, tag=name, before=seen))
    return many


async def _pages(
    ask: Callable[[str], Awaitable[Outcome]],
) -> AsyncIterator[tuple[list[str], int]]:
    """Go through the pages of a list of openids, each with how many there are in all."""
    after = ""
    while True:
        answer = data_of(await _again(partial(ask, after)))
        page = [str(each) for each in (answer.get("data") or {}).get("openid", [])]
        if page:
            yield page, int(answer.get("total", len(page)))
        last, after = after, str(answer.get("next_openid") or "")
        if not page or not after or after == last:
            return


async def _again(ask: Callable[[], Awaitable[Outcome]]) -> Outcome:
    outcome = await ask()
    for _ in range(TRIES - 1):
        if not isinstance(outcome, Ambiguous):
            break
        outcome = await ask()
    return outcome


def _parts(page: list[str]) -> list[list[str]]:
    return [page[start : start + TOGETHER] for start in range(0, len(page), TOGETHER)]
