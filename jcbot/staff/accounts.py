"""Accounts of staff: made, listed, switched off and on, given another password.

Nothing makes one by itself: a fresh database has no account.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyotp
from argon2 import PasswordHasher
from sqlalchemy import bindparam, insert, select, update

from jcbot.staff import wechats
from jcbot.staff.model import Account, By, StaffError
from jcbot.storage.locks import hold
from jcbot.storage.staff_tables import staff
from jcbot.storage.training_tables import training_bodies

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection, Row

    from jcbot.sealing import Sealer
    from knowledge.staff import Role, StaffBook

_NAME = re.compile(r"[\w.-]{2,30}")
_LONG_NUMBER = re.compile(r"\d{9}")
_BY_KEY = select(staff).where(staff.c.key == bindparam("k"))
_ALL = select(staff).order_by(staff.c.key)
_BODY = select(training_bodies.c.id).where(training_bodies.c.name == bindparam("n"))
_FRESH = {"failures": 0, "locks": 0, "locked_until": 0}


@dataclass(frozen=True, slots=True)
class Door:
    """What accounts are kept and checked with."""

    book: StaffBook
    sealer: Sealer
    hasher: PasswordHasher = field(default_factory=PasswordHasher)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be made; `password` is hashed, `secret` of the second factor ("": none)."""

    name: str
    role: Role
    county: str
    body: str
    password: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A hashed password for the account of this name; `code`: a new second factor too."""

    name: str
    password: str = field(repr=False)
    code: bool


def prepare(door: Door, name: str, role: str, reach: tuple[str, str], password: str) -> NewAccount:
    """Check and hash what needs no database (slow on purpose); `StaffError`.

    `reach` is (official name of the county, training body), "" for none.
    """
    if not _NAME.fullmatch(name) or _LONG_NUMBER.search(name):
        raise StaffError("名字用2到30个汉字、字母、数字、点、横线，不要用证件号或者手机号。")
    found = door.book.role(role)
    if found is None:
        names = "、".join(each.name for each in door.book.roles.values())
        raise StaffError(f"没有“{role}”这个角色，只有{names}。")
    _check_reach(found, *reach)
    hashed = hash_password(door, password, name)
    return NewAccount(name, found, *reach, hashed, pyotp.random_base32() if found.personal else "")


def hash_password(door: Door, password: str, name: str) -> str:
    """Return the hash to keep; a `StaffError` that says why a password is too weak."""
    if weak := door.book.weakness(password, name):
        raise StaffError(weak)
    return door.hasher.hash(password_bytes(password))


def add(conn: Connection, door: Door, by: By, new: NewAccount) -> None:
    """Make an account; `StaffError` if the name is taken or there is no such body."""
    by.require("staff.manage")
    hold(conn, "staff", key_of(new.name))
    if _row(conn, new.name):
        raise StaffError(f"已经有叫{new.name}的账号了。")
    if new.body and conn.execute(_BODY, {"n": new.body}).first() is None:
        raise StaffError(f"没有叫“{new.body}”的培训机构，请照培训班里写的名称写。")
    at = int(by.at.timestamp())
    row = {"key": key_of(new.name), "name": new.name, "role": new.role.code, "county": new.county,
           "body": new.body, "password": new.password, "totp_step": 0, "enabled": True,
           "totp": sealed(door, new.name, new.secret), "made": at, "changed": at}  # fmt: skip
    conn.execute(insert(staff), row | _FRESH)
    after = {"role": new.role.code, "county": new.county, "body": new.body}
    by.note(conn, "staff.add", f"staff:{new.name}", after=after)


def switch(conn: Connection, by: By, name: str, *, on: bool) -> None:
    """Let an account in again, or no more; `StaffError` if there is none or it is so already.

    Switched off it has no WeChat any more.
    """
    by.require("staff.manage")
    row = hold_account(conn, name)
    if row.enabled == on:
        raise StaffError(f"{row.name}本来就是{'启用' if on else '停用'}的。")
    _set(conn, row, by, enabled=on)
    if not on:
        wechats.drop(conn, row.id)
    action = "staff.enable" if on else "staff.disable"
    by.note(conn, action, f"staff:{row.name}", before={"enabled": not on}, after={"enabled": on})


def reset_password(conn: Connection, door: Door, by: By, new: NewPassword) -> str:
    """Give another password and lift the lock; return the new secret, "" if the old one stays.

    A role that needs the second factor gets one if it has none, or if `new.code`.
    """
    by.require("staff.manage")
    row = hold_account(conn, new.name)
    needs = door.book.roles[row.role].personal
    secret = pyotp.random_base32() if needs and (new.code or row.totp is None) else ""
    more = {"totp": sealed(door, row.name, secret), "totp_step": 0} if secret else {}
    _set(conn, row, by, password=new.password, **_FRESH, **more)
    by.note(conn, "staff.reset_password", f"staff:{row.name}", after={"code": bool(secret)})
    return secret


def everybody(conn: Connection, book: StaffBook) -> list[Account]:
    """Return all accounts by name."""
    return [account_of(row, book) for row in conn.execute(_ALL)]


def acting(conn: Connection, book: StaffBook, name: str, at: dt.datetime, origin: str) -> By:
    """Return who acts under an account's name; `StaffError` if it is none or switched off."""
    row = _row(conn, name)
    if row is None or not row.enabled:
        raise StaffError(f"没有叫{name}的账号，或者它停用了。")
    return By(row.name, at, origin, account=account_of(row, book))


