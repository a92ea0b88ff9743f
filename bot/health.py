"""Is it alive, is it ready, what does it count: /healthz, /readyz, /metrics (运行状况)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from bot.metrics import Metrics
    from jcbot.shared import Shared
    from jcbot.storage.database import Database

PATIENCE = 2.0
"""Seconds a part may take to answer before it counts as down."""


@dataclass(slots=True)
class Health:
    """Answers for the service's parts; `stopping` makes it unready while it drains."""

    database: Database
    shared: Shared
    metrics: Metrics
    stopping: bool = False

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the admin application."""
        return [
            web.get("/healthz", self.healthz),
            web.get("/readyz", self.readyz),
            web.get("/metrics", self.show_metrics),
        ]

    async def healthz(self, _request: web.Request) -> web.Response:
        """Answer 200 while the process works at all, naming the parts that do not."""
        parts = await self._parts()
        return web.json_response({"status": _status(parts), **parts})

    async def readyz(self, _request: web.Request) -> web.Response:
        """Answer 200 only while messages can be answered and kept."""
        parts = await self._parts()
        ready = parts["database"] == "ok" and not self.stopping
        state = "stopping" if self.stopping else _status(parts)
        return web.json_response({"status": state, **parts}, status=200 if ready else 503)

    async def show_metrics(self, _request: web.Request) -> web.Response:
        """Answer with the figures of this service in Prometheus' text format."""
        text = b"".join(self.metrics.text()).decode()
        return web.Response(text=text, content_type="text/plain", charset="utf-8")

    async def _parts(self) -> dict[str, str]:
        return {
            "database": await _probe(self.database.ping()),
            "shared": await _probe(self.shared.ping()),
        }


def _status(parts: dict[str, str]) -> str:
    return "ok" if set(parts.values()) == {"ok"} else "degraded"


async def _probe(ping: Awaitable[object]) -> str:
    """Return ok or down; a part may answer False or raise whatever it likes."""
    try:
        async with asyncio.timeout(PATIENCE):
            answer = await ping
    except Exception:  # noqa: BLE001 - any failure of a part means that it is down
        return "down"
    return "down" if answer is False else "ok"
