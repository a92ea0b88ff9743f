"""`jcbot staff …`: the accounts of staff (工作人员账号)."""

from __future__ import annotations

import getpass
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.acting import AsName, by_of
from bot.on_database import run_on_database
from bot.staff_wechat import wechat
from jcbot.clock import Clock
from jcbot.config import load_config
from jcbot.keyring import open_keyring
from jcbot.sealing import Sealer
from jcbot.staff import accounts
from jcbot.staff.accounts import Door, NewPassword
from jcbot.staff.model import Account, StaffError
from knowledge.columns import plain
from knowledge.staff import load_staff
from knowledge.training import load_training

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from jcbot.config import Config
    from jcbot.staff.model import By
    from jcbot.storage.database import Database

app = typer.Typer(
    help="工作人员账号：add 新建、list 列出、disable 停用、enable 启用、reset-password 重设密码、"
    "wechat 绑定本人的微信。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="配置文件（TOML）；不写就用 ./config.toml")
]
Name = Annotated[str, typer.Argument(help="账号的名字")]
app.command(help="做一个码，本人用微信扫了就绑上，群发通知可以先测试发给自己；--remove 解绑。")(
    wechat
)
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="从标准输入读一行密码，不在终端里问")
]
app.command(help="做一个码，本人扫了就绑上自己的微信，通知可以先测试；--remove 解绑。")(wechat)


@app.command(help="新建账号。能看个人资料的角色会打印一次验证码的密钥，装进手机的验证器。")
def add(  # noqa: PLR0913 - one option each
    name: Name,
    role: Annotated[str, typer.Option("--role", help="角色，例如 市管理员、县区经办")],
    *,
    county: Annotated[str, typer.Option("--county", help="县区经办的县区")] = "",
    body: Annotated[str, typer.Option("--body", help="机构老师的机构")] = "",
    config: ConfigFile = None,
    as_name: AsName = "",
    password_stdin: FromStdin = False,
) -> None:
    """Make an account; its password is asked twice, or read from standard input."""
    settings = load_config(config)
    door, reach = _door(settings), (_county(county), body)
    new = accounts.prepare(door, name, role, reach, _password(from_stdin=password_stdin))
    _act(settings, as_name, lambda conn, by: accounts.add(conn, door, by, new))
    _print(f"已新建账号{new.name}（{new.role.name}）。")
    _show_secret(door, new.name, new.secret)


@app.command("list", help="列出全部账号。")
def list_(config: ConfigFile = None) -> None:
    """Print one line for each account."""
    settings, book = load_config(config), load_staff()
    now = Clock(settings.clock.fixed).now().timestamp()
    found = run_on_database(
        settings, lambda database: database.run(partial(accounts.everybody, book=book))
    )
    for each in found:
        _print(_line(each, now))
    if not found:
        _print("还没有账号。用 jcbot staff add 新建。")


@app.command(help="停用账号：不能再登录，也不能再用它的名义办事。")
def disable(name: Name, config: ConfigFile = None, as_name: AsName = "") -> None:
    """Let an account in no more."""
    _switch(name, config, as_name, on=False)


@app.command(help="重新启用停用的账号。")
def enable(name: Name, config: ConfigFile = None, as_name: AsName = "") -> None:
    """Let an account in again."""
    _switch(name, config, as_name, on=True)


@app.command("reset-password", help="重设密码，同时解除试错太多的锁定；手机丢了加 --new-code。")
def reset_password(
    name: Name,
    config: ConfigFile = None,
    as_name: AsName = "",
    *,
    new_code: Annotated[bool, typer.Option("--new-code", help="验证码的密钥也换新的")] = False,
    password_stdin: FromStdin = False,
) -> None:
    """Give an account another password, and another second factor if wanted."""
    settings = load_config(config)
    door = _door(settings)
    hashed = accounts.hash_password(door, _password(from_stdin=password_stdin), name)
    new = NewPassword(name, hashed, new_code)
    secret = _act(settings, as_name, lambda conn, by: accounts.reset_password(conn, door, by, new))
    _print(f"已重设{name}的密码。")
    _show_secret(door, name, secret or "")


def _switch(name: str, config: Path | None, as_name: str, *, on: bool) -> None:
    _act(load_config(config), as_name, lambda conn, by: accounts.switch(conn, by, name, on=on))
    _print(f"已{'启用' if on else '停用'}{name}。")


def _act(
    settings: Config, as_name: str, work: Callable[[Connection, By], str | None]
) -> str | None:
    now = Clock(settings.clock.fixed).now()

    async def run(database: Database) -> str | None:
        by = await by_of(database, as_name, now)
        return await database.run(lambda conn: work(conn, by))

    return run_on_database(settings, run, open_keyring(settings))


def _door(settings: Config) -> Door:
    return Door(load_staff(), Sealer(open_keyring(settings)))


def _county(written: str) -> str:
    """Return a county's official name, also for 高平."""
    if not written:
        return ""
    column = load_training().columns.columns["county"]
    found = column.words.get(plain(written))
    if found is None:
        raise typer.BadParameter(column.hint, param_hint="--county")
    return found


def _password(*, from_stdin: bool) -> str:
    """Read a password: one line of standard input, or asked twice without showing it."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise StaffError("这里不是终端，不能问密码：用 --password-stdin 从标准输入给。")
    first = getpass.getpass("密码（输入时不显示）：")
    if first != getpass.getpass("再输一次："):
        raise StaffError("两次输入的密码不一样。")
    return first


def _show_secret(door: Door, name: str, secret: str) -> None:
    if secret:
        _print("验证码的密钥只显示这一次，请本人装进手机的验证器：")
        _print(f"密钥 {secret}")
        _print(accounts.provisioning(door, name, secret))


def _line(account: Account, now: float) -> str:
    state = "" if account.enabled else "已停用"
    locked = "试错太多，暂时锁住" if account.locked_until > now else ""
    parts = (account.name, account.role.name, account.county, account.body, state, locked)
    return "  ".join(filter(None, parts))


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
