"""`jcbot chat`: talk with the bot in the terminal, or replay a transcript (聊天)."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from bot import transcripts
from bot.fresh import door_of, rehearsal
from bot.note import read_note
from bot.telephone import telephone
from bot.wechat.pushes import CommandError
from bot.wechat.simulator import NoAnswerError
from jcbot.config import load_config
from jcbot.errors import ConfigError
from knowledge.library import Library

if TYPE_CHECKING:
    from bot.wechat.simulator import Door
    from jcbot.config import Config

QUIT = {"/quit", "/exit"}
BROKEN = "该公众号提供的服务出现故障"


def find_door(config_file: Path | None) -> Door:
    """Return the running service: the one of the settings if named, else the demo's."""
    if config_file is not None:
        config = load_config(config_file)
        return door_of(config, f"http://{config.server.host}:{config.server.port}")
    return read_note()


async def talk(door: Door) -> None:
    """Pass lines to the bot until the end of the input; pretty on a terminal, plain otherwise."""
    show = _pretty if sys.stdin.isatty() else _plain
    async with telephone(door) as phone:
        while (line := await _ask()) is not None and line not in QUIT:
            try:
                reply = await phone.enter(line)
            except CommandError as fault:
                reply = str(fault)
            except NoAnswerError as fault:
                reply = f"（{BROKEN}：{fault}）"
            show(line, reply)


async def _ask() -> str | None:
    """Read one line, None at the end of the input.

    On a terminal the loop watches it, so that a signal can stop us in the middle of a line.
    """
    if not sys.stdin.isatty():
        line = await asyncio.to_thread(sys.stdin.readline)
        return line.strip() if line else None
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str] = loop.create_future()
    print("我：", end="", flush=True)  # noqa: T201 - the prompt

    def take() -> None:
        line = sys.stdin.readline()
        if not typed.done():
            typed.set_result(line)

    loop.add_reader(sys.stdin, take)
    try:
        line = await typed
    finally:
        loop.remove_reader(sys.stdin)
    return line.strip() if line else None


def _pretty(_line: str, reply: str) -> None:
    console = Console(highlight=False)
    text = escape(reply) if reply else "[dim]（没有回复）[/dim]"
    console.print(f"[bold green]人社小助手：[/bold green]{text}\n")


def _plain(line: str, reply: str) -> None:
    """Write the exchange in the form of a transcript."""
    lines = (transcripts.written(line), *(f"< {part}" for part in reply.splitlines()))
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


async def replay(
    script: transcripts.Transcript, config: Config | None, folder: Path | None = None
) -> list[transcripts.Difference]:
    """Play the transcript on a fresh service and return the differences.

    `folder` may hold the lists of people and classes that the service is to know.
    """
    cache = Path(config.files.cache if config else "var/cache")
    async with rehearsal(Library.load(cache), config, folder) as phone:
        return await transcripts.play(script, phone)


def run(config_file: Path | None, script: Path | None, *, update: bool) -> int:
    """Do what `jcbot chat` was asked; return the exit code."""
    if script is None:
        asyncio.run(talk(find_door(config_file)))
        return 0
    return _run_script(script, load_config(config_file) if config_file else None, update=update)


def _run_script(file: Path, config: Config | None, *, update: bool) -> int:
    """Replay a file and show where it differs; `update` writes what was really said into it."""
    try:
        script = transcripts.read(file.read_text(encoding="utf-8"))
    except OSError:
        raise ConfigError(str(file), "", "找不到或者打不开这个文件") from None
    except ValueError as fault:
        raise ConfigError(str(file), "", str(fault)) from None
    differences = asyncio.run(replay(script, config, file.parent))
    console = Console(highlight=False, markup=False)
    for difference in differences:
        console.print(difference.show(), soft_wrap=True)
    if not differences:
        console.print("对话与脚本一致")
    elif update:
        file.write_text(transcripts.updated(script, differences).write(), encoding="utf-8")
        console.print(f"已改写{len(differences)}处：{file}")
    else:
        console.print(f"有{len(differences)}处不一致：{file}")
    return 1 if differences and not update else 0
