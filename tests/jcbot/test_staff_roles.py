"""Who may do what: the table that is documented is the table that holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from jcbot.clock import Clock
from jcbot.staff.model import Account, By, NotAllowedError, allowed
from knowledge.reading import KnowledgeError
from knowledge.staff import FOLDER, load_staff

BOOK = load_staff()
DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "staff.md"
OWN, OTHER = ("高平市", "甲学校"), ("阳城县", "乙学校")
# What stands in the table: everything, only rows of one's own county or body, nothing.
ALL, MINE, NO = "●", "本", ""


def account(role: str, *, enabled: bool = True) -> Account:
    bound = BOOK.roles[role].bound
    county, body = (OWN[n] if bound == kind else "" for n, kind in enumerate(("county", "body")))
    return Account(1, "liwei", BOOK.roles[role], county, body, enabled, 0)


def reach(role: str, permission: str) -> str:
    who = account(role)
    own, other = (allowed(who, permission, *each) for each in (OWN, OTHER))
    assert not other or own
    return {(True, True): ALL, (True, False): MINE}.get((own, other), NO)


def documented() -> dict[str, list[str]]:
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("| 能做什么 |"))
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start:]]
    end = next((n for n, row in enumerate(cells) if len(row) < 2), len(cells))
    assert cells[0][1:] == [role.name for role in BOOK.roles.values()]
    return {row[0]: row[1:] for row in cells[2:end]}


def test_every_role_and_permission_is_as_documented() -> None:
    held = {
        permission.name: [reach(role, code) for role in BOOK.roles]
        for code, permission in BOOK.permissions.items()
    }
    assert held == documented()


MATRIX = [
    ("city", "people.erase", ALL),
    ("county", "people.erase", NO),
    ("county", "people.export", MINE),
    ("county", "training.seats", MINE),
    ("county", "people.import", NO),
    ("teacher", "training.roster", MINE),
    ("teacher", "training.cancel", NO),
    ("leader", "figures.read", ALL),
    ("leader", "people.read", NO),
    ("auditor", "audit.read", ALL),
    ("auditor", "staff.manage", NO),
]


@pytest.mark.parametrize(("role", "permission", "expected"), MATRIX)
def test_some_of_it_by_hand(role: str, permission: str, expected: str) -> None:
    assert reach(role, permission) == expected


def test_the_city_may_everything_and_only_those_without_personal_data_need_no_code() -> None:
    assert set(BOOK.roles["city"].may) == set(BOOK.permissions)
    personal = {code: role.personal for code, role in BOOK.roles.items()}
    assert personal == {
        "city": True, "county": True, "teacher": True, "leader": False, "auditor": False,
    }  # fmt: skip


def test_a_row_that_is_not_named_an_unknown_permission_and_a_closed_account_are_a_no() -> None:
    assert not allowed(account("county"), "training.seats")
    assert not allowed(account("county"), "training.seats", None, OWN[1])
    assert not allowed(account("teacher"), "training.roster", OWN[0])
    assert not allowed(account("city"), "no.such")
    assert allowed(account("city"), "audit.read")
    assert not allowed(account("city", enabled=False), "audit.read")


def test_a_refusal_says_whom_and_how_far_he_reaches() -> None:
    by = By("liwei", Clock().now(), account=account("county"))
    by.require("training.seats", "高平市")
    with pytest.raises(NotAllowedError, match="县区经办liwei不能办这件事，或者只能办高平市的"):
        by.require("training.seats", "阳城县")
    By("cli:root", Clock().now()).require("people.erase")


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("roles.toml", 'may = ["audit.read"]', 'may = ["audit.write"]', "没有“audit.write”"),
        ("roles.toml", 'bound = "body"', 'bound = "town"', "role.teacher.bound"),
        ("roles.toml", "rows = true\n", "row = true\n", "没有这样的项"),
        ("sign_in.toml", "least = 12", "least = 4", "password.least：不能小于8"),
        ("sign_in.toml", "plain =", "plane =", "says.plain：缺少"),
    ],
)
def test_faults_in_the_files_are_named(
    tmp_path: Path, file: str, old: str, new: str, fault: str
) -> None:
    for each in ("roles.toml", "sign_in.toml"):
        text = (FOLDER / each).read_text(encoding="utf-8")
        changed = text.replace(old, new, 1) if each == file else text
        assert changed != text or each != file
        (tmp_path / each).write_text(changed, encoding="utf-8")
    with pytest.raises(KnowledgeError, match=fault):
        load_staff(tmp_path)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("tractor-moon", ""),
        ("tractor-moo", "至少要12个字符"),
        ("x1" * 65, "最多128个字符"),
        ("a-liwei-b-99", "自己的名字"),
        ("LiWei20261123", "自己的名字"),
        ("123456789012", "太简单"),
        ("zyxwvutsrqponm", "太简单"),
        ("abababababab", "太简单"),
        ("Password2026", "太常见"),
        ("p@ssw0rd1234!", "太常见"),
        ("1qaz2wsx3edc", "太常见"),
        ("Jincheng@2026", "太常见"),
        ("WoAiNi1314520", "太常见"),
    ],
)
def test_weak_passwords(password: str, said: str) -> None:
    weak = BOOK.weakness(password, "liwei")
    assert weak == "" if not said else said in weak
