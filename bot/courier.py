"""The courier (派送员): takes promised messages and hands them to WeChat, once each.

Claim a handful, choose each one's channel, write down that it is being sent, call, settle. What
another courier left behind in the middle of a call comes back to us through the ledger.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import structlog

from bot.wechat.outcomes import AccountFaultError, Ambiguous, Ok, Refused
from jcbot import ledger
from jcbot.channels import Rules, choose
from jcbot.clock import monotonic
from jcbot.errors import StorageError
from jcbot.ledger import FAILED, SENT, UNKNOWN, Item, Plan, Settled
from knowledge.sending import TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from sqlalchemy import Connection

    from bot.wechat.outcomes import Outcome
    from jcbot.clock import Clock
    from jcbot.settings import Sending
    from jcbot.storage.database import Database
    from knowledge.sending import SendingRules

CLAIMED = 100
"""Messages taken at a time."""
TRIES = 8
"""So often a message is tried before it is set aside."""
REPEATS = 4
"""So often an ambiguous call is repeated at once, under the same client id."""
REPEAT_S = 0.2
IDLE_S = 1.0
AWAY_S = 5.0
"""How long to wait when the database, or the account, is out of order."""
BACK_OFF_S, LONGEST_S = 30, 3_600
KNOWS_REPEATS = (TEMPLATE,)
"""Channels that deliver a client id once within ten minutes."""
SLOWER = dt.timedelta(seconds=2)

log = structlog.get_logger("bot.courier")


@dataclass(slots=True)
class Courier:
    """One courier; any number of them, in any number of processes, share the work.

    `send` makes one call for a plan; `prepare` reads what it needs in the transaction that
    writes it down (the class as it is now).
    """

    database: Database
    clock: Clock
    settings: Sending
    rules: SendingRules
    send: Callable[[Plan, str], Awaitable[Outcome]]
    words: Callable[[Connection, Item], str]
    holder: str = field(default_factory=lambda: secrets.token_hex(8))
    _away_s: float = 0.0

    async def run(self, stopped: asyncio.Event) -> None:
        """Deliver until told to stop; what is in hand is finished first."""
        while not stopped.is_set():
            try:
                busy = await self.round()
            except StorageError as fault:
                log.error("courier waits", fault=type(fault).__name__)  # noqa: TRY400 - no names
                busy, self._away_s = False, AWAY_S
            if self._away_s or not busy:
                await _sleep(stopped, self._away_s or IDLE_S)
                self._away_s = 0.0

    async def round(self) -> bool:
        """Take what is due and send it; say whether there was anything."""
        now = self.clock.now()
        items = await self.database.run(partial(self._claim, now=now))
        for start in range(0, len(items), self.settings.at_once):
            began = monotonic()
            await self._handful(items[start : start + self.settings.at_once])
            spare = self.settings.at_once / self.settings.per_second - (monotonic() - began)
            await asyncio.sleep(max(0.0, spare))
        return bool(items)

    def _claim(self, conn: Connection, now: dt.datetime) -> list[Item]:
        stalled = ledger.reclaim(conn, self.holder, now, CLAIMED, KNOWS_REPEATS)
        return stalled or ledger.claim(conn, self.holder, now, CLAIMED)

    async def _handful(self, items: Sequence[Item]) -> None:
        """Send a few at once: written down together before, settled together after."""
        now = self.clock.now()
        plans = await self.database.run(partial(self._plan, items=items, now=now))
        outcomes = await asyncio.gather(*(self._call(*each) for each in plans))
        await self.database.run(partial(self._settle, outcomes=outcomes))

    def _plan(
        self, conn: Connection, items: Sequence[Item], now: dt.datetime
    ) -> list[tuple[Plan, str]]:
        rules = Rules(self.rules, self.settings.templates, ledger.paused(conn, now))
        chosen = [choose(conn, each, rules, now) for each in items]
        texts: dict[int, str] = {}
        for place, plan in enumerate(chosen):
            if isinstance(plan, Plan):
                chosen[place] = self._worded(conn, plan, texts)
        settled = [each for each in chosen if isinstance(each, Settled)]
        ledger.settle(conn, self.holder, settled, now)
        plans = [each for each in chosen if isinstance(each, Plan)]
        kept = ledger.write_down(conn, self.holder, plans, now)
        return [(plan, texts[plan.item.id]) for plan in kept]

    def _worded(self, conn: Connection, plan: Plan, texts: dict[int, str]) -> Plan | Settled:
        """Find the words; a message that has none is set aside and stops nobody else's."""
        try:
            texts[plan.item.id] = self.words(conn, plan.item)
        except Exception as fault:  # noqa: BLE001 - whatever is wrong with it, it is this one's
            log.error("no words", kind=plan.item.kind, fault=type(fault).__name__)  # noqa: TRY400
            return Settled(plan.item, FAILED, reason=f"no words: {type(fault).__name__}")
        return plan

    async def _call(self, plan: Plan, words: str) -> tuple[Plan, Outcome]:
        """Make the call; what is ambiguous is asked again at once where a repeat is known."""
        outcome = await self._send(plan, words)
        repeats = REPEATS if plan.channel in KNOWS_REPEATS else 0
        while isinstance(outcome, Ambiguous) and repeats:
            repeats -= 1
            await asyncio.sleep(REPEAT_S)
            outcome = await self._send(plan, words)
        return plan, outcome

    async def _send(self, plan: Plan, words: str) -> Outcome:
        """Call; a fault of the account is not the message's: it waits, and so do we."""
        try:
            return await self.send(plan, words)
        except AccountFaultError as fault:
            log.error("nothing can be sent", fault=fault.name)  # noqa: TRY400 - no names
            self._away_s = fault.pause_s
            return Refused(fault.code, "limit", fault.name, "moment")

    def _settle(self, conn: Connection, outcomes: Sequence[tuple[Plan, Outcome]]) -> None:
        now = self.clock.now()
        verdicts = [verdict(*each, now) for each in outcomes]
        ledger.settle(conn, self.holder, [each for each in verdicts if each], now)
        for plan, outcome in outcomes:
            if isinstance(outcome, Refused) and (until := _rest(outcome, now)):
                ledger.pause(conn, plan.channel, until, outcome.name)


