"""`jcbot announce …`: what is announced to whom, approved by another, stopped (群发通知)."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from typer.core import TyperGroup

from bot.acting import AsName, Reason, by_of
from bot.announcing import Desk, Look, look, send, start
from bot.list_commands import AsJson, ConfigFile, put
from bot.on_database import run_on_database
from jcbot.announcing import service
from jcbot.announcing.counting import NOWHERE, UNFOLLOWED, UNSUBSCRIBED
from jcbot.announcing.letters import letter_of, read_letter
from jcbot.announcing.sending import take_back
from jcbot.announcing.vocabulary import vocabulary
from jcbot.config import load_config
from jcbot.keyring import open_keyring
from knowledge.sending import CUSTOM, TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy import Row

    from jcbot.staff.model import By
    from jcbot.storage.database import Database

T = TypeVar("T")
SHOWN = 20
STATES = {
    "promised": "排队", "sending": "正在发", "sent": "已发", "delivered": "送达",
    "failed": "失败", "unreachable": "发不了", "unknown": "不确定有没有到", "stopped": "停发",
}  # fmt: skip
REASONS = {
    "unsubscribed": "退订了",
    "does not follow the account": "不关注了",
    "no channel is allowed": "没有能用的渠道",
}
"""Why somebody could not be written to; what WeChat answered is shown as it is."""
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
    help="群发通知：jcbot announce FILE --audience 人群 [--send]；approve 批准、stop 停发、"
    "status 进度、list 列出。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command("file", help="看一条通知会发给多少人、什么样子；加 --send 才发。")
def file(  # noqa: PLR0913 - one option each
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="TOML：title、text、kind、class、link")
    ],
    audience: Annotated[str, typer.Option("--audience", help="人群，例如 county = 高平市")],
    config: ConfigFile = None,
    as_name: AsName = "",
    *,
    sends: Annotated[bool, typer.Option("--send", help="发出去")] = False,
    as_json: AsJson = False,
) -> None:
    """Count and preview an announcement, and send it where asked."""
    desk = Desk.of(load_config(config))
    letter = read_letter(path, desk.books.announcing, desk.books.subscriptions)

    async def work(database: Database, by: By) -> None:
        expression = service.narrowed(by, audience, vocabulary(desk.books))
        seen = await look(desk, database, letter, expression)
        if not as_json:
            _show(seen, desk.config.sending.approval_above)
        if not sends:
            put(json.dumps(seen.as_json(), ensure_ascii=False) if as_json else _NOT_SENT)
            return
        row, started = await send(desk, database, by, seen)
        await _told(
            desk, database, row.number, seen.as_json() if as_json else None, started=started
        )

    _act(desk, as_name, "", work)


_NOT_SENT = "这是预览，什么也没有发。要发，加上 --send。"


@app.command(help="第二个人批准一条通知，批准以后就发。")
def approve(number: Number, config: ConfigFile = None, as_name: AsName = "") -> None:
    """Approve somebody else's announcement and send it."""
    desk = Desk.of(load_config(config))

    async def work(database: Database, by: By) -> None:
        by.require("announcements.approve")
        row = await database.run(partial(service.take, number=number))
        letter = await database.run(partial(letter_of, number=number))
        seen = await look(desk, database, letter, row.audience)
        _show(seen, desk.config.sending.approval_above)
        await database.run(lambda conn: service.approve(conn, by, number))
        put(f"第{number}号通知已批准。")
        started = await start(desk, database, by, number, seen)
        await _told(desk, database, number, None, started=started)

    _act(desk, as_name, "", work)


@app.command(help="停发：还没发出去的都不发了，已经发的收不回来。")
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


@app.command(help="一条通知的进度：排队、已发、送达、失败各多少人。")
def status(
    number: Number, config: ConfigFile = None, as_name: AsName = "", *, as_json: AsJson = False
) -> None:
    """Print how far an announcement is."""
    desk = Desk.of(load_config(config))

    async def work(database: Database, by: By) -> None:
        await database.run(lambda conn: service.reachable(conn, by, number))
        await _told_status(desk, database, number, as_json=as_json)

    _act(desk, as_name, "", work)


