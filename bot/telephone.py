"""The telephone in the terminal (终端里的手机): a line typed, a reply back."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING

import aiohttp

from bot import control
from bot.wechat.pushes import HELP, CommandError, compose, is_command
from bot.wechat.simulator import NoAnswerError, Phone, signature

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from bot.wechat.simulator import Door

FIRST = "worker"


class Telephone:
    """Takes lines as typed in `jcbot chat`; see `bot.wechat.pushes.HELP` for the commands."""

    def __init__(self, session: aiohttp.ClientSession, door: Door) -> None:
        self._session = session
        self._phone = Phone(session, door, _openid(FIRST))
        self._seen: set[str] = set()
        self._own: dict[str, Callable[[str], Awaitable[str]]] = {
            "retry": self._retry,
            "raw": self._phone.send_xml,
            "as": self._speak_as,
            "time": self._move_time,
            "notices": self._notices,
            "help": self._help,
        }

    async def enter(self, line: str) -> str:
        """Do what was typed and return the reply, "" for silence.

        Raises `CommandError` for a command that is none, `NoAnswerError` where WeChat would tell
        the user that the account is out of order.
        """
        name, _, rest = line.removeprefix("/").partition(" ")
        if is_command(line) and name in self._own:
            return await self._own[name](rest.strip())
        return await self._phone.send(compose(line))

    async def _retry(self, _rest: str) -> str:
        return await self._phone.retry()

    async def _speak_as(self, name: str) -> str:
        self._phone.openid = _openid(name or FIRST)
        return ""

    async def _help(self, _rest: str) -> str:
        return HELP

    async def _move_time(self, delta: str) -> str:
        if control.read_delta(delta) is None:
            raise CommandError("写法：/time +1d（s秒 m分 h时 d天 w周）")
        await self._control(control.PATH, delta)
        return ""

    async def _notices(self, _rest: str) -> str:
        """What is due by now and was not shown yet on this telephone."""
        due = json.loads(await self._control(control.NOTICES, self._phone.openid))
        fresh = [text for key, text in due if key not in self._seen]
        self._seen |= {key for key, _ in due}
        return "\n".join(fresh)

    async def _control(self, path: str, what: str) -> str:
        door = self._phone.door
        when, nonce = str(int(time.time())), "demo"
        query = {"timestamp": when, "nonce": nonce, "echostr": what}
        query["signature"] = signature(door.token, when, nonce)
        address = door.url.removesuffix("/wechat") + path
        async with self._session.post(address, params=query) as answer:
            if answer.status != 200:  # noqa: PLR2004 - the only good one
                raise NoAnswerError("不行：只有演示模式才有这个开关")
            return await answer.text()


def _openid(name: str) -> str:
    return f"o-{name}"


@contextlib.asynccontextmanager
async def telephone(door: Door) -> AsyncIterator[Telephone]:
    """Open a telephone to the service behind `door`."""
    async with aiohttp.ClientSession() as session:
        yield Telephone(session, door)
