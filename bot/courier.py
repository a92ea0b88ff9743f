"""The courier (派送员): takes promised messages and hands them to WeChat, once each.

Claim a handful, choose each one's channel, write down that it is being sent, call, settle. What
another courier left behind in the middle of a call comes back to us through the ledger.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import secrets
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.handful import KNOWS_REPEATS, Called, Caller
from bot.late import NotYetError
from bot.verdict import rest, verdict
from bot.wechat.outcomes import Refused
from jcbot import followers, ledger
from jcbot.channels import Rules, choose, standings
from jcbot.clock import machine_time
from jcbot.errors import StorageError
from jcbot.ledger import FAILED, STOPPED, UNKNOWN, Item, Plan, Settled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from sqlalchemy import Connection

    from bot.wechat.outcomes import Outcome
    from jcbot.clock import Clock
    from jcbot.settings import Sending
    from jcbot.storage.database import Database
    from knowledge.sending import SendingRules

CLAIMED, CLAIMED_S = 500, 4
"""Messages taken at a time, and no more than can be called for in so many seconds."""
IDLE_S, AWAY_S, LONGEST_S = 1.0, 1.0, 30.0
"""How long to wait when nothing is due; and, longer each time, when something is out of order."""
SETTLE_TRIES = 10
"""So often, a second apart, the outcome is brought to a database that is out of order."""
GONE = frozenset({43004, 40003})
"""Refusals that say that somebody does not follow the account."""

log = structlog.get_logger("bot.courier")


@dataclass(slots=True)
class Courier:
    """One courier; any number of them, in any number of processes, share the work.

    `send` makes one call for a plan; `words` reads the words of an item in the transaction that
    writes it down (of the class as it is now), with a dict to keep what serves the whole handful;
    "" is nothing to say, and `NotYetError` puts the item off.
    """

    database: Database
    clock: Clock
    settings: Sending
    rules: SendingRules
    send: Callable[[Plan, str], Awaitable[Outcome]]
    words: Callable[[Connection, Item, dict[str, Any]], str]
    holder: str = field(default_factory=lambda: secrets.token_hex(8))
    away_s: float = 0.0
    """How long to leave the database or WeChat alone after this round."""
    _caller: Caller = field(init=False)

    def __post_init__(self) -> None:
        self._caller = Caller(self.send, self.settings.at_once, self.settings.per_second)

    async def run(self, stopped: asyncio.Event) -> None:
        """Deliver until told to stop; calls that were begun are finished first."""
        self._caller.stopped = stopped
        while not stopped.is_set():
            try:
                busy = await self.round()
            except Exception as fault:  # noqa: BLE001 - a courier that ends sends nothing at all
                log.error("courier waits", fault=type(fault).__name__)  # noqa: TRY400 - no names
                busy, self.away_s = False, self._longer()
            if self.away_s or not busy:
                await _sleep(stopped, self.away_s or IDLE_S)

    async def round(self) -> bool:
        """Take what is due and send it; say whether there was anything."""
        taken, plans = await self.database.run(self._take)
        if plans:
            called = await self._caller.deliver(plans)
            await self._bring(called)
            self.away_s = self._away(called)
        return taken > 0

    def _take(self, conn: Connection) -> tuple[int, list[tuple[Plan, str]]]:
        """Claim a handful and write down what is to be sent; its size and the plans with words."""
        now = self.clock.now()
        most = max(1, min(CLAIMED, CLAIMED_S * self.settings.per_second))
        items = ledger.reclaim(conn, self.holder, now, most, KNOWS_REPEATS)
        items = items or ledger.claim(conn, self.holder, now, most)
        return len(items), self._plan(conn, items, now)

    def _plan(
        self, conn: Connection, items: Sequence[Item], now: dt.datetime
    ) -> list[tuple[Plan, str]]:
        rules = Rules(self.rules, self.settings.templates, ledger.paused(conn, now))
        people, kept = standings(conn, items, self.rules), dict[str, Any]()
        plans, settled, alone = [], [], 0
        for item in items:
            chosen = choose(item, people[item.openid], rules, now)
            single = isinstance(chosen, Plan) and chosen.channel not in KNOWS_REPEATS
            if single and alone == self.settings.at_once:
                continue  # a kill would leave it unknown: written down when its call is near
            words = self._worded(conn, chosen, kept) if isinstance(chosen, Plan) else chosen
            if isinstance(chosen, Plan) and isinstance(words, str):
                plans.append((chosen, words))
                alone += single
            elif isinstance(words, Settled):
                settled.append(words)
        ledger.settle(conn, self.holder, settled, now)
        ledger.write_down(conn, self.holder, [plan for plan, _ in plans], now)
        return plans

    def _worded(self, conn: Connection, plan: Plan, kept: dict[str, Any]) -> str | Settled:
        """Find the words; a message that has none is set aside and stops nobody else's."""
        item = plan.item
        try:
            if text := self.words(conn, item, kept):
                return text
            return Settled(item, UNKNOWN if item.again else STOPPED, reason="nothing to say")
        except NotYetError as wait:
            later = self.clock.now() + dt.timedelta(seconds=wait.seconds)
            return Settled(item, "", reason="no words yet", later=later)
        except (StorageError, SQLAlchemyError):
            raise
        except Exception as fault:  # noqa: BLE001 - whatever is wrong with it, it is this one's
            log.error("no words", kind=item.kind, fault=type(fault).__name__)  # noqa: TRY400
            state = UNKNOWN if item.again else FAILED
            return Settled(item, state, reason=f"no words: {type(fault).__name__}")

    async def _bring(self, called: Sequence[Called]) -> None:
        """Settle; a database that is out of order for a moment must not cost us the outcomes."""
        work = partial(self._settle, called=called)
        for _ in range(SETTLE_TRIES):
            with contextlib.suppress(StorageError):
                return await self.database.run(work)
            await asyncio.sleep(IDLE_S)
        return await self.database.run(work)

    def _settle(self, conn: Connection, called: Sequence[Called]) -> None:
        now = self.clock.now()
        verdicts = [verdict(each, now) for each in called]
        ledger.settle(conn, self.holder, [each for each in verdicts if each], now)
        for each in called:
            if isinstance(each.outcome, Refused):
                self._note(conn, each.plan, each.outcome, now)

    def _note(self, conn: Connection, plan: Plan, refusal: Refused, now: dt.datetime) -> None:
        """Let a channel rest, remember that somebody does not follow: for all messages to come."""
        if until := rest(refusal, now):
            ledger.pause(conn, plan.channel, until, refusal.name)
        if refusal.code in GONE:
            created = int(machine_time())  # as WeChat's own events are dated
            followers.record(conn, plan.item.openid, following=False, created=created, now=now)

    def _away(self, called: Sequence[Called]) -> float:
        """How long to leave WeChat alone: longer each time as long as it cannot be reached."""
        heard = any(each.answered for each in called)
        mute = not heard and any(each.outcome is not None for each in called)
        closed_s = self._caller.closed_s
        return max(closed_s, self._longer()) if closed_s or mute else 0.0

    def _longer(self) -> float:
        return min(max(AWAY_S, 2 * self.away_s), LONGEST_S)


async def _sleep(stopped: asyncio.Event, seconds: float) -> None:
    """Wait, but no longer than until the stop."""
    try:
        await asyncio.wait_for(stopped.wait(), seconds)
    except TimeoutError:
        return
