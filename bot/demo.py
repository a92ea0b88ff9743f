"""`jcbot demo`: the product on this machine with nothing set up (演示)."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bot import chat
from bot.fresh import door_of
from bot.note import with_own_account
from bot.serve import open_server, prepare, say
from bot.server import bind, stop_signal
from bot.telephone import telephone
from jcbot.config import load_config
from jcbot.errors import ConfigError
from jcbot.settings import Database, Demo

if TYPE_CHECKING:
    import socket

    from bot.server import Server
    from jcbot.config import Config
    from knowledge.library import Library

FOLDER = Path("var")
DATABASE = FOLDER / "demo.db"
PORTS_TRIED = 100
SAMPLE = "我是企业职工，失业保险交了14个月，岗位培训考了高级工，能领多少钱？"


def demo_config(file: Path | None) -> Config:
    """Return the settings with what the demo brings itself: keys, database, control address."""
    config = load_config(file)
    update: dict[str, object] = {"demo": Demo(enabled=True)}
    if "url" not in config.database.model_fields_set:
        update["database"] = Database.model_validate({"url": f"sqlite:///{DATABASE}"})
    return with_own_account(config.model_copy(update=update))


def free_socket(config: Config) -> socket.socket:
    """Bind the configured port, or the next free one."""
    host, first = config.server.host, config.server.port
    for port in range(first, first + PORTS_TRIED if first else 1):
        with contextlib.suppress(OSError, OverflowError):
            return bind(host, port)
    raise ConfigError("", "server.port", f"{first}起的{PORTS_TRIED}个端口都被占用了")


async def main(config: Config, library: Library) -> None:
    """Run the demo until the talk ends or a signal comes."""
    stopped = stop_signal()
    async with open_server(config, library, free_socket(config)) as server:
        _introduce(server)
        if sys.stdin.isatty() and sys.stdout.isatty():
            talking = asyncio.ensure_future(chat.talk(door_of(config, server.url)))
            waiting = asyncio.ensure_future(stopped.wait())
            await asyncio.wait((talking, waiting), return_when=asyncio.FIRST_COMPLETED)
            talking.cancel()
            waiting.cancel()
        else:
            await _sample(config, server.url)
            await stopped.wait()


def run(file: Path | None) -> int:
    """Do `jcbot demo`; return the exit code."""
    config = demo_config(file)
    library = prepare(config)
    asyncio.run(main(config, library))
    return 0


def _introduce(server: Server) -> None:
    library = server.service.desk.library
    say(f"ready {server.url}")
    say(f"已有：{len(library.policies.benefits)}项政策待遇的问答和测算，资料存在 {FOLDER}/")
    say(f"再开一个终端运行 make chat 可以聊天；接口地址 {server.url}/wechat；按 Ctrl-C 停止")


async def _sample(config: Config, url: str) -> None:
    """Ask one question so that the first look shows an answer."""
    async with telephone(door_of(config, url)) as phone:
        say(f"> {SAMPLE}")
        reply = await phone.enter(SAMPLE)
    for line in reply.splitlines():
        say(f"< {line}")
