"""Acting as staff at the command line: under whose name, for whom, and asking once more."""

from __future__ import annotations

import getpass
import os
import socket
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer
from rich.prompt import Confirm

from jcbot.people.identity import IdentityError, read_id
from jcbot.staff.accounts import acting
from jcbot.staff.model import By, StaffError
from knowledge.staff import load_staff

if TYPE_CHECKING:
    import datetime as dt

    from jcbot.storage.database import Database

AsName = Annotated[
    str, typer.Option("--as", help="以哪个账号的名义办；不写就记作当前系统用户（cli:用户名）")
]
Reason = Annotated[str, typer.Option("--reason", help="原因，记进审计日志；不要写姓名和号码")]
Yes = Annotated[bool, typer.Option("--yes", help="看过会怎样，不再询问")]


async def by_of(database: Database, name: str, now: dt.datetime, reason: str = "") -> By:
    """Return who acts: an account that is let in, or whoever is signed in at this machine."""
    origin = f"cli:{_user()}@{socket.gethostname()}"
    if not name:
        return By(f"cli:{_user()}", now, origin, reason)
    who = partial(acting, book=load_staff(), name=name, at=now, origin=origin)
    return replace(await database.run(who), reason=reason)


def read_person() -> str:
    """Return an ID number from standard input: an argument would stay in the shell's history."""
    if sys.stdin.isatty():
        typed = getpass.getpass("身份证号（输入时不显示）：")
    else:
        typed = sys.stdin.readline()
    try:
        return read_id(typed)
    except IdentityError as fault:
        raise StaffError(f"身份证号不对：{fault.reason}。") from None


def agreed(what: str, *, yes: bool) -> bool:
    """Say what will happen; tell whether somebody wants it."""
    sys.stdout.write(what + "\n")
    sys.stdout.flush()
    if yes:
        return True
    if sys.stdin.isatty() and Confirm.ask("确定吗？", default=False):
        return True
    sys.stdout.write("什么也没有改。看过没有问题，就加上 --yes 再来一次。\n")
    return False


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user that the machine has no name for
        return str(os.getuid())
