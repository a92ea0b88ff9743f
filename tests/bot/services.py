"""A running service beside a pretend WeChat that posts its events to the service's own door."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import aiohttp
from couriers import TEMPLATES, drain
from pydantic import SecretStr
from sqlalchemy import select

from bot.fresh import door_of, fresh_config, serving
from bot.post import Post, crew_of
from bot.wechat.pretend.world import Pretend, pretending
from bot.wechat.simulator import Phone
from jcbot.settings import Database, Sending
from jcbot.storage.training_tables import outbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any

    from sqlalchemy import Row

    from bot.app import Service
    from knowledge.library import Library


@contextlib.asynccontextmanager
async def a_service(
    library: Library, more: dict[str, Any] | None = None, *, url: str = "sqlite://", **sending: Any
) -> AsyncIterator[tuple[Service, Pretend, Phone]]:
    """A running service whose WeChat posts its events to the service's own door.

    `sending` are settings of [sending], `more` whole sections, `url` its database.
    """
    async with pretending() as pretend, aiohttp.ClientSession() as session:
        config = fresh_config()
        wechat = config.wechat.model_copy(
            update={"api_base": pretend.url, "app_secret": SecretStr("s")}
        )
        given = {"templates": TEMPLATES | {"seat_promoted": "tpl-seat"}, "per_second": 1_000}
        settings = {
            "wechat": wechat, "sending": Sending.model_validate(given | sending),
            "database": Database.model_validate({"url": url}),
        }  # fmt: skip
        config = config.model_copy(update=settings | (more or {}))
        async with serving(config, library) as server:
            door = door_of(config, server.url)
            pretend.finisher.door = door
            yield server.service, pretend, Phone(session, door, "o-1")


async def deliver(service: Service) -> None:
    """Let a courier, put together as `jcbot deliver` does, send what is due."""
    desk = service.desk
    post = Post(
        service.config, desk.library, desk.database, service.shared, service.clock,
        service.metrics, service.keyring,
    )  # fmt: skip
    async with crew_of(post) as crew:
        await drain(crew.courier)
        while await crew.mass.round():
            pass


async def rows(service: Service) -> list[Row[Any]]:
    return await service.desk.database.run(
        lambda conn: list(conn.execute(select(outbox).order_by(outbox.c.id)).all())
    )
