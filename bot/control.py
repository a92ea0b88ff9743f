"""Control addresses that exist only in the demo (演示控制): the clock, and what would be sent."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from bot.late import NotYetError, answer_of
from bot.post import notice_of
from bot.wechat.envelope import Refusal, check_handshake
from jcbot.clock import machine_time
from jcbot.late import KIND as LATE
from jcbot.outbox import promised

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.pipeline import Desk
    from bot.wechat.sealing import Account
    from jcbot.clock import Clock
    from jcbot.outbox import Promise

PATH, NOTICES = "/demo/time", "/demo/notices"
MOST = 10_000  # promises looked through
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DELTA = re.compile(r"([+-]?)([0-9]{1,5})([smhdw])")


def read_delta(text: str) -> dt.timedelta | None:
    """Read +1d, 3h, -2w (s m h d w); None for anything else."""
    found = _DELTA.fullmatch(text.strip())
    if found is None:
        return None
    sign, number, unit = found.groups()
    return dt.timedelta(**{_UNITS[unit]: int(sign + number)})


@dataclass(frozen=True, slots=True)
class Control:
    """Moves the business clock for whoever can sign like WeChat; never built outside the demo."""

    account: Account
    clock: Clock
    desk: Desk

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [web.post(PATH, self.move), web.post(NOTICES, self.notices)]

    async def move(self, request: web.Request) -> web.Response:
        """Advance the clock by the signed request's `echostr` and answer with the new time."""
        asked = check_handshake(self.account, request.query, machine_time())
        if isinstance(asked, Refusal):
            return web.Response(status=asked.status)
        delta = read_delta(asked)
        if delta is None:
            return web.Response(status=400, text="写法：+1d、+3h、+2w")
        try:
            now = self.clock.advance(delta)
        except OverflowError:
            return web.Response(status=400, text="日历到头了")
        return web.Response(text=now.strftime("%Y-%m-%d %H:%M"))

    async def notices(self, request: web.Request) -> web.Response:
        """Answer with what is due to be sent to the openid in `echostr`: a list of [key, text]."""
        openid = check_handshake(self.account, request.query, machine_time())
        if isinstance(openid, Refusal):
            return web.Response(status=openid.status)
        return web.json_response(await self.desk.database.run(partial(self._due, openid)))

    def _due(self, openid: str, conn: Connection) -> list[tuple[str, str]]:
        now = self.clock.now()
        return [
            (each.key, text)
            for each in promised(conn, MOST)
            if each.openid == openid and each.due <= now and (text := self._words(conn, each))
        ]

    def _words(self, conn: Connection, each: Promise) -> str:
        if each.kind != LATE:
            return notice_of(self.desk.library, self.desk.config.human, conn, each).text
        with contextlib.suppress(NotYetError):
            return answer_of(conn, each, self.desk.config.limits.reply_bytes)
        return ""
