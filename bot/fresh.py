"""A fresh service for a rehearsal (排练用的新服务): own keys, nothing kept, nothing shared."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import os
import secrets
from typing import TYPE_CHECKING

from bot.app import build
from bot.server import Server, bind
from bot.telephone import telephone
from bot.wechat.endpoint import PATH
from bot.wechat.simulator import Door
from jcbot.clock import SHANGHAI
from jcbot.config import Config
from jcbot.people.importing import Desk, import_list
from jcbot.settings import Clock, Database, Demo, Redis, WeChat
from jcbot.settings import Server as ServerSettings
from jcbot.training.class_list import read_classes
from jcbot.training.importing import put_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from bot.app import Service
    from bot.telephone import Telephone
    from handlers.turn import Reply, Turn
    from knowledge.library import Library

REHEARSAL = dt.datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
"""When a rehearsal begins unless the settings say otherwise: a Monday morning in office hours."""


def invent_aes_key() -> str:
    """Return a new EncodingAESKey of 43 characters."""
    return base64.b64encode(os.urandom(32)).decode().rstrip("=")


def invent_account() -> WeChat:
    """Return an account that exists nowhere but here."""
    app_id = f"wx{secrets.token_hex(8)}"
    return WeChat.model_validate(
        {"app_id": app_id, "token": secrets.token_hex(12), "aes_key": invent_aes_key()}
    )


def fresh_config(base: Config | None = None) -> Config:
    """Return settings for a rehearsal; what `base` says of clock, hours and limits stays.

    Without `base` the environment is not looked at, so that a rehearsal goes the same anywhere.
    """
    base = base or Config.model_construct()
    return base.model_copy(
        update={
            "wechat": invent_account(),
            "database": Database.model_validate({"url": "sqlite://"}),
            "redis": Redis(),
            "server": ServerSettings(port=0),
            "demo": Demo(enabled=True),
            "clock": base.clock if base.clock.fixed else Clock(fixed=REHEARSAL),
        }
    )


def door_of(config: Config, url: str) -> Door:
    """Return the way in for a telephone that knows these settings."""
    wechat = config.wechat
    return Door(
        url + PATH,
        wechat.app_id,
        wechat.token.get_secret_value(),
        wechat.aes_key.get_secret_value(),
        safe=wechat.mode == "safe",
    )


@contextlib.asynccontextmanager
async def serving(
    config: Config, library: Library, step: Callable[[Turn], Reply] | None = None
) -> AsyncIterator[Server]:
    """Run a service on a free port of this machine for the time of the block."""
    service = build(config, library, step=step) if step else build(config, library)
    server = Server(service, bind("127.0.0.1", 0), None)
    await server.start()
    try:
        yield server
    finally:
        await server.stop(drain=0)


@contextlib.asynccontextmanager
async def rehearsal(
    library: Library, base: Config | None = None, lists: Path | None = None
) -> AsyncIterator[Telephone]:
    """Run a fresh service and hold a telephone to it; `lists` as for `fill`."""
    config = fresh_config(base)
    async with serving(config, library) as server, telephone(door_of(config, server.url)) as phone:
        if lists is not None:
            await fill(server.service, lists)
        yield phone


async def fill(service: Service, folder: Path) -> None:
    """Import the lists of a folder, where it has them: people.csv and classes.csv (see imports)."""
    desk = service.desk
    people, classes = folder / "people.csv", folder / "classes.csv"
    if people.exists():
        importing = Desk(desk.database, desk.library.registry, service.keyring, service.clock)
        await import_list(importing, people, lambda _report: True)
    if classes.exists():
        book, now = desk.library.training, service.clock.now()
        rows = list(read_classes(classes, book).rows.values())
        await desk.database.run(lambda conn: put_in(conn, rows, now, book.limits))
