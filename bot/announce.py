"""`jcbot announce …`: what is announced to whom, approved by another, stopped (群发通知)."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from typer.core import TyperGroup

from bot.acting import AsName, Reason, by_of
from bot.announced import head, show, told, told_status, watch
from bot.announcing import Desk, look, read_start, send, start
from bot.list_commands import AsJson, ConfigFile, put
from bot.on_database import run_on_database
from jcbot.announcing import again, rows, service
from jcbot.announcing.letters import letter_of, read_letter
from jcbot.announcing.rows import EACH, MASS, How
from jcbot.announcing.sending import take_back
from jcbot.announcing.vocabulary import vocabulary
from jcbot.config import load_config
from jcbot.keyring import open_keyring
from jcbot.staff.wechat_acts import try_on_self
from knowledge.wechat import load_wechat

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from jcbot.staff.model import By
    from jcbot.storage.database import Database

T = TypeVar("T")
SHOWN = 20
LetterFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="TOML：title、text、kind、class、link")
]
Number = Annotated[int, typer.Argument(help="通知的号")]


class FileFirst(TyperGroup):
    """Commands where a line without the name of one is a file to announce."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the name in that nobody has to write."""
        named = not args or args[0] in {*self.commands, "--help"}
        return super().parse_args(ctx, args if named else ["file", *args])


