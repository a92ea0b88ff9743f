"""Asking a service of the city's by JSON over HTTP (市里的服务): a bearer token, no redirects.

What is asked goes in the body over TLS, never in an address; nothing of it is logged here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

LARGEST = 65_536
"""Bytes of an answer that are read; a longer one is a ValueError."""


@dataclass(slots=True)
class JsonPost:
    """One service; connects with the first question."""

    url: str
    token: SecretStr
    _session: aiohttp.ClientSession | None = field(default=None, init=False)

    async def ask(self, body: Mapping[str, Any]) -> tuple[int, bytes]:
        """Return status and body of the answer; what aiohttp raises, and ValueError."""
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        headers = {"Authorization": f"Bearer {self.token.get_secret_value()}"}
        asked = self._session.post(self.url, json=body, headers=headers, allow_redirects=False)
        async with asked as response:
            return response.status, await _read(response)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for part in response.content.iter_any():
        body += part
        if len(body) > LARGEST:
            raise ValueError("too large")
    return bytes(body)