@app.command("list", help="最近的通知，一行一条。")
def list_(config: ConfigFile = None, as_name: AsName = "") -> None:
    """Print the last announcements."""
    desk = Desk.of(load_config(config))

    async def work(database: Database, by: By) -> None:
        for row in await database.run(lambda conn: service.latest(conn, SHOWN)):
            if (
                by.account is None
                or by.account.role.bound != "county"
                or (row.county == by.account.county)
            ):
                put(f"{_head(row)}  {row.audience}")

    _act(desk, as_name, "", work)


def _act(desk: Desk, as_name: str, reason: str, work: Callable[[Database, By], Awaitable[T]]) -> T:
    """Run it on the database under a name."""

    async def run(database: Database) -> T:
        return await work(database, await by_of(database, as_name, desk.now, reason))

    return run_on_database(desk.config, run, open_keyring(desk.config))


def _show(seen: Look, above: int) -> None:
    by = seen.counts.by
    put(f"人群：{seen.expression}")
    put(f"符合{seen.counts.meets}人；知道微信的{seen.counts.bound}人。")
    template, custom = by.get(TEMPLATE, 0), by.get(CUSTOM, 0)
    reach = f"模板消息{template}人，48小时内说过话的{custom}人"
    put(f"现在能送到{seen.counts.reachable}人（{reach}）。")
    put(
        f"送不到：退订的{by.get(UNSUBSCRIBED, 0)}人，不关注了的{by.get(UNFOLLOWED, 0)}人，"
        f"现在没有渠道的{by.get(NOWHERE, 0)}人。"
    )
    if seen.quota:
        left = "，".join(f"{_CALLS[call]}{left}条" for call, left in seen.quota.items())
        put(f"今天还能发：{left}。")
    if seen.counts.bound > above:
        put(f"超过{above}人，发之前要第二个人批准。")
    put(f"预览（{len(seen.text)}字）：")
    put("\n".join(f"  {line}" for line in seen.text.splitlines()))


_CALLS = {TEMPLATE: "模板消息", CUSTOM: "客服消息"}


async def _told(
    desk: Desk, database: Database, number: int, seen: dict[str, Any] | None, *, started: bool
) -> None:
    """Say what became of a send: put out, or waiting for a second person."""
    if started:
        await _told_status(desk, database, number, as_json=seen is not None, seen=seen)
        return
    if seen is not None:
        put(json.dumps({"number": number, "state": service.DRAFT} | seen, ensure_ascii=False))
        return
    put(f"第{number}号通知存好了，还没有发：要第二个人批准。")
    put(f"批准：jcbot announce approve {number} --as 名字")


async def _told_status(
    desk: Desk,
    database: Database,
    number: int,
    *,
    as_json: bool,
    seen: dict[str, Any] | None = None,
) -> None:
    at = int(desk.now.timestamp())
    found = await database.run(lambda conn: service.status(conn, number, at))
    if as_json:
        reasons = {f"{state}: {why}": n for (state, why), n in found.reasons.items() if why}
        told = {"number": number, "state": found.row.state, "states": found.states,
                "reasons": reasons, "approved_by": found.row.approved_by}  # fmt: skip
        put(json.dumps(told | (seen or {}), ensure_ascii=False))
        return
    put(_head(found.row))
    for state, count in sorted(found.states.items()):
        why = "；".join(
            f"{REASONS.get(reason, reason)}{n}人"
            for (each, reason), n in sorted(found.reasons.items())
            if each == state and reason and state in {"failed", "unreachable", "unknown"}
        )
        put(f"{STATES.get(state, state)}{count}人" + (f"（{why}）" if why else ""))
    if found.row.state == service.SENDING:
        put(f"由派送进程（jcbot deliver）发出。看进度：jcbot announce status {number}")


def _head(row: Row[Any]) -> str:
    approved = f"，{row.approved_by}批准" if row.approved_by else ""
    return f"第{row.number}号“{row.title}”：{service.SAID[row.state]}（{row.made_by}写{approved}）"
