"""`jcbot staff`, `jcbot audit`, and what staff do by command, as they meet it: real processes."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyotp
import pytest
from test_cli import jcbot

from bot.on_database import run_on_database
from jcbot.config import load_config
from jcbot.keyring import open_keyring
from jcbot.people import bindings
from jcbot.people.keys import PeopleKeys

sys.path.append(str(Path(__file__).parent.parent / "jcbot"))
from lists import id_number, people, write_list
from school import NOW, enter, person

if TYPE_CHECKING:
    from sqlalchemy import Connection

PASSWORD = "tractor-moon-71"
WHO = id_number(3)
HEAD = "班级编号,职业,等级,县区,开班日期,天数,名额,机构"
CLASSES = f"{HEAD}\nDG-1,电工,初级,高平,2027-03-01,5,1,甲学校\nYC-1,焊工,,阳城县,2027-04-01,9,3,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(
        '[database]\nurl = "sqlite:///t.db"\n[clock]\nfixed = "2026-11-23T09:00:00+08:00"\n',
        encoding="utf-8",
    )
    (tmp_path / "classes.csv").write_text(CLASSES, encoding="utf-8")
    return tmp_path


def run(folder: Path, *words: str, given: str = "") -> tuple[int, str]:
    """Run a command; exit code, and whatever it said, which holds nobody's number."""
    code, out, err = jcbot(*words, cwd=folder, given=given)
    assert "Traceback" not in err
    assert WHO not in err
    return code, out + err


def add(folder: Path, name: str, role: str, *more: str) -> str:
    words = ("staff", "add", name, "--role", role, "--password-stdin", *more)
    code, said = run(folder, *words, given=PASSWORD + "\n")
    assert code == 0, said
    return said


def actions(folder: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(folder / "t.db")) as conn:
        return list(conn.execute("SELECT action, actor FROM audit ORDER BY number"))


def test_accounts_are_made_listed_switched_off_and_given_another_password(folder: Path) -> None:
    assert "还没有账号" in run(folder, "staff", "list")[1]
    said = add(folder, "liwei", "市管理员")
    secret = next(line.split()[1] for line in said.splitlines() if line.startswith("密钥"))
    assert pyotp.parse_uri(said.splitlines()[-1]).secret == secret
    run(folder, "training", "import", "classes.csv")
    add(folder, "wang", "teacher", "--body", "甲学校", "--as", "LiWei")
    assert "密钥" not in add(folder, "sun", "审计员")
    run(folder, "staff", "disable", "sun", "--as", "liwei")
    code, said = run(folder, "staff", "list")
    assert (code, said.splitlines()) == (
        0,
        ["liwei  市管理员", "sun  审计员  已停用", "wang  机构老师  甲学校"],
    )
    assert secret not in said
    reset = ("staff", "reset-password", "liwei", "--password-stdin")
    assert run(folder, *reset, given="meadow-rain-33\n") == (0, "已重设liwei的密码。\n")
    assert "密钥" in run(folder, *reset, "--new-code", given="meadow-rain-34\n")[1]
    assert run(folder, "staff", "enable", "sun")[0] == 0
    user = actions(folder)[0][1]
    assert user.startswith("cli:")
    assert actions(folder) == [
        ("staff.add", user), ("training.import", user), ("staff.add", "liwei"),
        ("staff.add", user), ("staff.disable", "liwei"), ("staff.reset_password", user),
        ("staff.reset_password", user), ("staff.enable", user),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "given", "said"),
    [
        (("add", "x2", "--role", "审计员", "--password-stdin"), "short\n", "至少要12个字符"),
        (("add", "x2", "--role", "审计员", "--password-stdin"), "", "至少要12个字符"),
        (("add", "x2", "--role", "审计员"), "", "--password-stdin"),
        (("add", "x2", "--role", "局长", "--password-stdin"), PASSWORD, "没有“局长”这个角色"),
        (
            ("add", "x2", "--role", "县区经办", "--county", "太原", "--password-stdin"),
            PASSWORD,
            "城区",
        ),
        (("disable", "nobody"), "", "没有叫nobody的账号"),
        (
            ("add", "x2", "--role", "审计员", "--as", "nobody", "--password-stdin"),
            PASSWORD,
            "nobody",
        ),
    ],
)
def test_what_cannot_be_is_a_sentence(
    folder: Path, words: tuple[str, ...], given: str, said: str
) -> None:
    code, told = run(folder, "staff", *words, given=given)
    assert code in (1, 2)
    assert said in told


