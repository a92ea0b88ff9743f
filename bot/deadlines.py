"""How long and how much a connection may take (时限): aiohttp alone lets it dribble for an hour."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from jcbot.settings import Limits

_log = logging.getLogger("bot.http")
_log.setLevel(logging.CRITICAL + 1)
# aiohttp would log a traceback, and with it the request line, for every malformed request.


def server_options(limits: Limits) -> dict[str, Any]:
    """Return what every listening application of ours is run with."""
    return {
        "access_log": None,  # it would record query strings, which are signatures
        "handle_signals": False,
        "shutdown_timeout": 1.0,  # our own stop has waited already
        # The time from the connection, or the last answer on it, to a whole request head:
        # this timer closes whoever still waits for one, however many bytes trickle in.
        "keepalive_timeout": limits.header_timeout_s,
        "lingering_time": 0.0,  # do not read on what was refused
        "max_line_size": 16 * 1024,  # the handshake may bring 10 KB to echo
        "max_field_size": 8 * 1024,
        "max_headers": 64,
        "auto_decompress": False,  # WeChat never compresses; bombs do
        "logger": _log,
    }


class BodyError(Exception):
    """The body is too large, too slow or broken; `status` is the answer, below 500."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


async def read_body(request: web.Request, limits: Limits) -> bytes:
    """Return the whole body, within the settings' size and time, else raise `BodyError`."""
    most = limits.body_bytes
    if (request.content_length or 0) > most:
        raise BodyError("too_large", 413)
    parts = bytearray()
    try:
        async with asyncio.timeout(limits.body_timeout_s):
            while part := await request.content.readany():
                parts += part
                if len(parts) > most:
                    raise BodyError("too_large", 413)
    except TimeoutError:
        raise BodyError("too_slow", 408) from None
    except (web.RequestPayloadError, ConnectionError, ValueError):
        raise BodyError("malformed", 400) from None
    return bytes(parts)
