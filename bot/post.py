"""What a courier needs, put together (派送): its client, its channels' calls, its words."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.courier import Courier
from bot.mass import MassCourier
from bot.starter import Starter
from bot.wechat.client import open_client
from handlers.notices import announced, words
from jcbot.announcing.letters import Letter, letter_of
from jcbot.announcing.massing import MassSend
from jcbot.training import wished
from jcbot.training.browsing import details
from jcbot.training.errors import NoSuchClassError
from knowledge.sending import TEMPLATE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

    from bot.metrics import Metrics
    from bot.wechat.client import WeChatClient
    from bot.wechat.outcomes import Outcome
    from jcbot.clock import Clock
    from jcbot.config import Config
    from jcbot.ledger import Item, Plan
    from jcbot.outbox import Promise
    from jcbot.settings import Human
    from jcbot.shared import Shared
    from jcbot.storage.database import Database
    from knowledge.library import Library


@dataclass(frozen=True, slots=True)
class Post:
    """What a courier needs of the built service."""

    config: Config
    library: Library
    database: Database
    shared: Shared
    clock: Clock
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class Crew:
    """All who deliver in one process: each by itself, so that none has to wait for another."""

    courier: Courier
    mass: MassCourier
    starter: Starter

    async def run(self, stopped: asyncio.Event) -> None:
        """Work until told to stop; what was begun is finished first."""
        everybody = (self.courier, self.mass, self.starter)
        await asyncio.gather(*(each.run(stopped) for each in everybody))


@contextlib.asynccontextmanager
async def crew_of(post: Post) -> AsyncIterator[Crew]:
    """Put them together with one client; the client is closed at the end."""
    rules = post.library.sending
    client = open_client(post.config, post.library.wechat, post.shared, post.clock, post.metrics)
    async with client:
        calls, texts = partial(send, client, post.config), partial(text_of, post)
        courier = Courier(post.database, post.clock, post.config.sending, rules, calls, texts)
        mass = MassCourier(
            post.database, post.clock, rules, partial(send_mass, client), partial(_announced, post)
        )
        yield Crew(courier, mass, Starter(post.database, post.clock, post.config))


async def send_mass(client: WeChatClient, plan: Plan, text: str) -> Outcome:
    """Make the one call of a mass send."""
    openids = plan.item.openids if isinstance(plan.item, MassSend) else ()
    return await client.mass_by_list(openids, text, client_id=plan.item.client_id)


def _announced(post: Post, conn: Connection, number: int) -> str:
    return announced(post.library.replies, letter_of(conn, number))


async def send(client: WeChatClient, config: Config, plan: Plan, text: str) -> Outcome:
    """Make the one call of a plan."""
    item = plan.item
    if plan.channel == TEMPLATE:
        template = config.sending.templates[item.kind]
        values = {"first": text}
        return await client.template(item.openid, template, values, client_id=item.client_id)
    return await client.custom_text(item.openid, text)


def text_of(post: Post, conn: Connection, item: Item, kept: dict[str, Any]) -> str:
    """Return the words of a message, with its class or its announcement as it is now.

    `kept` holds what was read for the messages before, by its number. "" where nothing of it is
    left to be told.
    """
    if item.kind == wished.KIND:
        left = wished.still(conn, item.openid, item.payload, post.clock.now())
        if left is None:
            return ""
        item = replace(item, payload=left)
    return worded(post.library, post.config.human, conn, item, kept)


def worded(
    library: Library, desk: Human, conn: Connection, item: Item | Promise,
    kept: dict[str, Any] | None = None,
) -> str:  # fmt: skip
    """Return the same for whoever has no post: only to look at."""
    if announcement := item.payload.get("announcement"):
        return announced(library.replies, letter_of(conn, announcement))
    if letter := item.payload.get("letter"):
        return announced(library.replies, Letter(**letter))
    kept, number = {} if kept is None else kept, str(item.payload.get("class") or "")
    if number and number not in kept:
        kept[number] = None
        with contextlib.suppress(NoSuchClassError):
            kept[number] = details(conn, number)
    return words(library, item, kept.get(number), desk)
