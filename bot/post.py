"""What a courier needs, put together (派送): its client, its channels' calls, its words."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bot import late
from bot.courier import Courier
from bot.mass import MassCourier
from bot.sms_gateway import SmsGateway
from bot.starter import Starter
from bot.wechat.client import open_client
from handlers.notices import Notice, announcement, notice
from jcbot.announcing.letters import Letter, letter_of
from jcbot.announcing.massing import MassSend
from jcbot.late import KIND as LATE
from jcbot.people.keys import PeopleKeys
from jcbot.training import wished
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
    config = post.config
    async with client, gateway_of(post) as gateway:
        courier = Courier(
            post.database, post.clock, config.sending, rules,
            partial(send, client, config, gateway=gateway), partial(words_of, post), config.sms,
        )  # fmt: skip
        said = partial(_announced, post.library)
        mass = MassCourier(post.database, post.clock, rules, partial(send_mass, client), said)
        yield Crew(
            courier,
            mass,
            Starter(post.database, post.clock, post.library, config.sending.approval_above),
        )


async def send_mass(client: WeChatClient, plan: Plan, said: Notice) -> Outcome:
    """Make the one call of a mass send."""
    openids = plan.item.openids if isinstance(plan.item, MassSend) else ()
    return await client.mass_by_list(openids, said.text, client_id=plan.item.client_id)


def _announced(library: Library, conn: Connection, number: int) -> Notice:
    return announcement(library, letter_of(conn, number))


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


def words_of(post: Post, conn: Connection, item: Item, kept: dict[str, Any]) -> Notice | None:
    """Return what to send of what is still to be told, None where nothing is."""
    if item.kind == LATE:
        return _late(post, conn, item)
    if item.kind == wished.KIND:
        left = wished.still(conn, item.openid, item.payload, post.clock.now())
        if left is None:
            return None
        item = replace(item, payload=left)
    return notice_of(post.library, post.config.human, conn, item, kept)


def _late(post: Post, conn: Connection, item: Item) -> Notice | None:
    """Return an answer that is late, or a word of regret where it will not come any more."""
    try:
        text = late.answer_of(conn, item, post.config.limits.reply_bytes)
    except late.NotYetError:
        if not late.given_up(post, item):
            raise
        return notice(post.library, item, None, post.config.human)
    return Notice(text) if text else None


def notice_of(
    library: Library, desk: Human, conn: Connection, item: Item | Promise,
    kept: dict[str, Any] | None = None,
) -> Notice:  # fmt: skip
    """Return what to send, with its class or its announcement as it is now.

    `kept` holds what was read for the messages before, by its number. `NotYetError` for an
    answer that may still come.
    """
    if number := item.payload.get("announcement"):
        return announcement(library, letter_of(conn, number))
    if letter := item.payload.get("letter"):
        return announcement(library, Letter(**letter))
    kept, course = {} if kept is None else kept, str(item.payload.get("class") or "")
    if course and course not in kept:
        kept[course] = None
        with contextlib.suppress(NoSuchClassError):
            kept[course] = details(conn, course)
    return notice(library, item, kept.get(course), desk)
