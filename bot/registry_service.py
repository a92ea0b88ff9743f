"""A city's registry over HTTP (市里的名册服务): see docs/registry-service.md.

The number goes in the body over TLS, never in an address; nothing of question or answer is
logged, and a fault is only ever told by its kind.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

import aiohttp
import structlog

from bot.json_post import JsonPost
from jcbot.people.answer_reading import AnswerError, read_person
from jcbot.people.live import AWAY, Found

if TYPE_CHECKING:
    from jcbot.settings import Registry
    from knowledge.registry import ListColumns

TRIES = 2
REST_S = 10.0
"""After a failure the service is left in peace for so long: nobody else has to wait for it."""
log = structlog.get_logger("bot.registry_service")


class _Failed(Exception):  # noqa: N818 - never leaves this file
    """A try that failed; `why` is one of our own words."""

    def __init__(self, why: str, *, again: bool) -> None:
        super().__init__(why)
        self.why, self.again = why, again


class HttpRegistry:
    """Asks the service of the settings; a `LiveRegistry`."""

    def __init__(self, settings: Registry, columns: ListColumns) -> None:
        """Take the settings; connects with the first question."""
        self._settings, self._columns = settings, columns
        self._service = JsonPost(settings.url, settings.token)
        self._until = 0.0

    async def find(self, id_number: str, end: float) -> Found:
        """Ask for one person until the loop's time `end`; whatever goes wrong is `AWAY`."""
        time = asyncio.get_running_loop().time
        if time() < self._until or time() >= end:
            return AWAY
        for number in range(1, TRIES + 1):
            try:
                return await self._try(id_number, min(end, time() + self._settings.timeout_s))
            except _Failed as failed:
                log.warning("registry service failed", why=failed.why, attempt=number)
                if not failed.again or time() >= end:
                    break
        self._until = time() + REST_S
        return AWAY

    async def close(self) -> None:
        """Close the connections."""
        await self._service.close()

    async def _try(self, id_number: str, end: float) -> Found:
        try:
            async with asyncio.timeout_at(end):
                status, body = await self._service.ask({"id_number": id_number})
        except TimeoutError:
            raise _Failed("timeout", again=True) from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise _Failed("connection", again=True) from None
        if status == HTTPStatus.NOT_FOUND:
            return Found(None)
        if status != HTTPStatus.OK:
            raise _Failed(f"status {status}", again=status >= HTTPStatus.INTERNAL_SERVER_ERROR)
        try:
            return Found(read_person(body, id_number, self._columns))
        except AnswerError as fault:
            raise _Failed(str(fault), again=False) from None