app = typer.Typer(
    cls=FileFirst,
    help="群发通知：jcbot announce FILE --audience 人群 [--send]；approve 批准、stop 停发或取消、"
    "status 进度、retry 重发没发成的、arrived 不确定的算已到、list 列出。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command("file", help="看一条通知会发给多少人、什么样子；加 --send 才发。")
def file(  # noqa: PLR0913 - one option each
    path: LetterFile,
    audience: Annotated[str, typer.Option("--audience", help="人群，例如 county = 高平市")],
    config: ConfigFile = None,
    as_name: AsName = "",
    *,
    sends: Annotated[bool, typer.Option("--send", help="发出去")] = False,
    mass: Annotated[bool, typer.Option("--mass", help="用群发接口，每人每月最多收4条")] = False,
    at: Annotated[str, typer.Option("--at", help="几时发，例如 2026-12-01 09:00")] = "",
    tests: Annotated[
        bool, typer.Option("--test", help="只发给 --as 账号自己的微信，看手机上什么样")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Count and preview an announcement, and send it where asked."""
    if sends and tests:
        raise typer.BadParameter("--test 和 --send 只能写一个", param_hint="--test")
    desk = Desk.of(load_config(config))
    letter = read_letter(path, desk.books.announcing, desk.books.subscriptions)
    starts = read_start(at, desk.now, desk.books.announcing.days_ahead) if at else None
    how = How(MASS if mass else EACH, starts)

    async def work(database: Database, by: By) -> None:
        expression = service.narrowed(by, audience, vocabulary(desk.books))
        seen = await look(desk, database, letter, expression, how)
        if not as_json:
            show(seen, desk)
        if tests:
            await database.run(lambda conn: try_on_self(conn, by, letter))
        if not sends:
            said = _TESTED if tests else _NOT_SENT
            put(json.dumps(seen.as_json(), ensure_ascii=False) if as_json else said)
            return
        row, state = await send(desk, database, by, seen)
        await told(desk, database, row.number, seen.as_json() if as_json else None, state)

    _act(desk, as_name, "", work)


_TESTED = (
    "测试放进发件箱了，派送进程会发到您自己的微信，别人收不到。48小时内没跟公众号说过话的，"
    "先随便发一句再测试。"
)
_NOT_SENT = "这是预览，什么也没有发。要发，加上 --send。"


@app.command(help="第二个人批准一条通知，批准以后就发。")
def approve(number: Number, config: ConfigFile = None, as_name: AsName = "") -> None:
    """Approve somebody else's announcement and send it."""
    desk = Desk.of(load_config(config))

    async def work(database: Database, by: By) -> None:
        by.require("announcements.approve")
        row = await database.run(partial(rows.take, number=number))
        letter = await database.run(partial(letter_of, number=number))
        seen = await look(desk, database, letter, row.audience, rows.how_of(row))
        show(seen, desk)
        await database.run(lambda conn: service.approve(conn, by, number))
        put(f"第{number}号通知已批准。")
        state = await start(desk, database, by, number, seen)
        await told(desk, database, number, None, state)

    _act(desk, as_name, "", work)


@app.command(help="停发：还没发出去的都不发了，已经发的收不回来；定了时间还没到的就取消了。")
def stop(
    number: Number, config: ConfigFile = None, as_name: AsName = "", reason: Reason = ""
) -> None:
    """Stop an announcement."""
    desk = Desk.of(load_config(config))

    async def work(database: Database, by: By) -> None:
        rest = await database.run(lambda conn: service.stop(conn, by, number))
        put(f"第{number}号通知停了，{rest}人不再发。")
        await take_back(database, number, desk.now)

    _act(desk, as_name, reason, work)


@app.command(help="重发没发成的：原因会过去的那些人，拒收和不关注的除外。")
def retry(
    number: Number,
    config: ConfigFile = None,
    as_name: AsName = "",
    reason: Reason = "",
    *,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="不确定有没有到的也重发：可能有人收到两遍")
    ] = False,
) -> None:
    """Send anew to whom it did not get through."""
    desk = Desk.of(load_config(config))
    never = [each.name for each in load_wechat().errors.values() if each.wait == "never"]

    async def work(database: Database, by: By) -> None:
        many = await again.retry(database, by, number, never, unknown=unknown)
        put(f"第{number}号通知有{many}人重新排队。" if many else "没有可以重发的人。")

    _act(desk, as_name, reason, work)


@app.command(help="不确定有没有到的，都算作已到：问过本人、或者在公众平台看过以后用。")
def arrived(
    number: Number, config: ConfigFile = None, as_name: AsName = "", reason: Reason = ""
) -> None:
    """Take as arrived what may have."""
    desk = Desk.of(load_config(config))

    async def work(database: Database, by: By) -> None:
        many = await database.run(lambda conn: again.arrived(conn, by, number))
        put(f"第{number}号通知有{many}人算作已到。" if many else "没有不确定的人。")

    _act(desk, as_name, reason, work)


@app.command(help="一条通知的进度：排队、已发、送达、失败各多少人。")
def status(
    number: Number,
    config: ConfigFile = None,
    as_name: AsName = "",
    *,
    as_json: AsJson = False,
    watching: Annotated[bool, typer.Option("--watch", help="看着，直到发完")] = False,
) -> None:
    """Print how far an announcement is."""
    desk = Desk.of(load_config(config))

    async def work(database: Database, by: By) -> None:
        await database.run(lambda conn: service.reachable(conn, by, number))
        if watching:
            await watch(database, number)
        await told_status(desk, database, number, as_json=as_json)

    _act(desk, as_name, "", work)


@app.command("list", help="最近的通知，一行一条。")
def list_(config: ConfigFile = None, as_name: AsName = "") -> None:
    """Print the last announcements."""
    desk = Desk.of(load_config(config))

    async def work(database: Database, by: By) -> None:
        for row in await database.run(lambda conn: rows.latest(conn, SHOWN)):
            if (
                by.account is None
                or by.account.role.bound != "county"
                or (row.county == by.account.county)
            ):
                put(f"{head(row)}  {row.audience}")

    _act(desk, as_name, "", work)


def _act(desk: Desk, as_name: str, reason: str, work: Callable[[Database, By], Awaitable[T]]) -> T:
    """Run it on the database under a name."""

    async def run(database: Database) -> T:
        return await work(database, await by_of(database, as_name, desk.now, reason))

    return run_on_database(desk.config, run, open_keyring(desk.config))
