"""What staff do about their own WeChat: a code to bind it, taking it off, a test to it."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import TYPE_CHECKING

from jcbot.announcing.letters import check_class
from jcbot.outbox import Promise, promise
from jcbot.staff import wechats
from jcbot.staff.accounts import hold_account
from jcbot.staff.model import By, StaffError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.announcing.letters import Letter


def make_code(conn: Connection, by: By, name: str) -> str:
    """Return the scene of a code that binds a WeChat to the account; `StaffError`."""
    row = hold_account(conn, name)
    _may(by, row.name)
    if not row.enabled:
        raise StaffError(f"账号{row.name}停用了，不能绑定微信。")
    code = wechats.new_code(conn, row.id, by.at)
    by.note(conn, "staff.wechat", f"staff:{row.name}")
    return wechats.SCENE + code


def take_off(conn: Connection, by: By, name: str) -> None:
    """Take the WeChat off an account; `StaffError` where there is none."""
    row = hold_account(conn, name)
    _may(by, row.name)
    if not wechats.drop(conn, row.id):
        raise StaffError(f"账号{row.name}没有绑定微信。")
    by.note(conn, "staff.wechat_removed", f"staff:{row.name}")


def try_on_self(conn: Connection, by: By, letter: Letter) -> None:
    """Promise the very words to the WeChat of who acts, each time anew; `StaffError`.

    It is no announcement: it needs no approval and counts nowhere as sent.
    """
    if by.account is None:
        raise StaffError("测试要发给一个账号自己的微信：加上 --as 名字。")
    check_class(conn, letter)
    openid, name = wechats.openid_of(conn, by.account.id), by.account.name
    if not openid:
        raise StaffError(
            f"账号{name}还没有绑定微信。先运行 jcbot staff wechat {name}，用本人的手机扫码。"
        )
    key = f"{wechats.TEST}:{by.account.id}:{secrets.token_hex(8)}"
    promise(conn, Promise(key, wechats.TEST, openid, {"letter": asdict(letter)}, by.at))
    after = {"title": letter.title, "class": letter.course}
    by.note(conn, "announcements.test", f"staff:{name}", after=after)


def _may(by: By, name: str) -> None:
    """One's own, or whoever manages accounts."""
    if by.account is None or by.account.name != name:
        by.require("staff.manage")
