"""What holds for staff (工作人员): roles and what each may do, passwords, wrong tries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from knowledge.reading import ROOT, Table, read_toml

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / "staff"
BOUNDS = ("", "county", "body")
SAYINGS = ("refused", "short", "long", "named", "plain", "common")
_MARKS = re.compile(r"[\W_]+")
_DIGITS_BEHIND = re.compile(r"\d+$")


@dataclass(frozen=True, slots=True)
class Permission:
    """Something staff may do; `rows`: on rows of a county or body; `personal`: personal data."""

    code: str
    name: str
    rows: bool
    personal: bool


@dataclass(frozen=True, slots=True)
class Role:
    """A role; `bound` is "county" or "body" where it reaches only rows of its own, else ""."""

    code: str
    name: str
    bound: str
    may: dict[str, Permission]

    @property
    def personal(self) -> bool:
        """Say whether it sees personal data, so that it needs the second factor."""
        return any(each.personal for each in self.may.values())


@dataclass(frozen=True, slots=True)
class PasswordRule:
    """Lengths in characters; `common` are plain (see `plain_password`)."""

    least: int
    most: int
    different: int
    common: frozenset[str]


@dataclass(frozen=True, slots=True)
class SignInRule:
    """Wrong tries to a lock, its first length in minutes and the longest in hours; the codes."""

    tries: int
    minutes: int
    most_hours: int
    issuer: str
    steps_aside: int


@dataclass(frozen=True, slots=True)
class StaffBook:
    """All of it; `actions` are acts that need no permission of their own, `says` sentences."""

    permissions: dict[str, Permission]
    actions: dict[str, str]
    roles: dict[str, Role]
    password: PasswordRule
    sign_in: SignInRule
    says: dict[str, str]

    def role(self, written: str) -> Role | None:
        """Return the role of this name or code."""
        named = (each for each in self.roles.values() if written in (each.name, each.code))
        return next(named, None)

    def called(self, action: str) -> str:
        """Return what people call an act of the audit log."""
        permission = self.permissions.get(action)
        return permission.name if permission else self.actions.get(action, action)

    def weakness(self, password: str, name: str) -> str:
        """Return the sentence that says why this password is none, "" if it will do."""
        rule, plain = self.password, password.casefold()
        if len(password) < rule.least:
            return self.says["short"].format(least=rule.least)
        if len(password) > rule.most:
            return self.says["long"].format(most=rule.most)
        if name.casefold() in plain:
            return self.says["named"]
        if len(set(plain)) < rule.different or _runs_on(plain):
            return self.says["plain"]
        if plain_password(password) in rule.common or _MARKS.sub("", plain) in rule.common:
            return self.says["common"]
        return ""


def plain_password(password: str) -> str:
    """Return a password without case, marks and trailing digits, as the common ones are kept."""
    return _DIGITS_BEHIND.sub("", _MARKS.sub("", password.casefold()))


def load_staff(folder: Path = FOLDER) -> StaffBook:
    """Read both files; a fault is a `KnowledgeError`."""
    roles, rules = read_toml(folder / "roles.toml"), read_toml(folder / "sign_in.toml")
    parts = roles.table("permission")
    permissions = {code: _permission(parts.table(code), code) for code in parts.keys()}  # noqa: SIM118
    kinds, actions = roles.table("role"), roles.table("action")
    book = StaffBook(
        permissions,
        {code: actions.text(code) for code in actions.keys()},  # noqa: SIM118
        {code: _role(kinds.table(code), code, permissions) for code in kinds.keys()},  # noqa: SIM118
        _password(rules),
        _sign_in(rules),
        _says(rules.table("says")),
    )
    roles.done()
    rules.done()
    return book


def _permission(table: Table, code: str) -> Permission:
    rows, personal = (table.get(key, bool, default=False) for key in ("rows", "personal"))
    made = Permission(code, table.text("name"), rows, personal)
    table.done()
    return made


def _role(table: Table, code: str, permissions: dict[str, Permission]) -> Role:
    may, bound = table.texts("may"), table.get("bound", str)
    if unknown := set(may) - set(permissions):
        raise table.error("may", f"没有“{min(unknown)}”这项权限")
    if bound not in BOUNDS:
        raise table.error("bound", f"只能是 {'、'.join(map(repr, BOUNDS))}")
    made = Role(code, table.text("name"), bound, {each: permissions[each] for each in may})
    table.done()
    return made


def _password(rules: Table) -> PasswordRule:
    table, known = rules.table("password"), rules.table("common")
    least, most = _number(table, "least", 8), _number(table, "most", 64)
    common = frozenset(
        form
        for each in known.texts("list")
        for form in (_MARKS.sub("", each.casefold()), plain_password(each))
        if form
    )
    made = PasswordRule(least, most, _number(table, "different", 2), common)
    table.done()
    known.done()
    return made


def _sign_in(rules: Table) -> SignInRule:
    lock, code = rules.table("lock"), rules.table("code")
    made = SignInRule(
        _number(lock, "tries", 1),
        _number(lock, "minutes", 1),
        _number(lock, "most_hours", 1),
        code.text("issuer"),
        _number(code, "steps_aside", 0),
    )
    lock.done()
    code.done()
    return made


def _says(table: Table) -> dict[str, str]:
    said = {key: table.text(key) for key in SAYINGS}
    table.done()
    return said


def _number(table: Table, key: str, least: int) -> int:
    value = table.get(key, int)
    if value < least:
        raise table.error(key, f"不能小于{least}")
    return value


def _runs_on(text: str) -> bool:
    """Tell whether each character is the next (or the last, or the same) of the one before."""
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return steps in ({1}, {-1}, {0}) or text in "01234567890123456789098765432109876543210"
