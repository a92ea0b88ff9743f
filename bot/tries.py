"""WeChat's tries of one message (重试) join one piece of work and get one answer.

WeChat pushes a message up to three times, cutting each try after 5 s. Across processes the tries
meet at the inbox's unique key; within one they meet here:

- While the work goes on, the first two tries are held until WeChat itself cuts them. They are not
  ended with `success`: that would stop the retries, and the retry is what fetches the answer.
- The third is the last. At 4.5 s it says `success`, because a cut third try makes WeChat tell the
  user that the account is out of order. Then nobody will ask any more, so the answer is handed to
  `LateAnswers`. A message is answered by reply or handed over, never both.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

import structlog

from bot.pipeline import answer
from jcbot.clock import machine_time

if TYPE_CHECKING:
    from bot.metrics import Metrics
    from bot.pipeline import Desk
    from bot.wechat.reading import Message
    from jcbot.shared import Shared

CUT_OFF = 5.2
"""Seconds a non-final try is held: past WeChat's 5, so that it is WeChat who hangs up."""
TRIES = 3
HANDED_SECONDS = 60.0
"""How long a repeat of a message whose answer was sent another way still finds it out."""
LAST_TRY_AGE = (9.0, 60.0)
"""A message this old (seconds, by its CreateTime) is on its last try, whoever saw the others."""
log = structlog.get_logger("bot.tries")


class LateAnswers(Protocol):
    """Takes an answer that came after WeChat's last try and brings it to the worker.

    `sends` tells that the worker gets it by another way, so that no repeat may get it too.
    """

    sends: bool

    async def hand_over(self, message: Message, text: str) -> None:
        """Send `text` once, or keep it; must not raise."""


class KeepForRetry:
    """Without a sending interface: the inbox has kept the answer and any repeat gets it."""

    sends = False

    async def hand_over(self, message: Message, text: str) -> None:
        """Note that an answer came late."""
        log.warning("late answer kept", kind=message.incoming.kind, characters=len(text))


@dataclass(slots=True)
class _Flight:
    """One message under way; `handed` once no try may be answered with its reply any more."""

    task: asyncio.Task[str | None]
    handed: bool = False


class Tries:
    """Answers verified messages: each is worked on once, however often it comes."""

    def __init__(
        self, desk: Desk, metrics: Metrics, shared: Shared, late: LateAnswers | None = None
    ) -> None:
        self._desk = desk
        self._shared = shared
        self._metrics = metrics
        self._late = late or KeepForRetry()
        self._flights: dict[bytes, _Flight] = {}
        self._handovers: set[asyncio.Task[None]] = set()

    async def answer(self, message: Message, arrived: float) -> str | None:
        """Return the reply's text, "" for a silent `success`, None to leave the try unanswered.

        `arrived` is the loop's time at which this try came in.
        """
        flight = self._join(message)
        if not await _landing(flight, arrived + self._desk.config.limits.reply_deadline_s):
            if not flight.handed and await self._is_last(message):
                flight.handed = True
                self._metrics.late.inc()
            else:
                await _landing(flight, arrived + CUT_OFF)
        if flight.handed:
            return ""
        return flight.task.result() if flight.task.done() else None

    async def _is_last(self, message: Message) -> bool:
        """Count the tries that had to wait this long, in whichever process they came in."""
        if _looks_last(message):
            return True
        name = f"try:{message.key.value.hex()}"
        for number in range(1, TRIES):
            if await self._shared.add(f"{name}:{number}", "", HANDED_SECONDS):
                return False
        return True

    async def finish(self, seconds: float) -> None:
        """Wait, before a stop, until what is under way is answered."""
        tasks = {flight.task for flight in self._flights.values()} | self._handovers
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)

    def _join(self, message: Message) -> _Flight:
        """Return the running work on this message, starting it for the first try."""
        name = message.key.value
        flight = self._flights.get(name)
        if flight is None:
            task = asyncio.get_running_loop().create_task(
                answer(self._desk, message, self._metrics)
            )
            flight = self._flights[name] = _Flight(task)
            self._metrics.open.set(len(self._flights))
            task.add_done_callback(partial(self._landed, message, flight))
        return flight

    def _landed(self, message: Message, flight: _Flight, task: asyncio.Task[str | None]) -> None:
        forget = partial(self._flights.pop, message.key.value, None)
        if flight.handed and self._late.sends:
            asyncio.get_running_loop().call_later(HANDED_SECONDS, forget)
        else:
            forget()
        self._metrics.open.set(len(self._flights))
        if flight.handed and not task.cancelled() and (text := task.result()):
            handover = asyncio.ensure_future(self._late.hand_over(message, text))
            self._handovers.add(handover)
            handover.add_done_callback(self._handovers.discard)


async def _landing(flight: _Flight, end: float) -> bool:
    """Wait for the answer until the loop's time `end`; tell whether it is there."""
    left = end - asyncio.get_running_loop().time()
    await asyncio.wait((flight.task,), timeout=max(0.0, left))
    return flight.task.done()


def _looks_last(message: Message) -> bool:
    """Tell by its age whether other processes will have seen the first tries of a message."""
    youngest, oldest = LAST_TRY_AGE
    return youngest <= machine_time() - message.created <= oldest
