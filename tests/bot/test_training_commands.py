"""`jcbot training …` as staff meet it: real processes, real files."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from jcbot.storage.database import open_database
from jcbot.storage.training_tables import enrolments

if TYPE_CHECKING:
    from sqlalchemy import Connection

ROOT = Path(__file__).parent.parent.parent
HEAD = "班级编号,职业,等级,县区,开班日期,天数,名额,机构,地点,上课时间,报名截止,电话"
GOOD = "DG-1,电工,初级,高平,2027-03-01,5,30,甲学校,东街1号,8:30,2027/2/26,0356-1"
MORE = "HG-1,焊工,,阳城县,2027年4月1日,10,0,甲学校,,,,\nOLD-1,电工,中级,城区,2020-11-02,3,20,,,,,"


def jcbot(*words: str, cwd: Path) -> tuple[int, str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("JCBOT_")}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "bot.cli", "training", *words],
        cwd=cwd,
        env=kept
        | {"PYTHONPATH": path, "JCBOT_CLOCK__FIXED": "2026-11-23"}
        | {"JCBOT_DATABASE__URL": f"sqlite:///{cwd}/t.db"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def write(folder: Path, *lines: str, encoding: str = "utf-8") -> str:
    path = folder / "classes.csv"
    path.write_text("\r\n".join(lines) + "\r\n", encoding=encoding, newline="")
    return str(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_a_list_is_imported_listed_and_shown(tmp_path: Path, encoding: str) -> None:
    file = write(tmp_path, HEAD, GOOD, *MORE.split("\n"), encoding=encoding)
    code, out, _ = jcbot("import", file, cwd=tmp_path)
    assert code == 0
    assert "新开3个班" in out
    _, out, _ = jcbot("list", cwd=tmp_path)
    assert out.splitlines() == [
        "HG-1  焊工  普惠制  阳城县  2027-04-01至2027-04-10  名额0 已报0 候补0",
        "DG-1  电工  初级  普惠制  高平市  2027-03-01至2027-03-05  名额30 已报0 候补0",
        "OLD-1  电工  中级  普惠制  城区  2020-11-02至2020-11-04  名额20 已报0 候补0",
    ]
    code, out, _ = jcbot("show", "DG-1", cwd=tmp_path)
    assert code == 0
    for each in ("地点：东街1号", "机构：甲学校", "报名截止：2027-02-27 00:00之前"):
        assert each in out
    _, out, _ = jcbot("import", file, cwd=tmp_path)
    assert "新开0个班，更新0个，没有变化3个" in out


FAULTY = [
    ("DG 1,电工,,高平市,2027-03-01,5,30", "班级编号：“DG 1”有字母、数字和短横以外的字"),
    ("D,,,高平市,2027-03-01,5,30", "职业：没有填"),
    ("D,电工,超级,高平市,2027-03-01,5,30", "等级：“超级”没有这种写法。写 初级、中级"),
    ("D,电工,,太原,2027-03-01,5,30", "县区：“太原”没有这种写法。写 城区、"),
    ("D,电工,,高平市,2027-02-29,5,30", "开班日期：“2027-02-29”没有这一天。写成 2026-12-01"),
    ("D,电工,,高平市,46357,5,30", "开班日期：“46357”看不出是哪一天"),
    ("D,电工,,高平市,2027-03-01,0,30", "天数：“0”太小了"),
    ("D,电工,,高平市,2027-03-01,5,三十", "名额：“三十”不是一个整数。写0到2000之间"),
    ("D,电工,,高平市,2027-03-01,5,-1", "名额：“-1”不是一个整数"),
    ("D-1,电工,,高平市,2027-03-01,5,30,,,,2027-03-02", "报名截止：“2027-03-02”比开班日期还晚"),
    ("D,电工,,高平市,2027-03-01,5,30,,,,,,多", "整行：比表头多出了格子"),
    (GOOD, "班级编号：“DG-1”和第2行的编号一样"),
]


def test_faulty_rows_are_refused_with_how_to_mend_them(tmp_path: Path) -> None:
    file = write(tmp_path, HEAD, GOOD, *(line for line, _ in FAULTY))
    code, out, _ = jcbot("import", file, cwd=tmp_path)
    assert code == 1
    assert "没有问题的班1个，有问题的行12行" in out
    for row, (_, said) in enumerate(FAULTY, start=3):
        assert f"第{row}行 {said}" in out
    assert "还没有导入" in out
    assert "还没有培训班" in jcbot("list", cwd=tmp_path)[1]
    code, out, _ = jcbot("import", file, "--yes", cwd=tmp_path)
    assert code == 1
    assert "新开1个班" in out


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["班级编号,职业", "A,电工"], "没有“县区”这一列"),
        ([HEAD + ",名额", GOOD + ",3"], "“名额”这一列出现了两次"),
        (["你好,世界"], "没有“班级编号”这一列"),
        ([""], "没有找到表头"),
    ],
)
def test_a_file_that_is_no_list_of_classes(tmp_path: Path, lines: list[str], said: str) -> None:
    code, _, err = jcbot("import", write(tmp_path, *lines), cwd=tmp_path)
    assert code == 1
    assert said in err


def test_more_seats_promote_the_line_and_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    def wait(conn: Connection) -> None:
        for place in (1, 2, 3):
            row = {"class_id": 1, "person": bytes([place]), "openid": f"o{place}", "place": place}
            row |= {"state": "waiting", "to_verify": "", "made": 0, "changed": 0}
            conn.execute(insert(enrolments).values(row))

    async def fill() -> None:
        database = open_database(f"sqlite:///{tmp_path}/t.db")
        await database.run(wait)
        await database.close()

    def entered(seats: int) -> str:
        return write(tmp_path, HEAD, GOOD.replace(",30,", f",{seats},"))

    jcbot("import", entered(0), cwd=tmp_path)
    asyncio.run(fill())
    assert "什么也没有改" in jcbot("import", entered(2), "--dry-run", cwd=tmp_path)[1]
    assert "名额0 已报0 候补3" in jcbot("list", cwd=tmp_path)[1]
    assert "2人从候补转为有名额" in jcbot("import", entered(2), cwd=tmp_path)[1]
    assert "名额2 已报2 候补1" in jcbot("show", "DG-1", cwd=tmp_path)[1]
    assert "有1人的名额超出" in jcbot("import", entered(1), cwd=tmp_path)[1]


def test_an_unknown_class_is_a_sentence(tmp_path: Path) -> None:
    code, _, err = jcbot("show", "X", cwd=tmp_path)
    assert (code, err.strip()) == (
        1,
        "没有找到这个班，请看看班级编号对不对，或者重新查一下有哪些班。",
    )
