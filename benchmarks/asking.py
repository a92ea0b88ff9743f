"""Workers asking the real service at a steady rate, and how long each reply took.

Sealed and signed requests over loopback, a new connection for each, as WeChat makes them. The
next one leaves at its time whether the last was answered or not, so a service that stands still
shows in all who ask meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import statistics
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from benchmarks.road import Client, request_of
from bot.demo import SAMPLE
from bot.pipeline import TROUBLE
from bot.wechat import simulator
from jcbot.errors import DatabaseBusyError, StorageError
from knowledge.reading import ROOT
from knowledge.replies import load_replies

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from bot.wechat.simulator import Door

T = TypeVar("T")

SENTENCES = (
    SAMPLE,
    "菜单",
    "最近有什么免费培训班",
    "高平有电工班吗",
    "考叉车证能补多少钱",
    "我是退役军人，今年46，能领多少",
    "技能提升补贴怎么申请",
    "创业培训要什么条件",
    "0",
    "你们几点上班",
)
WORKERS = 300
"""Different workers asking, in turn."""
PATIENCE_S = 5.0
"""When WeChat cuts the connection."""


@dataclass
class Replies:
    """What came of asking for a while; `late_s`: how late the asker itself was at worst."""

    name: str
    seconds: list[float] = field(default_factory=list)
    failed: dict[str, int] = field(default_factory=dict)
    late_s: float = 0.0

    def ms(self, share: int) -> float:
        """Return a percentile in milliseconds."""
        if len(self.seconds) < 2:
            return sum(self.seconds) * 1e3
        return statistics.quantiles(self.seconds, n=100, method="inclusive")[share - 1] * 1e3

    def count(self, why: str) -> None:
        self.failed[why] = self.failed.get(why, 0) + 1

    def told(self, than: Replies | None = None) -> str:
        """Say it in a line, beside another."""
        beside = ""
        if than is not None and than.seconds:
            ratio, more = self.ms(99) / than.ms(99), self.ms(99) - than.ms(99)
            beside = f", {ratio:.2f} of “{than.name}” ({more:+.0f} ms)"
        odd = f", NOT ANSWERED {self.failed}" if self.failed else ""
        return (
            f"{self.name}: {len(self.seconds)} replies, p50 {self.ms(50):.1f} ms,"
            f" p99 {self.ms(99):.1f} ms{beside}, most {max(self.seconds, default=0) * 1e3:.0f} ms"
            f" (the asker late by {self.late_s * 1e3:.0f} ms at most){odd}"
        )


@dataclass
class Asker:
    """Asks at a rate a second as long as something else takes."""

    door: Door
    rate: float
    _numbers: Any = field(default_factory=lambda: itertools.count(time.time_ns() // 1_000))
    _excuses: set[str] = field(default_factory=lambda: {_trouble(), *_sentences(StorageError)})

    async def during(self, name: str, work: Awaitable[T]) -> tuple[Replies, T]:
        """Ask while `work` goes on; the replies, and what it came to."""
        replies, loop = Replies(name), asyncio.get_running_loop()
        doing, asking = asyncio.ensure_future(work), set[asyncio.Task[None]]()
        following = loop.time()
        try:
            while not doing.done():
                replies.late_s = max(replies.late_s, loop.time() - following)
                asking.add(asyncio.create_task(self._ask(replies)))
                following += 1 / self.rate
                await asyncio.wait([doing], timeout=max(0.0, following - loop.time()))
            await asyncio.gather(*asking)
        finally:
            doing.cancel()
            for each in asking:
                each.cancel()
        return replies, doing.result()

    async def _ask(self, replies: Replies) -> None:
        number = next(self._numbers)
        text = SENTENCES[number % len(SENTENCES)]
        request = request_of(self.door, f"o-asker-{number % WORKERS}", text, number)
        try:
            body = await self._reply(request, replies.seconds)
            read = simulator.read_reply(self.door, body.decode()) if body else ""
        except (TimeoutError, OSError) as fault:
            replies.seconds.append(PATIENCE_S)
            replies.count(type(fault).__name__)
            return
        if not read or read in self._excuses:
            replies.count(read or "nothing")

    async def _reply(self, request: bytes, seconds: list[float]) -> bytes:
        host, port = self.door.url.removeprefix("http://").split("/")[0].split(":")
        make = partial(Client, iter([request]), float("inf"), seconds, stay=False)
        async with asyncio.timeout(PATIENCE_S):
            transport, client = await asyncio.get_running_loop().create_connection(
                make, host, int(port)
            )
            with contextlib.closing(transport):
                return bytes(await client.done)


def _trouble() -> str:
    return str(load_replies(ROOT / "replies").text(TROUBLE))


def _sentences(fault: type[StorageError]) -> set[str]:
    found = {fault.sentence, DatabaseBusyError.sentence}
    for each in fault.__subclasses__():
        found |= _sentences(each)
    return found
