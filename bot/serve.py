"""`jcbot serve`: the service itself, in one process or several (服务)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
from pathlib import Path
from typing import TYPE_CHECKING

from bot import logs
from bot.app import build
from bot.note import leave_note, with_own_account
from bot.server import Server, bind, stop_signal, url_of
from bot.workers import Workers, report_ready
from jcbot.errors import ConfigError
from knowledge.library import Library

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Callable

    from jcbot.config import Config

    Sockets = tuple[socket.socket, socket.socket | None]


def say(text: str) -> None:
    """Tell whoever started us something, at once."""
    print(text, flush=True)  # noqa: T201 - standard output is for the person at the terminal


@contextlib.asynccontextmanager
async def open_server(
    config: Config, library: Library, door: socket.socket, admin: socket.socket | None = None
) -> AsyncIterator[Server]:
    """Build and listen; stop gracefully at the end of the block."""
    service = build(config, library)
    if service.keyring.made is not None:
        say(f"没有配置 privacy.keys，已生成密钥文件 {service.keyring.made}，请和数据库一起备份")
    server = Server(service, door, admin)
    await server.start()
    if config.demo.enabled:
        leave_note(config, server.url)
    try:
        yield server
    finally:
        await server.stop()


def prepare(config: Config) -> Library:
    """Set up the log and read all knowledge; `KnowledgeError` before anything listens."""
    level = logging.getLevelNamesMapping()[config.log.level.upper()]
    logs.configure(level, console=config.log.format == "console")
    _allow_many_connections()
    return Library.load(Path(config.files.cache))


def bind_both(config: Config) -> Sockets:
    """Bind the door's and, where it has one of its own, the admin's address."""
    settings = config.server
    door = _bind(settings.host, settings.port, "server.port")
    if not settings.admin_port:
        return door, None
    return door, _bind(
        settings.admin_host or settings.host, settings.admin_port, "server.admin_port"
    )


def _bind(host: str, port: int, key: str) -> socket.socket:
    try:
        return bind(host, port)
    except OSError as fault:
        reason = fault.strerror or "地址不对"
        raise ConfigError(
            "", key, f"{host}:{port} 听不了（{reason}），换一个或停掉占用的程序"
        ) from None


async def main(
    config: Config, library: Library, sockets: Sockets, ready: Callable[[str], None]
) -> None:
    """Serve in this process until a signal comes; `ready` gets the address."""
    stopped = stop_signal()
    async with open_server(config, library, *sockets) as server:
        ready(f"ready {server.url}")
        await stopped.wait()


def run(config: Config) -> int:
    """Serve as the settings say; return the exit code."""
    config.require_door()
    if config.demo.enabled:
        config = with_own_account(config)
    library = prepare(config)
    sockets = bind_both(config)
    if config.server.workers == 1:
        asyncio.run(main(config, library, sockets, say))
        return 0

    def work(report: int) -> int:
        asyncio.run(main(config, library, sockets, lambda _: report_ready(report)))
        return 0

    workers = Workers(config.server.workers, work, config.limits.stop_s)
    if not workers.start():
        workers.stop()
        workers.watch()
        return 1
    say(f"ready {url_of(sockets[0])}")
    workers.watch()
    return 0


def _allow_many_connections() -> None:
    """Use all file handles the system grants: dribblers hold some until their time is over."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
