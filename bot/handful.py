"""The calls of one handful of messages (一把消息): a few at once, paced, none begun too late."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from bot.wechat.outcomes import AccountFaultError, Ambiguous, Refused
from jcbot.clock import monotonic
from knowledge.sending import MASS, SMS, TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from bot.wechat.outcomes import Outcome
    from handlers.notices import Notice
    from jcbot.ledger import Plan

KNOWS_REPEATS = (TEMPLATE, MASS, SMS)
"""Channels that deliver a client id once, within ten minutes at least."""
REPEATS = 4
"""So often an ambiguous call is repeated at once, under the same client id."""
REPEAT_S = 0.2
START_S, CALL_S = 10.0, 15.0
"""No call begins later than that after its message was written down, none takes longer: both
together are over well before the lease is."""
TOO_SHORT_S = 0.01
"""A wait that is not worth a timer; the next ones make up for it."""
CHANNEL_RESTS = frozenset({"slower", "tomorrow", "next_month"})

log = structlog.get_logger("bot.courier")


@dataclass(frozen=True, slots=True)
class Called:
    """What became of a plan: `outcome` None where no call was made, or our own code failed it.

    `maybe`: an earlier call for the same message may have delivered it.
    """

    plan: Plan
    outcome: Outcome | None
    maybe: bool
    broken: str = ""

    @property
    def answered(self) -> bool:
        """Whether WeChat itself said something."""
        if isinstance(self.outcome, Refused):
            return self.outcome.code != 0
        return self.outcome is not None and not isinstance(self.outcome, Ambiguous)


@dataclass(slots=True)
class Caller:
    """Makes the calls; `closed_s`: WeChat is out of reach, leave it alone so long at least."""

    send: Callable[[Plan, Notice], Awaitable[Outcome]]
    at_once: int
    per_second: int
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    closed_s: float = 0.0
    _resting: set[str] = field(default_factory=set)
    _slot: float = 0.0

    async def deliver(self, plans: Sequence[tuple[Plan, Notice]]) -> list[Called]:
        """Call for each of them, at most `at_once` at the same time."""
        self.closed_s, last = 0.0, monotonic() + START_S
        self._resting.clear()
        waiting, done = iter(plans), list[Called]()
        hands = (self._work(waiting, done, last) for _ in range(min(self.at_once, len(plans))))
        await asyncio.gather(*hands)
        return done

    async def _work(
        self, waiting: Iterator[tuple[Plan, Notice]], done: list[Called], last: float
    ) -> None:
        for plan, words in waiting:
            if not self._over(plan, last):
                await self._pace()
            if self._over(plan, last):
                done.append(Called(plan, None, plan.item.again))
            else:
                done.append(await self._call(plan, words, last))

    def _over(self, plan: Plan, last: float) -> bool:
        """Whether no further call is to be begun for this plan's channel."""
        closed = self.closed_s or plan.channel in self._resting
        return bool(closed) or self.stopped.is_set() or monotonic() > last

    async def _pace(self) -> None:
        """Keep to the number of calls a second."""
        now = monotonic()
        slot = max(now, self._slot)
        self._slot = slot + 1 / self.per_second
        if slot - now > TOO_SHORT_S:
            await asyncio.sleep(slot - now)

    async def _call(self, plan: Plan, words: Notice, last: float) -> Called:
        """Make the call; what is ambiguous is asked again at once where a repeat is known."""
        maybe, repeats = plan.item.again, REPEATS if plan.channel in KNOWS_REPEATS else 0
        try:
            outcome = await self._send(plan, words)
            while isinstance(outcome, Ambiguous) and repeats and monotonic() < last:
                maybe, repeats = True, repeats - 1
                await asyncio.sleep(REPEAT_S)
                outcome = await self._send(plan, words)
        except AccountFaultError as fault:
            self.closed_s = fault.pause_s  # nothing was done; who refuses us has been told already
            return Called(plan, None, maybe)
        except Exception as fault:  # noqa: BLE001 - whatever is wrong with it, it is this one's
            log.error("a message breaks", kind=plan.item.kind, fault=type(fault).__name__)  # noqa: TRY400
            return Called(plan, None, maybe, broken=type(fault).__name__)
        if isinstance(outcome, Refused):
            self._heed(plan, outcome)
        return Called(plan, outcome, maybe)

    def _heed(self, plan: Plan, outcome: Refused) -> None:
        """Make no further calls where WeChat is out of reach, or wants none on this channel."""
        if not outcome.code and outcome.wait == "moment":
            self.closed_s = 1.0
        elif outcome.wait in CHANNEL_RESTS:
            self._resting.add(plan.channel)

    async def _send(self, plan: Plan, words: Notice) -> Outcome:
        try:
            async with asyncio.timeout(CALL_S):
                return await self.send(plan, words)
        except TimeoutError:
            return Ambiguous("timeout")
