"""Accounts, who acts, and whether he may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jcbot.audit import Entry, record
from jcbot.errors import JcbotError

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    from knowledge.staff import Role


class StaffError(JcbotError):
    """What staff asked for cannot be done; says why."""


class NotAllowedError(StaffError):
    """The role does not reach so far."""


@dataclass(frozen=True, slots=True)
class Account:
    """One of the staff; `county` and `body` are "" where the role is not bound to one."""

    id: int
    name: str
    role: Role
    county: str
    body: str
    enabled: bool
    locked_until: int


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, when, from where and why; without an account it is whoever owns the machine."""

    actor: str
    at: dt.datetime
    origin: str = ""
    reason: str = ""
    account: Account | None = None

    def require(self, permission: str, county: str | None = None, body: str | None = None) -> None:
        """Raise `NotAllowedError` unless this may be done to a row of that county and body."""
        account = self.account
        if account and not allowed(account, permission, county, body):
            bound = {"county": account.county, "body": account.body}.get(account.role.bound, "")
            reach = f"，或者只能办{bound}的" if bound else ""
            raise NotAllowedError(f"{account.role.name}{account.name}不能办这件事{reach}。")

    def note(
        self,
        conn: Connection,
        action: str,
        subject: str = "",
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        """Write the line of this act to the audit log, last in its transaction."""
        entry = Entry(self.at, self.actor, action, subject, self.reason, before, after, self.origin)
        record(conn, entry)


def allowed(
    account: Account, permission: str, county: str | None = None, body: str | None = None
) -> bool:
    """Tell whether the account may do this to rows of that county and body.

    Where a permission touches rows and the role is bound, the row's own county (or body) has to
    be given: without it the answer is no.
    """
    found = account.role.may.get(permission)
    if found is None or not account.enabled:
        return False
    if not found.rows or not account.role.bound:
        return True
    mine, asked = {"county": (account.county, county), "body": (account.body, body)}[
        account.role.bound
    ]
    return bool(mine) and mine == asked
