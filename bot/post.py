"""What a courier needs, put together (派送): its client, its channels' calls, its words."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.courier import Courier
from bot.sms_gateway import SmsGateway
from bot.wechat.client import open_client
from handlers.notices import Notice, announcement, notice
from jcbot.announcing.letters import letter_of
from jcbot.people.keys import PeopleKeys
from jcbot.training.browsing import details
from jcbot.training.errors import NoSuchClassError
from knowledge.sending import SMS, SUBSCRIPTION, TEMPLATE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

    from bot.metrics import Metrics
    from bot.wechat.client import WeChatClient
    from bot.wechat.outcomes import Outcome
    from jcbot.clock import Clock
    from jcbot.config import Config
    from jcbot.keyring import Keyring
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
    keyring: Keyring


@contextlib.asynccontextmanager
async def courier_of(post: Post) -> AsyncIterator[Courier]:
    """Make a courier with a client of its own; the client is closed at the end."""
    client = open_client(post.config, post.library.wechat, post.shared, post.clock, post.metrics)
    config, library = post.config, post.library
    async with client, gateway_of(post) as gateway:
        yield Courier(
            post.database, post.clock, config.sending, library.sending,
            partial(send, client, config, gateway=gateway),
            partial(notice_of, library, config.human), config.sms,
        )  # fmt: skip


@contextlib.asynccontextmanager
async def gateway_of(post: Post) -> AsyncIterator[SmsGateway | None]:
    """Make the gateway for text messages, None where the settings name none."""
    settings, most = post.config.sms, post.library.sending.sms_characters
    if not settings.url:
        yield None
        return
    keys = PeopleKeys(post.keyring)
    gateway = SmsGateway(settings, most, post.database, keys, post.metrics)
    try:
        yield gateway
    finally:
        await gateway.close()


async def send(
    client: WeChatClient, config: Config, plan: Plan, said: Notice,
    *, gateway: SmsGateway | None = None,
) -> Outcome:  # fmt: skip
    """Make the one call of a plan."""
    item = plan.item
    if plan.channel == SMS and gateway is not None:
        return await gateway.send(item, said)
    if plan.channel == TEMPLATE:
        template = config.sending.templates[item.kind]
        return await client.template(
            item.openid, template, said.values(TEMPLATE), client_id=item.client_id, url=said.url
        )
    if plan.channel == SUBSCRIPTION:
        template = config.sending.subscriptions[item.kind]
        values = said.values(SUBSCRIPTION)
        return await client.subscription(item.openid, template, values, page=said.url)
    return await client.custom_text(item.openid, said.text)


def notice_of(
    library: Library, desk: Human, conn: Connection, item: Item | Promise,
    kept: dict[str, Any] | None = None,
) -> Notice:  # fmt: skip
    """Return what to send, with its class or its announcement as it is now.

    `kept` holds what was read for the messages before, by its number.
    """
    if number := item.payload.get("announcement"):
        return announcement(library, letter_of(conn, number))
    kept, course = {} if kept is None else kept, str(item.payload.get("class") or "")
    if course and course not in kept:
        kept[course] = None
        with contextlib.suppress(NoSuchClassError):
            kept[course] = details(conn, course)
    return notice(library, item, kept.get(course), desk)