def test_a_class_is_changed_only_after_it_was_read_back(folder: Path) -> None:
    run(folder, "training", "import", "classes.csv")
    seats = ("training", "seats", "DG-1", "5")
    code, said = run(folder, *seats)
    assert code == 1
    assert "名额从1改成5" in said
    assert "什么也没有改" in said
    assert "已改" in run(folder, *seats, "--yes")[1]
    assert "名额5 " in run(folder, "training", "show", "DG-1")[1]
    assert run(folder, "training", "seats", "DG-1", "99999", "--yes")[0] == 2
    assert run(folder, "training", "cancel", "DG-1", "--yes")[0] == 2  # no reason
    cancel = ("training", "cancel", "DG-1", "--reason", "老师病了", "--yes")
    assert "已取消，0人会收到消息" in run(folder, *cancel)[1]
    assert run(folder, *cancel)[0] == 1
    assert "没有找到这个班" in run(folder, "training", "seats", "X", "5", "--yes")[1]
    assert [each for each, _ in actions(folder)] == [
        "training.import",
        "training.seats",
        "training.cancel",
    ]


def test_in_the_name_of_an_account_as_far_as_its_role_reaches(folder: Path) -> None:
    add(folder, "wang", "县区经办", "--county", "高平")
    as_wang = ("--as", "wang", "--yes")
    assert "只能办高平市的" in run(folder, "training", "import", "classes.csv", *as_wang)[1]
    assert "还没有培训班" in run(folder, "training", "list")[1]
    run(folder, "training", "import", "classes.csv")
    assert run(folder, "training", "seats", "DG-1", "5", *as_wang)[0] == 0
    assert run(folder, "training", "seats", "YC-1", "5", *as_wang)[0] == 1
    assert run(folder, "people", "undo", "--as", "wang")[0] == 1
    run(folder, "staff", "disable", "wang")
    assert "停用" in run(folder, "training", "seats", "DG-1", "6", *as_wang)[1]
    assert [each for each, by in actions(folder) if by == "wang"] == ["training.seats"]


def sign_up(keys: PeopleKeys, conn: Connection) -> None:
    """Let person 3 have the one seat of DG-1, and another wait."""
    enter(conn, replace(person(3), person=keys.id_key(WHO)))
    enter(conn, 8)


