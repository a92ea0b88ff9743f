"""The access token (访问凭证): one for all processes, fetched by one of them, never in a log.

It lies in the volatile store, so that a token one process fetched serves the others. A refused
token is compared with the one that lies there: only if it is the same one is a new one fetched.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import secrets
from typing import TYPE_CHECKING, Any

import structlog

from bot.wechat.answers import NotServed
from bot.wechat.outcomes import Ok, account_fault
from jcbot.clock import monotonic

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.wechat.outcomes import AccountFaultError, Outcome
    from jcbot.shared import Shared
    from knowledge.wechat import Known

EARLY_S = 300.0
"""WeChat hands out the next token so long before the end; the old one then lives on as long."""
SHORTEST_S = 30.0
"""A token somebody else fetched is believed so long before the store is looked at again."""
PATIENCE_S = 12.0
"""How long one process may be fetching before another takes its place."""
LOOK_S = 0.05
MINUTE_S = 60.0
RENEWALS = 3
"""How many refused tokens a minute are replaced; beyond that it is not the token."""
FORCE_APART_S = 30.0
ALARM_S = 3600.0
TOKEN_REFUSED, SECRET_REFUSED = 40001, 40125

log = structlog.get_logger("bot.wechat")


class NoTokenError(Exception):
    """No token could be had this time, so the call was not made; `outcome` says why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("no token")
        self.outcome = outcome


class Tokens:
    """Hands out the token of one account.

    `fetch(force)` asks WeChat for it; `may_force()` says whether a forced refresh is left today.
    `get` and `renew` raise `AccountFaultError` or `NoTokenError`.
    """

    def __init__(
        self,
        fetch: Callable[[bool], Awaitable[Outcome | NotServed]],
        may_force: Callable[[], Awaitable[bool]],
        shared: Shared,
        account: str,
        errors: dict[int, Known],
    ) -> None:
        self._fetch, self._may_force = fetch, may_force
        self._shared, self._errors = shared, errors
        self._prefix = f"wechat:{account}:"
        self._token, self._until = "", 0.0
        self._flight: asyncio.Task[str] | None = None
        self._alarmed = ""

    async def get(self) -> str:
        """Return a token that should hold."""
        if self._token and monotonic() < self._until:
            return self._token
        return await self._together("")

    async def renew(self, refused: str) -> str:
        """Return another token than the one WeChat refused."""
        token = self._token
        while token in ("", refused):
            token = await self._together(refused)
        return token

    async def fault(self, known: Known) -> AccountFaultError:
        """Return the error to raise; sound the alarm, once an hour for all processes."""
        if known.kind == "account":
            await self._shared.set(self._prefix + "pause", str(known.code), MINUTE_S)
            self._alarmed = known.name
        if await self._shared.add(f"{self._prefix}alarm:{known.name}", "1", ALARM_S):
            log.error("wechat refuses the account", fault=known.name, code=known.code)
        return account_fault(known)

    async def close(self) -> None:
        """Let go of a fetch under way."""
        if self._flight is not None:
            self._flight.cancel()

    async def _together(self, refused: str) -> str:
        """Let all who wait here wait for one flight."""
        if self._flight is None:
            self._flight = asyncio.create_task(self._fly(refused))
            self._flight.add_done_callback(self._landed)
        return await asyncio.shield(self._flight)

    def _landed(self, flight: asyncio.Task[str]) -> None:
        self._flight = None
        if not flight.cancelled():
            flight.exception()  # whoever asked has seen it, or has gone away

    async def _fly(self, refused: str) -> str:
        """Take the token that lies there, or fetch one, or wait for whoever is fetching."""
        me, end = secrets.token_hex(8), monotonic() + PATIENCE_S
        while (token := await self._lying()) in ("", refused):
            await self._stop_while_paused()
            mine = await self._shared.add(self._prefix + "fetching", me, PATIENCE_S)
            if mine or monotonic() > end:
                return await self._fetched(refused, me)
            await asyncio.sleep(LOOK_S)
        return token

    async def _fetched(self, refused: str, me: str) -> str:
        try:
            # Another may have put one there between our look and our lock.
            token = await self._lying()
            return token if token not in ("", refused) else await self._new(refused)
        finally:
            if await self._shared.get(self._prefix + "fetching") == me:
                await self._shared.delete(self._prefix + "fetching")

    async def _lying(self) -> str:
        """Return the token in the store or "", and take it over for a while."""
        token = await self._shared.get(self._prefix + "token") or ""
        if token:
            self._token, self._until = token, monotonic() + SHORTEST_S
        return token

    async def _stop_while_paused(self) -> None:
        code = await self._shared.get(self._prefix + "pause")
        if code is not None:
            raise account_fault(self._meant(self._errors[int(code)]))

    def _meant(self, known: Known) -> Known:
        """Read a refused token as a refused secret: that is what the token's own call means."""
        if known.kind != "token":
            return known
        return dataclasses.replace(self._errors[SECRET_REFUSED], code=known.code)

    async def _new(self, refused: str) -> str:
        """Fetch a token and put it there for all."""
        if refused:
            renewals = await self._shared.count(self._prefix + "renewals", 1, MINUTE_S)
            if renewals > RENEWALS:
                raise await self.fault(self._errors[TOKEN_REFUSED])
        answer = await self._ask(force=False)
        if answer["access_token"] == refused:
            answer = await self._forced(refused)
        token, lives = str(answer["access_token"]), float(answer.get("expires_in", SHORTEST_S))
        ttl = max(lives - EARLY_S, min(lives, SHORTEST_S))
        await self._shared.set(self._prefix + "token", token, ttl)
        self._token, self._until = token, monotonic() + ttl
        return token

    async def _forced(self, refused: str) -> dict[str, Any]:
        """Make WeChat give up a token that it takes to be good although it refuses it."""
        apart = await self._shared.add(self._prefix + "forced", "1", FORCE_APART_S)
        if apart and await self._may_force():
            with contextlib.suppress(NoTokenError):
                answer = await self._ask(force=True)
                if answer["access_token"] != refused:
                    return answer
        raise await self.fault(self._errors[TOKEN_REFUSED])

    async def _ask(self, *, force: bool) -> dict[str, Any]:
        answer = await self._fetch(force)
        if isinstance(answer, NotServed):
            raise await self.fault(self._meant(answer.known))
        if not isinstance(answer, Ok):
            raise NoTokenError(answer)
        if self._alarmed:
            await self._shared.delete(f"{self._prefix}alarm:{self._alarmed}")
            self._alarmed = ""
        return answer.data
