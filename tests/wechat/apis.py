"""The outgoing client beside a pretend WeChat, in one process."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from bot.metrics import Metrics
from bot.wechat.client import WeChatClient
from bot.wechat.outcomes import Ambiguous, Ok, Outcome, Refused
from jcbot.clock import SHANGHAI, Clock
from jcbot.settings import WeChat
from jcbot.shared import MemoryShared, Shared
from knowledge.wechat import load_wechat

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BOOK = load_wechat()
SECRET, APP_ID = "pretend-app-secret", "wx0123456789"
MONDAY = dt.datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)


@contextlib.asynccontextmanager
async def calling(
    url: str, shared: Shared | None = None, clock: Clock | None = None, **settings: Any
) -> AsyncIterator[WeChatClient]:
    """A client of the API at `url`; `settings` are those of [wechat]."""
    given = {"app_id": APP_ID, "app_secret": SecretStr(SECRET), "api_base": url} | settings
    made = WeChatClient(
        WeChat(**given), BOOK, shared or MemoryShared(), clock or Clock(MONDAY), Metrics()
    )
    async with made:
        yield made


def short(outcome: Outcome) -> str:
    """What became of it in two words."""
    match outcome:
        case Ok(again=again):
            return "ok again" if again else "ok"
        case Refused(kind=kind, name=name):
            return f"{kind} {name}"
        case Ambiguous(reason=reason):
            return f"ambiguous {reason}"


async def template(client: WeChatClient, openid: str = "o-worker", client_id: str = "m1") -> str:
    sent = await client.template(openid, "tpl", {"thing1": "焊工班"}, client_id=client_id)
    return short(sent)


def figures(client: WeChatClient) -> str:
    return b"".join(client._metrics.text()).decode()
