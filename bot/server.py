"""Listen, serve, and stop without leaving anyone unanswered (启动与停止)."""

from __future__ import annotations

import asyncio
import signal
import socket
from typing import TYPE_CHECKING

from aiohttp import web

from bot.deadlines import server_options

if TYPE_CHECKING:
    from bot.app import Service

BACKLOG = 1_024
DRAIN_SECONDS = 0.3
"""After a stop is asked, requests already on the wire are still accepted for this long."""
CLOSE_SECONDS = 2.5
"""What is left of the stop's time for closing connections and the database."""


def bind(host: str, port: int) -> socket.socket:
    """Return a listening-ready socket; OSError where the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def url_of(sock: socket.socket) -> str:
    """Return the address of a bound socket as people write it."""
    host, port = sock.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


class Server:
    """A service on its sockets."""

    def __init__(self, service: Service, door: socket.socket, admin: socket.socket | None) -> None:
        self.service = service
        self.url = url_of(door)
        options = server_options(service.config.limits)
        self._runners = [(web.AppRunner(service.app, **options), door)]
        if service.admin is not None and admin is not None:
            self._runners.append((web.AppRunner(service.admin, **options), admin))
        self._sites: list[web.SockSite] = []

    async def start(self) -> None:
        """Open the parts and listen."""
        for runner, sock in self._runners:
            await runner.setup()
            site = web.SockSite(runner, sock, backlog=BACKLOG)
            await site.start()
            self._sites.append(site)

    async def stop(self, drain: float = DRAIN_SECONDS) -> None:
        """Answer what is open, within the settings' `stop_s`, and let go of everything."""
        loop, endpoint = asyncio.get_running_loop(), self.service.endpoint
        end = loop.time() + max(0.0, self.service.config.limits.stop_s - CLOSE_SECONDS)
        self.service.health.stopping = endpoint.stopping = True
        await asyncio.sleep(drain)
        for site in self._sites:
            await site.stop()
        await endpoint.drain(end - loop.time())
        for runner, _ in reversed(self._runners):
            await runner.cleanup()


def stop_signal() -> asyncio.Event:
    """Return what is set on SIGTERM or SIGINT."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    return stopped
