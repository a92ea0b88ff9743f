"""The courier (派送员): takes promised messages and hands them to WeChat, once each.

Claim a handful, choose each one's channel, write down that it is being sent, call, settle. What
another courier left behind in the middle of a call comes back to us through the ledger.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.consenting import restore, spend
from bot.handful import KNOWS_REPEATS, Called, Caller
from bot.late import NotYetError
from bot.rounds import Rounds, bring
from bot.verdict import rest, verdict
from bot.wechat.outcomes import Refused
from jcbot import followers, ledger, pauses
from jcbot.announcing import rows
from jcbot.channels import Rules, choose
from jcbot.clock import machine_time
from jcbot.errors import StorageError
from jcbot.ledger import FAILED, STOPPED, UNKNOWN, Item, Plan, Settled
from jcbot.settings import Sms
from jcbot.standing import standings
from jcbot.text_messages import share_of
from knowledge.sending import SMS

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Sequence

    from sqlalchemy import Connection

    from bot.wechat.outcomes import Outcome
    from handlers.notices import Notice
    from jcbot.clock import Clock
    from jcbot.settings import Sending
    from jcbot.storage.database import Database
    from knowledge.sending import SendingRules

CLAIMED, CLAIMED_S = 500, 4
"""Messages taken at a time, and no more than can be called for in so many seconds."""
GONE = frozenset({43004, 40003})
"""Refusals that say that somebody does not follow the account."""

log = structlog.get_logger("bot.courier")


@dataclass(slots=True)
class Courier(Rounds):
    """One courier; any number of them, in any number of processes, share the work.

    `send` makes one call for a plan; `words` reads what an item says in the transaction that
    writes it down (of the class as it is now), with a dict to keep what serves the whole handful;
    None is nothing to say any more, and `NotYetError` puts the item off.
    """

    database: Database
    clock: Clock
    settings: Sending
    rules: SendingRules
    send: Callable[[Plan, Notice], Awaitable[Outcome]]
    words: Callable[[Connection, Item, dict[str, Any]], Notice | None]
    sms: Sms = field(default_factory=Sms)
    holder: str = field(default_factory=lambda: secrets.token_hex(8))
    _caller: Caller = field(init=False)

    def __post_init__(self) -> None:
        self._caller = Caller(self.send, self.settings.at_once, self.settings.per_second)

    async def run(self, stopped: asyncio.Event) -> None:
        """Deliver until told to stop; calls that were begun are finished first."""
        self._caller.stopped = stopped
        await Rounds.run(self, stopped)

    async def round(self) -> bool:
        """Take what is due and send it; say whether there was anything."""
        taken, plans = await self.database.run(self._take)
        if plans:
            called = await self._caller.deliver(plans)
            await bring(self.database, partial(self._settle, called=called))
            self.away_s = self.away_after(called, self._caller.closed_s)
        return taken > 0

    def _take(self, conn: Connection) -> tuple[int, list[tuple[Plan, Notice]]]:
        """Claim a handful and write down what is to be sent; its size and the plans with words."""
        now = self.clock.now()
        most = max(1, min(CLAIMED, CLAIMED_S * self.settings.per_second))
        items = ledger.reclaim(conn, self.holder, now, most, KNOWS_REPEATS)
        items = items or ledger.claim(conn, self.holder, now, most)
        return len(items), self._plan(conn, items, now)

    def _plan(
        self, conn: Connection, items: Sequence[Item], now: dt.datetime
    ) -> list[tuple[Plan, Notice]]:
        rules = self._rules(conn, items, now)
        items, settled = _without_stopped(conn, items)
        people, kept = standings(conn, items, self.rules), dict[str, Any]()
        plans, alone = [], 0
        for item in items:
            chosen = choose(item, people[item.openid], rules, now)
            single = isinstance(chosen, Plan) and chosen.channel not in KNOWS_REPEATS
            if single and alone == self.settings.at_once:
                continue  # a kill would leave it unknown: written down when its call is near
            words = self._worded(conn, chosen, kept) if isinstance(chosen, Plan) else chosen
            if isinstance(words, Settled):
                settled.append(words)
            elif isinstance(chosen, Plan) and spend(conn, chosen, self.settings):
                plans.append((chosen, words))
                alone += single
        ledger.settle(conn, self.holder, settled, now)
        ledger.write_down(conn, self.holder, [plan for plan, _ in plans], now)
        return plans

    def _rules(self, conn: Connection, items: Sequence[Item], now: dt.datetime) -> Rules:
        resting, kinds = pauses.paused(conn, now), self.rules.kinds
        some = any(each.kind in kinds and SMS in kinds[each.kind].channels for each in items)
        texts = share_of(conn, self.sms.per_day, now, resting) if self.sms.url and some else None
        sending = self.settings
        return Rules(self.rules, sending.templates, resting, sending.subscriptions, texts)

    def _worded(self, conn: Connection, plan: Plan, kept: dict[str, Any]) -> Notice | Settled:
        """Find the words; a message that has none is set aside and stops nobody else's."""
        item = plan.item
        try:
            if said := self.words(conn, item, kept):
                return said
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

    def _settle(self, conn: Connection, called: Sequence[Called]) -> None:
        now = self.clock.now()
        verdicts = [verdict(each, now) for each in called]
        for each in called:
            restore(conn, each, self.settings, self.holder)
        ledger.settle(conn, self.holder, [each for each in verdicts if each], now)
        for each in called:
            if isinstance(each.outcome, Refused):
                self._note(conn, each.plan, each.outcome, now)

    def _note(self, conn: Connection, plan: Plan, refusal: Refused, now: dt.datetime) -> None:
        """Let a channel rest, remember that somebody does not follow: for all messages to come."""
        if until := rest(refusal, now):
            pauses.pause(conn, plan.channel, until, refusal.name)
        if refusal.code in GONE:
            created = int(machine_time())  # as WeChat's own events are dated
            followers.record(conn, plan.item.openid, following=False, created=created, now=now)


def _without_stopped(conn: Connection, items: Sequence[Item]) -> tuple[list[Item], list[Settled]]:
    """Set aside what an announcement that was stopped has left; not what may have arrived."""
    whose = {
        item.id: number
        for item in items
        if not item.again and isinstance(number := item.payload.get("announcement"), int)
    }
    over = rows.over(conn, set(whose.values()))
    rest = [item for item in items if whose.get(item.id) not in over]
    gone = [item for item in items if whose.get(item.id) in over]
    return rest, [Settled(item, rows.STOPPED, reason=rows.BY_STAFF) for item in gone]