@pytest.fixture
def filled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry of 30 and two classes; person 3 has a seat."""
    monkeypatch.chdir(folder)
    write_list(folder / "people.csv", people(30))
    assert run(folder, "people", "import", "people.csv")[0] == 0
    run(folder, "training", "import", "classes.csv")
    settings = load_config(None)
    keys = PeopleKeys(open_keyring(settings))
    run_on_database(settings, lambda database: database.run(partial(sign_up, keys)))
    return folder


def test_a_person_is_taken_out_by_a_number_that_is_no_argument(filled: Path) -> None:
    remove = ("training", "remove", "DG-1")
    code, said = run(filled, *remove, given=f"{WHO}\n")
    assert code == 1
    assert "证件号990***********" in said
    assert "现在有名额" in said
    assert "1人从候补转为有名额" in run(filled, *remove, "--yes", given=f" {WHO.lower()} \n")[1]
    assert "没有报" in run(filled, *remove, "--yes", given=WHO)[1]
    assert "身份证号不对：应当是18位" in run(filled, *remove, "--yes", given="123\n")[1]
    assert jcbot(*remove, WHO, "--yes", cwd=filled)[0] == 2


def test_one_persons_data_is_handed_out_and_dropped(filled: Path) -> None:
    export, why = ("people", "export"), ("--reason", "本人来查")
    assert run(filled, *export, given=WHO)[0] == 2  # no reason
    code, masked = run(filled, *export, *why, given=WHO)
    assert (code, WHO in masked) == (0, False)
    code, said = run(filled, *export, *why, "--full", given=WHO)
    kept = json.loads(said)
    assert [each["id_number"] for each in kept["registry"]] == [WHO]
    assert [each["class"] for each in kept["enrolments"]] == ["DG-1"]
    code, said = run(filled, "people", "erase", *why, given=WHO)
    assert code == 1
    assert "再导入含有这个人的名册，资料会重新进来" in said
    code, said = run(filled, "people", "erase", *why, "--yes", given=WHO)
    assert code == 0
    assert "已删除：名册1份，报名1项。" in said
    assert json.loads(run(filled, *export, *why, "--full", given=WHO)[1])["registry"] == []
    assert run(filled, "people", "count")[1] == "29\n"
    listed = run(filled, "audit", "list")[1]
    assert WHO not in listed
    assert "删除一个人的资料  person:" in listed
    assert run(filled, "people", "rotate-keys")[0] == 0
    assert run(filled, "people", "undo")[0] == 0
    assert "审计日志完好，共9行" in run(filled, "audit", "verify")[1]


TAMPERED = [
    ("UPDATE audit SET reason = 'x' WHERE number = 2", "第一处：第2行被改动过"),
    ("UPDATE audit SET hash = 'x' WHERE number = 2", "第一处：第2行被改动过"),
    ("DELETE FROM audit WHERE number = 2", "第一处：第2行不见了"),
    ("DELETE FROM audit WHERE number > 1", "第一处：第2行起少了2行"),
    ("DELETE FROM audit_head", "总数记录不见了"),
]


def test_the_log_tells_who_laid_hands_on_it(folder: Path) -> None:
    run(folder, "training", "import", "classes.csv")
    for number in ("5", "6"):
        run(folder, "training", "seats", "DG-1", number, "--yes")
    code, told = run(folder, "audit", "verify")
    assert code == 0
    assert "完好，共3行" in told
    noted = told.split("核对：")[1].strip()
    assert run(folder, "audit", "verify", "--noted", noted)[0] == 0
    wrong = f"3:{'0' * 64}"
    assert "换成了旧的" in run(folder, "audit", "verify", "--noted", wrong)[1]
    assert len(run(folder, "audit", "list", "--last", "2")[1].splitlines()) == 2
    whole = (folder / "t.db").read_bytes()
    for statement, said in TAMPERED:
        (folder / "t.db").write_bytes(whole)
        with closing(sqlite3.connect(folder / "t.db")) as conn:
            conn.execute(statement)
            conn.commit()
        code, told = run(folder, "audit", "verify")
        assert code == 1
        assert said in told
    assert run(folder, "audit", "list")[0] == 0
    (folder / "t.db").write_bytes(whole)
    (folder / "t.db.keys").unlink()
    assert run(folder, "audit", "verify")[0] == 1  # another key is made, and fits nothing


def test_a_locked_person_is_let_in_again_and_a_stolen_binding_undone(filled: Path) -> None:
    why = ("--reason", "本人带证件来窗口")
    assert "要写明原因" in run(filled, "people", "unlock", "--reason", " ", given=WHO)[1]
    code, said = run(filled, "people", "unlock", *why, given=WHO)
    assert (code, "可以重新核对了" in said, "绑定已解除" in said) == (0, True, False)
    settings = load_config(None)  # `filled` has gone into the folder
    key = PeopleKeys(open_keyring(settings)).id_key(WHO)
    stolen = partial(bindings.bind, openid="o-thief", id_key=key, now=NOW)
    run_on_database(settings, lambda database: database.run(stolen))
    assert "绑定已解除" in run(filled, "people", "unlock", *why, "--unbind", given=WHO)[1]
    assert [what for what, _ in actions(filled)][-2:] == ["people.unlock"] * 2
