"""The pretend WeChat put together: the road of one call, and its delivery (模拟微信)."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.wechat.pretend.account import AccountCalls
from bot.wechat.pretend.control import Control
from bot.wechat.pretend.faults import BODIES, Fault, Faults
from bot.wechat.pretend.finish import Finisher
from bot.wechat.pretend.journal import Journal, Received
from bot.wechat.pretend.people import People
from bot.wechat.pretend.popups import Popups
from bot.wechat.pretend.rules import Rules
from bot.wechat.pretend.sends import Sends, error
from bot.wechat.pretend.tokens import TokenDesk
from jcbot.clock import Clock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from bot.wechat.simulator import Door

ROUTES = {
    "token": ("POST", "/cgi-bin/stable_token"),
    "custom": ("POST", "/cgi-bin/message/custom/send"),
    "template": ("POST", "/cgi-bin/message/template/send"),
    "subscription": ("POST", "/cgi-bin/message/subscribe/bizsend"),
    "mass_by_tag": ("POST", "/cgi-bin/message/mass/sendall"),
    "mass_by_list": ("POST", "/cgi-bin/message/mass/send"),
    "mass_delete": ("POST", "/cgi-bin/message/mass/delete"),
    "mass_state": ("POST", "/cgi-bin/message/mass/get"),
    "create_tag": ("POST", "/cgi-bin/tags/create"),
    "tags": ("GET", "/cgi-bin/tags/get"),
    "tag": ("POST", "/cgi-bin/tags/members/batchtagging"),
    "untag": ("POST", "/cgi-bin/tags/members/batchuntagging"),
    "tags_of": ("POST", "/cgi-bin/tags/getidlist"),
    "tag_members": ("POST", "/cgi-bin/user/tag/get"),
    "create_menu": ("POST", "/cgi-bin/menu/create"),
    "menu": ("GET", "/cgi-bin/menu/get"),
    "create_qr": ("POST", "/cgi-bin/qrcode/create"),
    "user": ("GET", "/cgi-bin/user/info"),
    "users": ("GET", "/cgi-bin/user/get"),
    "upload_image": ("POST", "/cgi-bin/media/upload"),
}
"""Every call by the name used in rules, faults and counts."""
BODY_MOST = 16 * 1024 * 1024


class Pretend:
    """One pretend WeChat with one account. `app` is to be served; `url` is set by who serves it."""

    def __init__(
        self,
        rules: Rules | None = None,
        *,
        journal: Path | None = None,
        door: Door | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.rules, self.clock, self.url = rules or Rules(), clock or Clock(), ""
        self.faults, self.journal, self.people = Faults(), Journal(journal), People()
        self.tokens, self.finisher = TokenDesk(), Finisher(door)
        self.sends = Sends(self, seen=self.journal.ids())
        self.account, self.popups = AccountCalls(self), Popups(self)
        self.counts: Counter[tuple[str, str]] = Counter()
        self._used: Counter[tuple[str, str]] = Counter()
        self.app = web.Application(client_max_size=BODY_MOST)
        self.app.cleanup_ctx.append(self._open)
        self.app.add_routes(Control(self).routes())
        for name, (method, path) in ROUTES.items():
            self.app.router.add_route(method, path, partial(self._serve, name, self._work(name)))

    def now(self) -> float:
        """Return the pretend clock's Unix time."""
        return self.clock.now().timestamp()

    def wrote(self, openid: str) -> None:
        """Take note that somebody sent the account a message: the window of 48 hours opens."""
        person = self.people.get(openid, self.rules)
        person.wrote, person.sent_since_wrote = self.now(), 0

    def acted(self, openid: str) -> None:
        """Take note of a menu click, a scan or a follow: the window of one minute opens."""
        person = self.people.get(openid, self.rules)
        person.acted, person.sent_since_acted = self.now(), 0

    def deliver(
        self, openid: str, channel: str, text: str, *, client_id: str = "", msg_id: int
    ) -> None:
        """Put a message into somebody's phone."""
        self.journal.add(Received(0, self.now(), openid, channel, client_id, msg_id, text))

    def calls(self, name: str) -> int:
        """Return how often a call was made, whatever came of it."""
        return sum(count for (call, _), count in self.counts.items() if call == name)

    async def settled(self) -> None:
        """Wait until mass sends are through and finish events posted."""
        await asyncio.gather(*self.sends.running)
        await self.finisher.drained()

    def _work(self, name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        if name == "token":
            return lambda asked: self.tokens.ask(self.rules, asked, self.now())
        work: Callable[[dict[str, Any]], dict[str, Any]] = getattr(
            self.sends if hasattr(self.sends, name) else self.account, name
        )
        return work

    async def _serve(
        self, name: str, work: Callable[[dict[str, Any]], dict[str, Any]], request: web.Request
    ) -> web.StreamResponse:
        """Answer one call, or let it go wrong as ordered."""
        asked = await _read(request)
        fault = self.faults.pick(name, str(asked.get("touser") or asked.get("openid") or ""))
        if fault is None:
            return self._answered(name, self._done(name, work, asked, request))
        await asyncio.sleep(fault.delay_s)
        if not fault.works:
            answer = error(fault.code or 0, "ordered")
        else:
            answer = self._done(name, work, asked, request)
        await asyncio.sleep(fault.hang_s)
        return await self._spoiled(name, fault, answer, request)

    def _answered(self, name: str, answer: dict[str, Any]) -> web.Response:
        self.counts[name, str(answer.get("errcode", 0))] += 1
        return web.Response(
            body=json.dumps(answer, ensure_ascii=False).encode(), content_type="application/json"
        )

    async def _spoiled(
        self, name: str, fault: Fault, answer: dict[str, Any], request: web.Request
    ) -> web.StreamResponse:
        """Answer as the fault wants it."""
        if fault.is_only_slow or fault.code is not None:
            wrong = answer if fault.code is None else error(fault.code, "ordered")
            return self._answered(name, wrong)
        self.counts[name, fault.drop or fault.body or str(fault.status)] += 1
        if fault.drop == "middle":
            return await _half(request, json.dumps(answer).encode())
        if fault.drop and request.transport is not None:
            request.transport.abort()
        text = BODIES[fault.body or "html"]
        return web.Response(text=text, status=fault.status or 200, content_type="text/html")

    def _done(
        self,
        name: str,
        work: Callable[[dict[str, Any]], dict[str, Any]],
        asked: dict[str, Any],
        request: web.Request,
    ) -> dict[str, Any]:
        """Check token and quota, then do the work."""
        if name != "token":
            code = self.tokens.check(request.query.get("access_token", ""), self.now())
            if code:
                return error(code, "access_token is invalid or expired")
        if code := self._over_quota(name):
            return error(code, "reach max api limit")
        return work(asked)

    def _over_quota(self, name: str) -> int:
        now = self.clock.now()
        for code, limits, form in ((45_009, self.rules.quotas, "%Y-%m-%d"),
                                   (45_011, self.rules.per_minute, "%Y-%m-%d %H:%M")):  # fmt: skip
            if name in limits:
                key = (name, now.strftime(form))
                if self._used[key] >= limits[name]:
                    return code
                self._used[key] += 1
        return 0

    async def _open(self, _app: web.Application) -> AsyncIterator[None]:
        await self.finisher.start()
        yield
        await self.finisher.stop()
        for task in self.sends.running:
            task.cancel()
        self.journal.close()


async def _read(request: web.Request) -> dict[str, Any]:
    """Return what was asked: the query, and the JSON object or the file of the body."""
    asked: dict[str, Any] = dict(request.query)
    if request.content_type.startswith("multipart/"):
        form = await request.post()
        media = form.get("media")
        return asked | {"media": media.file.read() if isinstance(media, web.FileField) else b""}
    with contextlib.suppress(ValueError):
        body = json.loads(await request.read())
        if isinstance(body, dict):
            asked |= body
    return asked


async def _half(request: web.Request, body: bytes) -> web.StreamResponse:
    """Send half of an answer and hang up."""
    answer = web.StreamResponse(headers={"Content-Length": str(len(body))})
    await answer.prepare(request)
    await answer.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return answer


@contextlib.asynccontextmanager
async def serving(pretend: Pretend, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve it for the time of the block; the address, also as `pretend.url`."""
    runner = web.AppRunner(pretend.app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
        pretend.url = f"http://{host}:{runner.addresses[0][1]}"
        yield pretend.url
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def pretending(rules: Rules | None = None, **parts: Any) -> AsyncIterator[Pretend]:
    """Serve a pretend WeChat on a free port of this machine; `parts` as for `Pretend`."""
    pretend = Pretend(rules, **parts)
    async with serving(pretend):
        yield pretend
