"""WeChat's tries of one message (重试) join one piece of work and get one answer.

WeChat pushes a message up to three times, cutting each try after 5 s. Across processes the tries
meet at the inbox's unique key; within one they meet here:

- While the work goes on, the first two tries are held until WeChat itself cuts them. They are not
  ended with `success`: that would stop the retries, and the retry is what fetches the answer.
- The third is the last. At 4.5 s it says `success`, because a cut third try makes WeChat tell the
  user that the account is out of order. Then nobody will ask any more, so the answer is promised
  (bot/late.py) and goes out by the courier. It is given by reply or promised, never both.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.late import promise_answer
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
SUCCESS_BY = 4.8
"""Seconds after its arrival at which the last try is ended, promised or not: WeChat cuts at 5."""
COUNTED_S = 60.0
"""How long the tries of a message are counted."""
LAST_TRY_AGE = (9.0, 60.0)
"""A message this old (seconds, by its CreateTime) is on its last try, whoever saw the others."""


@dataclass(slots=True)
class _Flight:
    """One message under way; `handed` once no try may be answered with its reply any more."""

    task: asyncio.Task[str | None]
    handed: asyncio.Task[bool] | None = None


class Tries:
    """Answers verified messages: each is worked on once, however often it comes."""

    def __init__(self, desk: Desk, metrics: Metrics, shared: Shared) -> None:
        self._desk = desk
        self._shared = shared
        self._metrics = metrics
        self._flights: dict[bytes, _Flight] = {}

    async def answer(self, message: Message, arrived: float) -> str | None:
        """Return the reply's text, "" for a silent `success`, None to leave the try unanswered.

        `arrived` is the loop's time at which this try came in.
        """
        flight, deadline = self._join(message), self._desk.config.limits.reply_deadline_s
        if not flight.handed and not await _landing(flight, arrived + deadline):
            last = await self._is_last(message)
            if not last:
                await _landing(flight, arrived + CUT_OFF)
            elif not flight.task.done():
                await self._hand_over(message, flight, arrived + SUCCESS_BY)
        if flight.handed:
            return ""
        return flight.task.result() if flight.task.done() else None

    async def _is_last(self, message: Message) -> bool:
        """Count the tries that had to wait this long, in whichever process they came in."""
        if _looks_last(message):
            return True
        name = f"try:{message.key.value.hex()}"
        for number in range(1, TRIES):
            if await self._shared.add(f"{name}:{number}", "", COUNTED_S):
                return False
        return True

    async def _hand_over(self, message: Message, flight: _Flight, end: float) -> None:
        """Promise the answer, before `success` is said where the database lets us in by `end`."""
        if flight.handed is None:
            work = promise_answer(self._desk, message)
            flight.handed = asyncio.get_running_loop().create_task(work)
            self._metrics.late.inc()
        await _until(flight.handed, end)

    async def finish(self, seconds: float) -> None:
        """Wait, before a stop, until what is under way is answered or promised."""
        tasks: set[asyncio.Task[Any]] = set()
        for flight in self._flights.values():
            tasks |= {flight.task} | ({flight.handed} if flight.handed else set())
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

    def _landed(self, message: Message, flight: _Flight, _task: asyncio.Task[Any]) -> None:
        """Forget what is done: a repeat finds reply and promise in the database."""
        if flight.handed and not flight.handed.done():
            flight.handed.add_done_callback(partial(self._landed, message, flight))
            return
        self._flights.pop(message.key.value, None)
        self._metrics.open.set(len(self._flights))


async def _landing(flight: _Flight, end: float) -> bool:
    """Wait for the answer until the loop's time `end`; tell whether it is there."""
    await _until(flight.task, end)
    return flight.task.done()


async def _until(task: asyncio.Task[Any], end: float) -> None:
    left = end - asyncio.get_running_loop().time()
    await asyncio.wait((task,), timeout=max(0.0, left))


def _looks_last(message: Message) -> bool:
    """Tell by its age whether other processes will have seen the first tries of a message."""
    youngest, oldest = LAST_TRY_AGE
    return youngest <= machine_time() - message.created <= oldest