def reseal(conn: Connection, sealer: Sealer) -> int:
    """Seal the secrets with the active key that another sealed; return how many."""
    done = 0
    for row in conn.execute(_ALL.with_for_update()).all():
        if row.totp is not None and not row.totp.startswith(sealer.prefix):
            place = _place(row.name)
            fresh = sealer.seal(sealer.open(row.totp, place), place)
            conn.execute(update(staff).where(staff.c.id == row.id).values(totp=fresh))
            done += 1
    return done


def hold_account(conn: Connection, name: str) -> Row[Any]:
    """Hold an account to the end of the transaction; return its row; `StaffError` for none."""
    hold(conn, "staff", key_of(name))
    row = _row(conn, name)
    if row is None:
        raise StaffError(f"没有叫{name}的账号。")
    return row


def account_of(row: Row[Any], book: StaffBook) -> Account:
    """Make an account of its row."""
    role = book.roles[row.role]
    return Account(
        row.id, row.name, role, row.county, row.body, row.enabled, row.locked_until
    )  # fmt: skip


def key_of(name: str) -> str:
    """Return a name as it is compared: width and case make no difference.

    What no database holds, NUL and lone surrogates, is no part of any name.
    """
    plain = unicodedata.normalize("NFKC", name).strip().casefold()
    return plain.replace("\0", "?").encode("utf-8", "replace").decode()


def password_bytes(password: str) -> bytes:
    """Return a password as it is hashed, whatever was typed."""
    return password.encode("utf-8", "replace")


def sealed(door: Door, name: str, secret: str) -> bytes | None:
    """Return the secret as it is kept, None for none."""
    return door.sealer.seal(secret, _place(name)) if secret else None


def opened(door: Door, row: Row[Any]) -> str:
    """Return the secret of an account that has one."""
    return door.sealer.open(row.totp, _place(row.name))


def provisioning(door: Door, name: str, secret: str) -> str:
    """Return the address a code program reads (otpauth://…)."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=door.book.sign_in.issuer)


def _place(name: str) -> bytes:
    return b"staff\0totp\0" + key_of(name).encode()


def _check_reach(role: Role, county: str, body: str) -> None:
    wanted = {"county": (True, False), "body": (False, True), "": (False, False)}[role.bound]
    if (bool(county), bool(body)) != wanted:
        needs = {"county": "要写 --county，不写 --body", "body": "要写 --body，不写 --county"}
        raise StaffError(f"{role.name}{needs.get(role.bound, '不写 --county 和 --body')}。")


def _row(conn: Connection, name: str) -> Row[Any] | None:
    return conn.execute(_BY_KEY, {"k": key_of(name)}).first()


def _set(conn: Connection, row: Row[Any], by: By, **values: Any) -> None:
    changed = int(by.at.timestamp())
    conn.execute(update(staff).where(staff.c.id == row.id).values(changed=changed, **values))
