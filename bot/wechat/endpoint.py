"""The webhook (接口地址): WeChat's handshake and its pushes, over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from bot.deadlines import BodyError, read_body
from bot.wechat.envelope import Refusal, check_handshake, open_envelope
from bot.wechat.render import SUCCESS, render
from jcbot.clock import machine_time

if TYPE_CHECKING:
    from bot.metrics import Metrics
    from bot.tries import Tries
    from bot.wechat.reading import Message
    from bot.wechat.sealing import Account
    from jcbot.settings import Limits

PATH = "/wechat"
QUIET_SECONDS = 10.0
"""Between two log lines about refusals for the same reason: a flood must not fill the disk."""
_SAFE = {"X-Content-Type-Options": "nosniff"}
_ALARM = "服务器时间与微信相差太大，消息被拒收：请校准服务器时间"

log = structlog.get_logger("bot.wechat")


@dataclass(slots=True)
class Endpoint:
    """WeChat's two requests. No answer of this class is ever a 5xx: it would alarm the user.

    `open` counts the pushes not yet answered; `stopping` makes each answer the connection's last.
    """

    account: Account
    tries: Tries
    metrics: Metrics
    limits: Limits
    open: int = 0
    stopping: bool = False
    _drained: asyncio.Event = field(default_factory=asyncio.Event)
    _noted: dict[str, tuple[float, int]] = field(default_factory=dict)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to an application."""
        return [web.get(PATH, self.handshake, allow_head=False), web.post(PATH, self.push)]

    async def handshake(self, request: web.Request) -> web.Response:
        """Echo `echostr` to whoever proves the token; be silent to everyone else."""
        echo = check_handshake(self.account, request.query, machine_time())
        if isinstance(echo, Refusal):
            return self._refuse(echo)
        return web.Response(text=echo, content_type="text/plain", headers=_SAFE)

    async def push(self, request: web.Request) -> web.Response:
        """Take one pushed message and answer with the reply, `success`, or a bare 4xx."""
        self.open += 1
        try:
            response = await self._take(request)
        finally:
            self.open -= 1
            if self.stopping and not self.open:
                self._drained.set()
        if self.stopping:
            response.force_close()
        return response

    async def drain(self, seconds: float) -> None:
        """Wait until every push is answered, at most this long."""
        if self.open:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._drained.wait(), max(0.0, seconds))

    async def _take(self, request: web.Request) -> web.Response:
        arrived = asyncio.get_running_loop().time()
        try:
            body = await read_body(request, self.limits)
        except BodyError as fault:
            return self._refuse(Refusal(fault.reason, fault.status), close=True)
        message = open_envelope(self.account, request.query, body, machine_time())
        if isinstance(message, Refusal):
            return self._refuse(message)
        self.metrics.message(message.incoming.kind)
        text = await self.tries.answer(message, arrived)
        if text is None:
            return _leave_unanswered(request)
        self.metrics.seconds.observe(asyncio.get_running_loop().time() - arrived)
        return self._reply(message, text)

    def _reply(self, message: Message, text: str) -> web.Response:
        now, most = machine_time(), self.limits.reply_bytes
        try:
            body = render(self.account, message, text, now, most)
        except Exception:
            # Whatever is wrong with the text, WeChat must not tell the user we are broken.
            log.exception("render failed")
            self.metrics.failures.inc()
            body = SUCCESS
        kind = "text/plain" if body == SUCCESS else "application/xml"
        return web.Response(text=body, content_type=kind, headers=_SAFE)

    def _refuse(self, refusal: Refusal, *, close: bool = False) -> web.Response:
        """Answer with a status and nothing else; the reason is for our own eyes."""
        self.metrics.refused(refusal.reason)
        self._note(refusal.reason)
        response = web.Response(status=refusal.status, headers=_SAFE)
        if close:
            response.force_close()
        return response

    def _note(self, reason: str) -> None:
        """Log a refusal; of a flood with one reason only a line now and then, with the number."""
        now = asyncio.get_running_loop().time()
        since, count = self._noted.get(reason, (-QUIET_SECONDS, 0))
        if now - since < QUIET_SECONDS:
            self._noted[reason] = (since, count + 1)
            return
        self._noted[reason] = (now, 0)
        if reason == "stale":
            log.error("refused", reason=reason, times=count + 1, advice=_ALARM)
        else:
            log.warning("refused", reason=reason, times=count + 1)


def _leave_unanswered(request: web.Request) -> web.Response:
    """Close without a byte: any answer, even an empty one, would end WeChat's retries."""
    request.protocol.force_close()
    return web.Response()
