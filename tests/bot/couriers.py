"""A courier beside a pretend WeChat, with messages promised to many people."""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
import sys
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from bot import post
from bot.courier import Courier
from bot.fresh import fresh_config
from bot.wechat.pretend.world import Pretend, pretending
from handlers.notices import Notice
from jcbot import conversations
from jcbot.clock import SHANGHAI, Clock
from jcbot.outbox import Promise, promise
from jcbot.settings import Sending
from jcbot.shared import MemoryShared
from jcbot.storage.training_tables import outbox
from knowledge.reading import ROOT
from knowledge.sending import load_sending

sys.path.append(str(Path(__file__).parent.parent / "wechat"))
from apis import calling

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from sqlalchemy import Connection, Row

    from bot.wechat.client import WeChatClient
    from bot.wechat.outcomes import Outcome
    from bot.wechat.pretend.rules import Rules
    from jcbot.ledger import Item, Plan
    from jcbot.storage.database import Database

MONDAY = dt.datetime(2026, 11, 23, 10, tzinfo=SHANGHAI)
RULES = load_sending(ROOT / "sending" / "kinds.toml")
ASKED_FOR, URGENT, CUSTOM_ONLY = "class_moved", "identity_tried", "jobs_found"
TEMPLATES = {ASKED_FOR: "tpl", URGENT: "tpl"}
FAST = {"at_once": 5, "per_second": 1_000, "templates": TEMPLATES, "subscriptions": {}}


def said(_conn: Connection, item: Item, _kept: dict[str, Any]) -> Notice:
    """The words of these tests' messages: their number."""
    return Notice(f"第{item.payload['n']}条")


async def without_id(client: WeChatClient, config: Any, plan: Plan, said: Notice) -> Outcome:
    """Send as if there were no client id: another one each time."""
    item = plan.item
    template = config.sending.templates[item.kind]
    return await client.template(
        item.openid, template, said.values("template"), client_id=secrets.token_hex(8)
    )


@dataclass
class Scene:
    """A database, a pretend WeChat and a clock for both."""

    database: Database
    pretend: Pretend
    client: WeChatClient
    clock: Clock

    def courier(self, database: Database | None = None, **parts: Any) -> Courier:
        """A courier of these; `parts` may replace settings (those of FAST), words and send."""
        sending = Sending(**FAST | {key: parts.pop(key) for key in list(parts) if key in FAST})
        config = fresh_config().model_copy(update={"sending": sending})
        send = partial(parts.pop("send", post.send), parts.pop("client", self.client), config)
        return Courier(
            database or self.database, self.clock, sending, RULES, send,
            parts.pop("words", said), **parts,
        )  # fmt: skip

    async def promise(
        self, people: Iterable[str], kind: str = ASKED_FOR, n: int = 1, **more: Any
    ) -> None:
        """Promise message `n` to these people."""
        message = Promise("", kind, "", {"n": n}, more.get("due", self.clock.now()))

        def work(conn: Connection) -> None:
            for openid in people:
                promise(conn, replace(message, key=f"{kind}:{n}:{openid}", openid=openid))

        await self.database.run(work)

    async def wrote(self, *people: str) -> None:
        """Let these people write a message now."""

        def work(conn: Connection) -> None:
            for openid in people:
                conversations.save(conn, openid, {"asked": "x"}, self.clock.now())

        await self.database.run(work)
        for openid in people:
            self.pretend.wrote(openid)

    async def rows(self) -> list[Row[Any]]:
        """All messages as the ledger has them."""
        return await self.database.run(
            lambda conn: list(conn.execute(select(outbox).order_by(outbox.c.id)).all())
        )

    async def states(self) -> dict[str, int]:
        """How many messages there are in each state."""
        return dict(Counter(row.state for row in await self.rows()))

    async def spoil(self, openid: str, **values: Any) -> None:
        """Change a row by hand."""
        change = update(outbox).where(outbox.c.openid == openid).values(**values)
        await self.database.run(lambda conn: conn.execute(change))

    def received(self) -> Counter[tuple[str, str]]:
        """How often each text lies in each person's phone."""
        return Counter((each.openid, each.text) for each in self.pretend.journal.received())

    def pass_s(self, seconds: float) -> None:
        """Let time go by."""
        self.clock.advance(dt.timedelta(seconds=seconds))


async def drain(courier: Courier) -> None:
    """Send what is due."""
    while await courier.round():
        pass


@contextlib.asynccontextmanager
async def a_scene(
    database: Database, rules: Rules | None = None, at: dt.datetime = MONDAY, **settings: Any
) -> AsyncIterator[Scene]:
    """A scene; `settings` are those of [wechat]."""
    clock = Clock(at)
    shared = settings.pop("shared", None) or MemoryShared()
    async with (
        pretending(rules, clock=clock) as pretend,
        calling(pretend.url, shared, clock, **settings) as client,
    ):
        yield Scene(database, pretend, client, clock)
