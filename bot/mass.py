"""Mass sends (群发) in rounds: one call at a time, each written down first and settled after."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from bot.handful import Called, Caller
from bot.rounds import Rounds, bring
from bot.verdict import rest, verdict
from bot.wechat.outcomes import Refused
from jcbot import pauses
from jcbot.announcing import massing
from jcbot.ledger import Plan
from knowledge.sending import MASS

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

    from sqlalchemy import Connection

    from bot.wechat.outcomes import Outcome
    from handlers.notices import Notice
    from jcbot.clock import Clock
    from jcbot.storage.database import Database
    from knowledge.sending import SendingRules

PER_SECOND = 1
"""The platform takes sixty a minute."""


@dataclass(slots=True)
class MassCourier(Rounds):
    """Makes mass sends; any number of these, in any number of processes, share the work.

    `send` makes one call for a plan whose item is a `MassSend`; `words` reads the words of an
    announcement by its number.
    """

    database: Database
    clock: Clock
    rules: SendingRules
    send: Callable[[Plan, Notice], Awaitable[Outcome]]
    words: Callable[[Connection, int], Notice]
    holder: str = field(default_factory=lambda: secrets.token_hex(8))
    _caller: Caller = field(init=False)

    def __post_init__(self) -> None:
        self._caller = Caller(self.send, 1, PER_SECOND)

    async def run(self, stopped: asyncio.Event) -> None:
        """Send until told to stop; a call that was begun is finished first."""
        self._caller.stopped = stopped
        await Rounds.run(self, stopped)

    async def round(self) -> bool:
        """Make the next send, if any is due."""
        due, plans = await self.database.run(self._take)
        if plans:
            called = await self._caller.deliver(plans)
            await bring(self.database, partial(self._settle, called=called[0]))
            self.away_s = self.away_after(called, self._caller.closed_s)
        return due

    def _take(self, conn: Connection) -> tuple[bool, list[tuple[Plan, Notice]]]:
        due, send = massing.gather(conn, self.holder, self.clock.now(), self.rules)
        if send is None:
            return due, []
        words = self.words(conn, send.payload["announcement"])
        return due, [(Plan(send, MASS, "mass send"), words)]

    def _settle(self, conn: Connection, called: Called) -> None:
        now, send, outcome = self.clock.now(), called.plan.item, called.outcome
        settled = verdict(called, now)
        if settled is not None and isinstance(send, massing.MassSend):
            massing.settle(conn, self.holder, send, settled, now)
        if isinstance(outcome, Refused) and (until := rest(outcome, now)):
            pauses.pause(conn, MASS, until, outcome.name)
