"""`jcbot demo`: the product on this machine with nothing set up (演示)."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot import chat
from bot.demo_data import load_demo_data, samples_there
from bot.fresh import door_of
from bot.note import with_own_account
from bot.progress import progress_bar, teller
from bot.serve import open_server, prepare, say
from bot.server import bind, stop_signal
from bot.telephone import telephone
from jcbot.config import load_config
from jcbot.errors import ConfigError
from jcbot.people import generations
from jcbot.people.generations import ImportBusyError
from jcbot.settings import Database, Demo
from jcbot.training.browsing import everything
from knowledge.demo import load_demo

if TYPE_CHECKING:
    import socket

    from bot.app import Service
    from bot.server import Server
    from jcbot.config import Config
    from knowledge.demo import DemoBook, Sample
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


def may_be_filled(config: Config) -> bool:
    """Say whether invented people may go in: into the demo's own database, or one named a demo's.

    `config` as it was read, before `demo_config`: a real database never gets any.
    """
    return config.demo.enabled or "url" not in config.database.model_fields_set


async def main(config: Config, library: Library, book: DemoBook | None) -> None:
    """Run the demo until the talk ends or a signal comes; `book` fills it, None: nothing does."""
    stopped = stop_signal()
    async with open_server(config, library, free_socket(config)) as server:
        if book:
            await _fill(server.service, book)
        await _introduce(server, book)
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
    book = load_demo() if may_be_filled(load_config(file)) else None
    config = demo_config(file)
    library = prepare(config)
    asyncio.run(main(config, library, book))
    return 0


async def _fill(service: Service, book: DemoBook) -> None:
    try:
        with progress_bar() as bar:
            loaded = await load_demo_data(service, book, teller(bar))
    except ImportBusyError:
        return say("另一个演示正在装数据，这里先不装")
    if loaded.people:
        say(f"装入了虚构的名册{loaded.people}人")
    if loaded.classes:
        say(f"装入了虚构的培训班{loaded.classes}个")
    return None


async def _introduce(server: Server, book: DemoBook | None) -> None:
    service = server.service
    run = service.desk.database.run
    people, courses = await run(generations.count), await run(everything)
    say(f"ready {server.url}")
    say(
        f"已有：{len(service.desk.library.policies.benefits)}项政策待遇的问答和测算，"
        f"名册{people}人，培训班{len(courses)}个，资料存在 {FOLDER}/"
    )
    samples = await run(partial(samples_there, service, book)) if book else []
    if samples:
        say("名册里的人都是虚构的，证件号码也不属于任何人。可以用这几位试：")
    for sample in samples:
        say(f"  {_in_a_line(sample, service)}")
    say(f"再开一个终端运行 make chat 可以聊天；接口地址 {server.url}/wechat；按 Ctrl-C 停止")


def _in_a_line(sample: Sample, service: Service) -> str:
    columns = service.desk.library.registry.columns
    name, number, phone = (
        sample.cells.get(columns[key].name, "") for key in ("name", "id_number", "phone")
    )
    return f"{name} {number} 手机尾号{phone[-4:]}（{sample.about}）"


async def _sample(config: Config, url: str) -> None:
    """Ask one question so that the first look shows an answer."""
    async with telephone(door_of(config, url)) as phone:
        say(f"> {SAMPLE}")
        reply = await phone.enter(SAMPLE)
    for line in reply.splitlines():
        say(f"< {line}")
