"""`jcbot audit …`: looking through the audit log, and at its last lines (审计)."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.on_database import run_on_database
from jcbot.audit import Mark, audit_key, latest, mark
from jcbot.audit_check import verify as look_through
from jcbot.config import load_config
from jcbot.keyring import open_keyring
from knowledge.staff import load_staff

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.audit import Line
    from jcbot.audit_check import Fault
    from knowledge.staff import StaffBook

app = typer.Typer(
    help="审计日志：verify 核对有没有被动过，list 看最近的。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="配置文件（TOML）；不写就用 ./config.toml")
]
SHOWN = 20


@app.command(help="核对审计日志：有改动、删除、调换、少了末尾的，说出第一处，返回1。")
def verify(
    config: ConfigFile = None,
    noted: Annotated[
        str, typer.Option("--noted", help="以前 verify 打印并抄下来的 行数:指纹，防整本换成旧的")
    ] = "",
) -> None:
    """Say whether the log is whole, and how it ends; exit code 1 if not."""
    settings, known = load_config(config), _noted(noted)
    key = audit_key(open_keyring(settings).index_key)

    def work(conn: Connection) -> tuple[list[Fault], Mark]:
        return look_through(conn, key, known), mark(conn)

    faults, end = run_on_database(settings, lambda database: database.run(work))
    if not faults:
        _print(f"审计日志完好，共{end.length}行。")
        if end.length:
            _print(f"抄下来，下次用 --noted 核对：{end.length}:{end.hash}")
        return
    _print(f"审计日志有{len(faults)}处不对，第一处：{faults[0].sentence}")
    for each in faults[1:SHOWN]:
        _print(each.sentence)
    sys.exit(1)


@app.command("list", help="审计日志最近的几行：谁、什么时候、从哪里、做了什么、改前改后。")
def list_(
    config: ConfigFile = None,
    last: Annotated[int, typer.Option("--last", min=1, max=100_000, help="看最近几行")] = SHOWN,
) -> None:
    """Print the last lines, the newest last."""
    lines = run_on_database(
        load_config(config), lambda database: database.run(partial(latest, most=last))
    )
    book = load_staff()
    for line in lines:
        _print(_in_words(line, book))
    if not lines:
        _print("审计日志里还没有记录。")


def _noted(text: str) -> Mark | None:
    if not text:
        return None
    length, _, digest = text.partition(":")
    if not length.isdecimal() or not digest:
        raise typer.BadParameter("写成 128:指纹，照抄 verify 打印的", param_hint="--noted")
    return Mark(int(length), digest.strip().lower())


def _in_words(line: Line, book: StaffBook) -> str:
    entry = line.entry
    parts = [
        str(line.number), f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.actor, book.called(entry.action),
        entry.subject, entry.reason and f"原因：{entry.reason}",
        f"改前{_json(entry.before)}" if entry.before else "",
        f"改后{_json(entry.after)}" if entry.after else "", entry.origin,
    ]  # fmt: skip
    return "  ".join(filter(None, parts))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
