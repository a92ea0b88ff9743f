"""What a courier needs, put together (派送): its client, its channels' calls, its words."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from bot import late
from bot.courier import Courier
from bot.wechat.client import open_client
from handlers.notices import announced, words
from jcbot.announcing.letters import letter_of
from jcbot.late import KIND as LATE
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


@contextlib.asynccontextmanager
async def courier_of(post: Post) -> AsyncIterator[Courier]:
    """Make a courier with a client of its own; the client is closed at the end."""
    client = open_client(post.config, post.library.wechat, post.shared, post.clock, post.metrics)
    async with client:
        yield Courier(
            post.database, post.clock, post.config.sending, post.library.sending,
            partial(send, client, post.config), partial(text_of, post),
        )  # fmt: skip


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

    `kept` holds what was read for the messages before, by its number. `NotYetError` for an
    answer that may still come.
    """
    if item.kind == LATE:
        try:
            return late.answer_of(conn, item, post.config.limits.reply_bytes)
        except late.NotYetError:
            if not late.given_up(post, item):
                raise
    return worded(post.library, post.config.human, conn, item, kept)


def worded(
    library: Library, desk: Human, conn: Connection, item: Item | Promise,
    kept: dict[str, Any] | None = None,
) -> str:  # fmt: skip
    """Return the same for whoever has no post: only to look at."""
    if announcement := item.payload.get("announcement"):
        return announced(library.replies, letter_of(conn, announcement))
    kept, number = {} if kept is None else kept, str(item.payload.get("class") or "")
    if number and number not in kept:
        kept[number] = None
        with contextlib.suppress(NoSuchClassError):
            kept[number] = details(conn, number)
    return words(library, item, kept.get(number), desk)
