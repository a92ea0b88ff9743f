"""The one place that builds: settings and knowledge in, a web application with its parts out."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from bot.control import Control
from bot.health import Health
from bot.metrics import Metrics
from bot.pipeline import Desk
from bot.post import Post, crew_of
from bot.registry_service import HttpRegistry
from bot.tries import Tries
from bot.wechat.endpoint import Endpoint
from bot.wechat.sealing import Account, decode_key
from handlers.dialogue import step as talk
from jcbot import conversations, inbox, questions
from jcbot.audit import audit_key
from jcbot.clock import Clock
from jcbot.keyring import open_keyring
from jcbot.office import Keys
from jcbot.people import pocket, strikes
from jcbot.shared import open_shared
from jcbot.storage.database import open_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from handlers.turn import Reply, Turn
    from jcbot.config import Config
    from jcbot.keyring import Keyring
    from jcbot.shared import Shared
    from knowledge.library import Library

TIDY_SECONDS = 600.0
"""How often what is too old is dropped."""

POCKET, STRIKES = dt.timedelta(hours=1), dt.timedelta(days=3)
"""How long name and numbers sent wait to be used, and failed tries are remembered."""

log = structlog.get_logger("bot.app")


@dataclass(frozen=True, slots=True)
class Service:
    """The built product. `admin` is None where it shares the door's address."""

    config: Config
    clock: Clock
    desk: Desk
    shared: Shared
    tries: Tries
    health: Health
    endpoint: Endpoint
    keyring: Keyring
    metrics: Metrics
    app: web.Application
    admin: web.Application | None


def build(
    config: Config,
    library: Library,
    *,
    step: Callable[[Turn], Reply] = talk,
) -> Service:
    """Build everything; nothing is opened before the application starts up.

    Raises `ConfigError` for settings that do not go together. `step` may be replaced in tests.
    """
    keyring, metrics, clock = open_keyring(config), Metrics(), Clock(config.clock.fixed)
    database = open_database(
        config.database.url.get_secret_value(),
        pool_size=config.database.pool_size,
        waiting=config.limits.waiting,
        audit_key=audit_key(keyring.index_key),
    )
    shared = open_shared(config.redis)
    registry = HttpRegistry(config.registry, library.registry) if config.registry.url else None
    desk = Desk(config, clock, database, library, Keys.of(keyring), step, registry)
    tries = Tries(desk, metrics, shared)
    account = account_of(config)
    endpoint = Endpoint(account, tries, metrics, config.limits)
    health = Health(database, shared, metrics)
    app, admin = _applications(config)
    app.add_routes(endpoint.routes())
    (admin or app).add_routes(health.routes())
    if config.demo.enabled:
        app.add_routes(Control(account, clock, desk).routes())
    service = Service(
        config, clock, desk, shared, tries, health, endpoint, keyring, metrics, app, admin
    )  # fmt: skip
    app.cleanup_ctx.append(partial(_opened, service))
    return service


def account_of(config: Config) -> Account:
    """Return the official account of the settings; plain mode has no AES keys."""
    wechat = config.wechat
    texts = (wechat.aes_key.get_secret_value(), wechat.previous_aes_key.get_secret_value())
    return Account(
        app_id=wechat.app_id,
        token=wechat.token.get_secret_value(),
        keys=tuple(decode_key(text) for text in texts if text),
        safe=wechat.mode == "safe",
        skew=wechat.max_clock_skew_s,
    )


def _applications(config: Config) -> tuple[web.Application, web.Application | None]:
    door = web.Application(client_max_size=config.limits.body_bytes)
    return door, web.Application() if config.server.admin_port else None


async def _opened(service: Service, _app: web.Application) -> AsyncIterator[None]:
    """Open the database, tidy up while running, and close everything in the right order."""
    database = service.desk.database
    await database.migrate()
    tidying = asyncio.create_task(_keep_tidy(service))
    async with _delivering(service):
        yield
    tidying.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await tidying
    await service.tries.finish(1.0)
    if service.desk.registry is not None:
        await service.desk.registry.close()
    await database.close()
    await service.shared.close()


@contextlib.asynccontextmanager
async def _delivering(service: Service) -> AsyncIterator[None]:
    """Run a courier inside, where the settings ask for one; what it has in hand is finished."""
    if not service.config.sending.enabled:
        yield
        return
    desk, stopped = service.desk, asyncio.Event()
    post = Post(
        service.config, desk.library, desk.database, service.shared, service.clock,
        service.metrics, service.keyring,
    )  # fmt: skip
    async with crew_of(post) as crew:
        running = asyncio.create_task(crew.run(stopped))
        yield
        stopped.set()
        await running


async def _keep_tidy(service: Service) -> None:
    """Drop old inbox lines and conversations, now and then, until cancelled."""
    while True:
        await asyncio.sleep(TIDY_SECONDS)
        try:
            await tidy(service)
        except Exception:
            # Tidying must not end the service; there is a next time.
            log.exception("tidying failed")


async def tidy(service: Service) -> int:
    """Drop what is older than the settings say; return how many rows went or were emptied."""
    now, config = service.clock.now(), service.config
    inbox_before = now - dt.timedelta(hours=config.limits.inbox_hours)
    talk_before = now - dt.timedelta(days=config.conversation.keep_days)
    pocket_before, strikes_before = now - POCKET, now - STRIKES
    run = service.desk.database.run
    gone = 0
    for work in (partial(inbox.purge, before=inbox_before),
                 partial(conversations.purge, before=talk_before),
                 partial(questions.let_go, before=talk_before),
                 partial(pocket.purge, before=pocket_before),
                 partial(strikes.purge, before=strikes_before)):  # fmt: skip
        while count := await run(work):
            gone += count
    return gone