def verdict(plan: Plan, outcome: Outcome, now: dt.datetime) -> Settled | None:
    """Return what a call's outcome makes of its message.

    None leaves it as it is, being sent: nobody knows yet, and it can be sent again under its id
    as soon as its lease is over.
    """
    item = plan.item
    if isinstance(outcome, Ok):
        return Settled(item, SENT, str(outcome.data.get("msgid", "")), plan.reason)
    if isinstance(outcome, Ambiguous) and plan.channel in KNOWS_REPEATS:
        return None
    if isinstance(outcome, Ambiguous):
        return Settled(item, UNKNOWN, reason=f"no clear answer: {outcome.reason}")
    why = f"{outcome.name} ({outcome.code})"
    if outcome.kind == "permanent" or outcome.wait in {"user", "never", "staff"}:
        return Settled(item, FAILED, reason=why)
    if item.tries >= TRIES and outcome.kind == "temporary":
        return Settled(item, FAILED, reason=f"tried {item.tries} times: {why}")
    wait = min(BACK_OFF_S * 2**item.tries, LONGEST_S)
    later = _rest(outcome, now) or now + dt.timedelta(seconds=wait)
    return Settled(item, "", reason=why, later=later)


def _rest(outcome: Refused, now: dt.datetime) -> dt.datetime | None:
    """Until when the whole channel rests after this refusal, None if it need not."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(days=1)
    if outcome.wait == "tomorrow":
        return midnight
    if outcome.wait == "next_month":
        return (midnight.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    return now + SLOWER if outcome.wait == "slower" else None


async def _sleep(stopped: asyncio.Event, seconds: float) -> None:
    """Wait, but no longer than until the stop."""
    try:
        await asyncio.wait_for(stopped.wait(), seconds)
    except TimeoutError:
        return
