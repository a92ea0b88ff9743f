"""`jcbot people …` as an officer meets it."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from test_cli import jcbot

sys.path.append(str(Path(__file__).parent.parent / "jcbot"))
from lists import id_number, people, write_list


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(
        '[database]\nurl = "sqlite:///people.db"\n', encoding="utf-8"
    )
    return tmp_path


def generations(folder: Path) -> list[tuple[int, str]]:
    with closing(sqlite3.connect(folder / "people.db")) as conn:
        return list(conn.execute("SELECT number, state FROM generations"))


def run(folder: Path, *words: str) -> tuple[int, str, str]:
    return jcbot("people", *words, cwd=folder)


def test_import_count_undo(folder: Path) -> None:
    write_list(folder / "a.csv", people(30), "gb18030")
    code, out, _ = run(folder, "import", "a.csv", "--dry-run")
    assert (code, out) == (0, "可以导入30人，有问题的0行。\n")
    assert run(folder, "count")[1] == "0\n"
    code, out, _ = run(folder, "import", "a.csv")
    assert (code, "已经生效" in out) == (0, True)
    assert run(folder, "count")[:2] == (0, "30\n")
    assert run(folder, "rotate-keys")[0] == 0
    assert run(folder, "undo")[:2] == (0, "已撤回上一次导入，名册现有0人。\n")
    code, out, said = run(folder, "undo")
    assert (code, out, len(said.splitlines())) == (1, "", 1)


def test_faults_are_told_and_wait_for_a_yes(folder: Path) -> None:
    rows = people(30)
    rows[4]["身份证号"] = "1.40522E+17"
    write_list(folder / "a.csv", rows)
    code, out, _ = run(folder, "import", "a.csv")
    assert code == 1
    assert "第6行 身份证号" in out
    assert "还没有生效" in out
    assert run(folder, "count")[1] == "0\n"
    assert (folder / "a.有问题的行.csv").exists()
    assert generations(folder) == [(1, "filling")]
    code, out, _ = run(folder, "import", "a.csv", "--yes", "--json")
    assert generations(folder) == [(1, "live")]  # it went on, it did not begin anew
    told = json.loads(out)
    assert (code, told["good"], told["faulty"], told["live"]) == (0, 29, 1, True)
    assert told["faults"][0]["row"] == 6
    assert id_number(4) not in out


def test_a_list_that_is_none_is_one_sentence(folder: Path) -> None:
    code, out, said = run(folder, "import", "nowhere.csv")
    assert (code, out, said) == (1, "", "找不到或者打不开文件 nowhere.csv。\n")
