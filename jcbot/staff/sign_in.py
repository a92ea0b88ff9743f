"""Signing in: password and one-time code, wrong tries counted in the database, one refusal.

A try is counted as wrong before the password is looked at, and forgiven when it was right: so a
burst at one time gets no more tries than one after another. Names that do not exist cost the
same work. The slow hash runs in a thread, between two short units of work.
"""

from __future__ import annotations

import asyncio
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

import pyotp
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import bindparam, select, update

from jcbot.staff.accounts import account_of, key_of, opened, password_bytes
from jcbot.staff.model import Account, By
from jcbot.storage.locks import hold
from jcbot.storage.staff_tables import staff

if TYPE_CHECKING:
    import datetime as dt

    from argon2 import PasswordHasher
    from sqlalchemy import Connection, Row

    from jcbot.staff.accounts import Door
    from jcbot.storage.database import Database
    from knowledge.staff import SignInRule

STEP_S = 30
NOBODY = 0
"""The id of no account: unknown names write to it in vain."""
NOBODYS_SECRET = "A" * 32
_BY_KEY = select(staff).where(staff.c.key == bindparam("k"))
_COUNTED = (
    update(staff)
    .where(staff.c.id == bindparam("i"))
    .values(
        failures=bindparam("f"), locks=bindparam("l"), locked_until=bindparam("u"),
        totp_step=bindparam("s"),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody typed; `machine` is Unix time by the machine's own clock, for the code."""

    name: str = field(repr=False)
    password: str = field(repr=False)
    code: str = field(repr=False)
    machine: float
    origin: str = ""


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who is in, or the sentence that says no."""

    account: Account | None
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class _Tried:
    """A try that was counted: the account's row if there is one and it is not locked."""

    row: Row[Any] | None
    locks: bool


async def check_sign_in(
    database: Database, door: Door, attempt: Attempt, now: dt.datetime
) -> SignIn:
    """Return the account, or the one sentence for a wrong name, password or code, or a lock."""
    tried = await database.run(partial(_begin, door.book.sign_in, attempt, now))
    kept = tried.row.password if tried.row else _nobodys_hash(door.hasher)
    right = await asyncio.to_thread(_fits, door, kept, attempt.password)
    return await database.run(partial(_finish, door, attempt, (tried, right), now))


def _begin(rule: SignInRule, attempt: Attempt, now: dt.datetime, conn: Connection) -> _Tried:
    """Count the try as wrong, and lock with the last one that is free."""
    key, at = key_of(attempt.name), int(now.timestamp())
    hold(conn, "staff", key)
    row = conn.execute(_BY_KEY, {"k": key}).first()
    if row is None or at < row.locked_until:
        _count(conn, NOBODY, (0, 0, 0), 0)
        return _Tried(None, locks=False)
    if row.failures + 1 < rule.tries:
        _count(conn, row.id, (row.failures + 1, row.locks, row.locked_until), row.totp_step)
        return _Tried(row, locks=False)
    seconds = min(rule.minutes * 60 << min(row.locks, 20), rule.most_hours * 3600)
    _count(conn, row.id, (0, row.locks + 1, at + seconds), row.totp_step)
    return _Tried(row, locks=True)


def _finish(
    door: Door, attempt: Attempt, tried: tuple[_Tried, bool], now: dt.datetime, conn: Connection
) -> SignIn:
    """Forgive the try if all was right, and use up the code."""
    (before, right), key = tried, key_of(attempt.name)
    hold(conn, "staff", key)
    row = conn.execute(_BY_KEY, {"k": key}).first() if before.row else None
    step = _step_of_code(door, row, attempt)
    by = By(row.name if row else "", now, attempt.origin)
    if row and row.enabled and right and step is not None and _same(row, before.row):
        _count(conn, row.id, (0, 0, 0), step)
        by.note(conn, "staff.sign_in", f"staff:{row.name}")
        return SignIn(account_of(row, door.book))
    if row and before.locks:
        by.note(conn, "staff.locked", f"staff:{row.name}")
    return SignIn(None, door.book.says["refused"])


def _step_of_code(door: Door, row: Row[Any] | None, attempt: Attempt) -> int | None:
    """Return the time step of a code that fits and was not used, None if there is none.

    An account whose role needs no second factor, and that has none, keeps its step.
    """
    has = row is not None and row.totp is not None
    secret = opened(door, row) if row is not None and has else NOBODYS_SECRET
    code, aside = unicodedata.normalize("NFKC", attempt.code), door.book.sign_in.steps_aside
    typed = "".join(code.split()).encode("utf-8", "replace")
    current = int(attempt.machine) // STEP_S
    found: int | None = None
    for step in range(current - aside, current + aside + 1):
        if compare_digest(pyotp.HOTP(secret).at(step).encode(), typed):
            found = step
    if row is None:
        return None
    if not has:
        return None if door.book.roles[row.role].personal else row.totp_step
    return found if found is not None and found > row.totp_step else None


def _same(row: Row[Any], before: Row[Any] | None) -> bool:
    """Tell whether the password that was looked at is still the account's."""
    return before is not None and (row.id, row.password) == (before.id, before.password)


def _fits(door: Door, kept: str, password: str) -> bool:
    most = door.book.password.most
    try:
        return door.hasher.verify(kept, password_bytes(password[:most])) and len(password) <= most
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=4)
def _nobodys_hash(hasher: PasswordHasher) -> str:
    return hasher.hash(NOBODYS_SECRET)


def _count(conn: Connection, account: int, counts: tuple[int, int, int], step: int) -> None:
    failures, locks, until = counts
    row = {"i": account, "f": failures, "l": locks, "u": until, "s": step}
    conn.execute(_COUNTED, row)
