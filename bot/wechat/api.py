"""One call to WeChat's API (接口调用): its token, its time-out, its count, and what it came to."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import aiohttp

from bot.wechat.answers import NotServed, read_answer, read_failure
from bot.wechat.outcomes import Ambiguous, Ok, Outcome, Refused
from bot.wechat.quotas import Quotas
from bot.wechat.tokens import NoTokenError, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from bot.metrics import Metrics
    from jcbot.clock import Clock
    from jcbot.settings import WeChat
    from jcbot.shared import Shared
    from knowledge.wechat import WeChatBook

LONGEST = 8 * 1024 * 1024
"""Bytes of an answer that are read; 10,000 openids take a tenth of it."""
CONNECTIONS = 100
IDLE_S = 5.0
"""A line left alone so long is not used again: a send on a dying line ends as ambiguous."""
DAILY_QUOTA = 45009
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the API: our name for it, its path, and the key that proves its success.

    Without `proof` only `errcode` 0 is a success.
    """

    name: str
    path: str
    proof: str = ""
    method: str = "POST"


TOKEN = Call("token", "/cgi-bin/stable_token", proof="access_token")
FORCED_TOKEN = Call("force_refresh", TOKEN.path, TOKEN.proof)


class Api:
    """Makes calls. Use as `async with`, or call `close` at the end.

    `call` returns an `Outcome` and raises only `AccountFaultError`: then nothing was done and
    nothing will be until somebody mends the account's settings.
    """

    def __init__(
        self, settings: WeChat, book: WeChatBook, shared: Shared, clock: Clock, metrics: Metrics
    ) -> None:
        self._settings, self._errors, self._metrics = settings, book.errors, metrics
        self.quotas = Quotas(shared, clock, settings.app_id, book.quotas)
        self.tokens = Tokens(
            self._fetch_token, self._may_force, shared, settings.app_id, book.errors
        )
        self._session: aiohttp.ClientSession | None = None
        # Waiting for a place must not count as a failure to connect, so the connector has no limit.
        self._places = asyncio.Semaphore(CONNECTIONS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _fault: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; what was counted is brought to the store."""
        await self.tokens.close()
        await self.quotas.tell()
        if self._session is not None:
            await self._session.close()

    async def call(
        self,
        call: Call,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        form: Callable[[], aiohttp.FormData] | None = None,
    ) -> Outcome:
        """Make a call with `body` as JSON, or with a form made afresh for each try.

        A token that is refused is replaced and the call made once more, but only once.
        """
        content = form or _json(body)
        if self.quotas.spent(call.name):
            return self._parked(call)
        try:
            token = await self.tokens.get()
            answer = await self._post(call, {**(query or {}), "access_token": token}, content)
            if isinstance(answer, NotServed) and answer.known.kind == "token":
                token = await self.tokens.renew(token)
                answer = await self._post(call, {**(query or {}), "access_token": token}, content)
        except NoTokenError as fault:
            return _not_sent(fault.outcome)
        if isinstance(answer, NotServed):
            raise await self.tokens.fault(answer.known)
        return answer

    def _parked(self, call: Call) -> Refused:
        """Refuse by ourselves what WeChat refused for the rest of the day."""
        known = self._errors[DAILY_QUOTA]
        self._metrics.api(call.name, "parked")
        return Refused(known.code, "limit", known.name, known.wait, known.means)

    async def _fetch_token(self, force: bool) -> Outcome | NotServed:  # noqa: FBT001 - as WeChat's
        call = FORCED_TOKEN if force else TOKEN
        if self.quotas.spent(call.name):
            return self._parked(call)
        body = {
            "grant_type": "client_credential",
            "appid": self._settings.app_id,
            "secret": self._settings.app_secret.get_secret_value(),
            "force_refresh": force,
        }
        return await self._post(call, {}, _json(body))

    async def _may_force(self) -> bool:
        return await self.quotas.left(FORCED_TOKEN.name) != 0

    async def _post(
        self, call: Call, query: Mapping[str, str], content: bytes | Callable[[], aiohttp.FormData]
    ) -> Outcome | NotServed:
        """Make one HTTP request; whatever happens on the line becomes an outcome."""
        async with self._places:
            outcome = await self._request(call, query, content)
        self._metrics.api(call.name, _label(outcome))
        if not isinstance(outcome, Refused) or outcome.code:  # else it never got to WeChat
            await self.quotas.note(call.name)
        if isinstance(outcome, Refused) and outcome.code == DAILY_QUOTA:
            await self.quotas.used_up(call.name)
        return outcome

    async def _request(
        self, call: Call, query: Mapping[str, str], content: bytes | Callable[[], aiohttp.FormData]
    ) -> Outcome | NotServed:
        data, headers = (content, JSON) if isinstance(content, bytes) else (content(), None)
        try:
            async with self._open().request(
                call.method, self._settings.api_base + call.path,
                params=query, allow_redirects=False,
                data=data, headers=headers,
            ) as answer:  # fmt: skip
                return await self._read(call, answer)
        except (aiohttp.ClientError, TimeoutError) as fault:
            return read_failure(fault)

    async def _read(self, call: Call, answer: aiohttp.ClientResponse) -> Outcome | NotServed:
        body = bytearray()
        async for piece in answer.content.iter_any():
            body += piece
            if len(body) > LONGEST:
                return Ambiguous("too_long")
        return read_answer(answer.status, bytes(body), self._errors, call.proof)

    def _open(self) -> aiohttp.ClientSession:
        """Return the session; it can only be made inside the running loop."""
        if self._session is None:
            settings = self._settings
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_S),
                timeout=aiohttp.ClientTimeout(
                    total=settings.api_timeout_s,
                    connect=min(settings.api_connect_s, settings.api_timeout_s * 0.9),
                ),
            )
        return self._session


def _json(body: Mapping[str, Any] | None) -> bytes:
    r"""Write JSON with Chinese as it is: WeChat shows `\u…` in menus letter by letter."""
    if body is None:
        return b""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _not_sent(outcome: Outcome) -> Outcome:
    """Say of a call that never was made, for want of a token, that it was refused for certain."""
    if isinstance(outcome, Refused):
        return outcome
    return Refused(0, "temporary", "no_token", "moment", "没有拿到访问凭证（access_token）")


def _label(outcome: Outcome | NotServed) -> str:
    """Return the code for the figures, from a fixed list."""
    match outcome:
        case Ok(again=again):
            return "again" if again else "ok"
        case NotServed(known=known):
            return str(known.code)
        case Ambiguous(reason=reason):
            return reason
        case Refused(code=code, name=name):
            return str(code) if code and name != "unknown" else name
