"""Finish events (结果事件): posted to the product's webhook, signed and sealed as WeChat does."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import aiohttp

from bot.wechat.simulator import ACCOUNT, TRIES, TRY_SECONDS, push, to_xml

if TYPE_CHECKING:
    from bot.wechat.simulator import Door, Lists

POSTERS = 8
HELPER = "mphelper"
"""Whom WeChat names as the sender of a mass send's event."""


class Finisher:
    """Posts events one after the other, a few at once; without a door it drops them."""

    def __init__(self, door: Door | None) -> None:
        self.door = door
        self.posted = self.lost = 0
        self._waiting: asyncio.Queue[tuple[float, dict[str, str | Lists]]] = asyncio.Queue()
        self._posters: list[asyncio.Task[None]] = []

    def tell(self, event: str, sender: str, after_s: float, **fields: str | Lists) -> None:
        """Have an event posted when `after_s` seconds have passed."""
        if self.door is None:
            return
        head: dict[str, str | Lists] = {
            "ToUserName": ACCOUNT,
            "FromUserName": sender,
            "CreateTime": str(int(time.time() + after_s)),
            "MsgType": "event",
            "Event": event,
        }
        self._waiting.put_nowait((time.monotonic() + after_s, head | fields))

    async def start(self) -> None:
        """Begin to post."""
        self._posters = [asyncio.create_task(self._keep_posting()) for _ in range(POSTERS)]

    async def stop(self) -> None:
        """Stop, whatever waits."""
        for poster in self._posters:
            poster.cancel()
        await asyncio.gather(*self._posters, return_exceptions=True)

    async def drained(self) -> None:
        """Wait until all that is due has been posted or given up."""
        await self._waiting.join()

    async def _keep_posting(self) -> None:
        timeout = aiohttp.ClientTimeout(total=TRY_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                due, fields = await self._waiting.get()
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                if await self._posted(session, to_xml(fields)):
                    self.posted += 1
                else:
                    self.lost += 1
                self._waiting.task_done()

    async def _posted(self, session: aiohttp.ClientSession, xml: str) -> bool:
        """Try three times, five seconds apart, as WeChat does; False when nobody took it."""
        for number in range(TRIES):
            if number:
                await asyncio.sleep(TRY_SECONDS)
            if await self._took(session, xml):
                return True
        return False

    async def _took(self, session: aiohttp.ClientSession, xml: str) -> bool:
        if self.door is None:
            return False
        parcel, headers = push(self.door, xml), {"Content-Type": "text/xml"}
        try:
            async with session.post(
                self.door.url, params=parcel.query, data=parcel.body.encode(), headers=headers
            ) as answer:
                await answer.read()
                return answer.status == 200  # noqa: PLR2004 - the only good one
        except (aiohttp.ClientError, TimeoutError):
            return False
