"""`jcbot training results`, `demand` and `needs` as staff meet them: real processes, real files."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook
from sqlalchemy import insert, select
from test_cli import jcbot as any_command
from test_training_commands import jcbot

from jcbot.config import load_config
from jcbot.keyring import open_keyring
from jcbot.storage.database import open_database
from jcbot.storage.progress_tables import outcomes
from jcbot.storage.training_tables import enrolments
from jcbot.training.keys import TrainingKeys

sys.path.append(str(Path(__file__).parent.parent / "jcbot"))
from lists import id_number

if TYPE_CHECKING:
    from sqlalchemy import Connection

CLASSES = """班级编号,职业,等级,县区,开班日期,天数,名额,教学计划,师资
DG-1,维修电工,初级,高平市,2026-11-02,5,30,理论2天、实操3天,赵老师（高级技师）
DG-2,低压电工,,高平市,2026-12-01,5,30,,
"""
HEAD = "班级编号,姓名,身份证号,到课天数,考试结果,证书类型,证书等级,证书编号,就业情况,补贴状态"
PAPER = "S1405990000{}"
A, B, C = map(id_number, (1, 2, 3))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A, B and others have a seat in DG-1, which is over; C has one in DG-2, not begun."""
    write(tmp_path, "classes.csv", CLASSES)
    assert jcbot("import", "classes.csv", cwd=tmp_path)[0] == 0
    settings = load_config(config(tmp_path))
    person = TrainingKeys(open_keyring(settings)).person

    def seat(conn: Connection) -> None:
        for class_id, number in ((1, A), (1, B), (2, C), *((1, each) for each in WHO)):
            row = {"class_id": class_id, "person": person(number), "openid": ""}
            row |= {"state": "confirmed", "to_verify": "", "made": 0, "changed": 0}
            conn.execute(insert(enrolments).values(row))

    run(tmp_path, seat)
    return tmp_path


def config(folder: Path) -> Path:
    path = folder / "config.toml"
    path.write_text(f'[database]\nurl = "sqlite:///{folder}/t.db"\n', encoding="utf-8")
    return path


def run(folder: Path, work: object) -> object:
    async def go() -> object:
        database = open_database(f"sqlite:///{folder}/t.db")
        try:
            return await database.run(work)
        finally:
            await database.close()

    return asyncio.run(go())


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> str:
    (folder / name).write_text(text, encoding=encoding)
    return name


def kept(folder: Path) -> list[tuple[object, ...]]:
    columns = ("attended", "exam", "certificate_type", "certificate_level", "job", "subsidy")
    query = select(*(outcomes.c[name] for name in columns)).order_by(outcomes.c.enrolment)
    return [tuple(row) for row in run(folder, lambda conn: conn.execute(query).all())]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_results_are_checked_entered_and_entered_again(folder: Path, encoding: str) -> None:
    rows = f"DG-1,赵某,{A},5,合格,职业技能等级证书,初级,{PAPER.format(1)},企业就业,审核中\n"
    rows += f"DG-1,钱某,{B},3,缺考,,,,未就业,\n"
    file = write(folder, "r.csv", f"{HEAD}\n{rows}", encoding)
    code, out, _ = jcbot("results", file, "--dry-run", cwd=folder)
    assert (code, kept(folder)) == (0, [])
    assert out.splitlines() == ["可以登记的结果2行，有问题的行0行。", "只是核对，什么也没有改。"]
    code, out, _ = jcbot("results", file, cwd=folder)
    assert (code, out.splitlines()[-1]) == (0, "已登记2人的结果，没有变化0人。")
    assert kept(folder) == [
        (5, "passed", "vocational", "junior", "enterprise", "reviewing"),
        (3, "absent", "", "", "none", ""),
    ]
    assert "已登记0人的结果，没有变化2人" in jcbot("results", file, cwd=folder)[1]
    later = write(folder, "later.csv", f"班级编号,身份证号,补贴状态\nDG-1,{A},已发放\n")
    assert jcbot("results", later, cwd=folder)[0] == 0
    assert kept(folder)[0] == (5, "passed", "vocational", "junior", "enterprise", "paid")
    for secret in (A, PAPER.format(1), "赵某"):
        for path in folder.glob("t.db*"):
            assert secret.encode() not in path.read_bytes()


WHO = [id_number(10 + n) for n in range(12)]
MASKED = f"{C[:3]}***********{C[-4:]}"
WRONG = A[:-1] + ("0" if A[-1] != "0" else "1")
FAULTY = [
    (("X-1", WHO[0]), "班级编号：“X-1”没有这个编号的班。照 jcbot training list"),
    (("DG-1", C), f"身份证号：“{MASKED}”这个人没有这个班的名额。核对"),
    (("DG-2", C), "班级编号：“DG-2”这个班还没有开班。开班以后再登记"),
    (("DG-1", "1.40522E+17"), "身份证号：“***********”号码被 Excel 改成了数字"),
    (("DG-1", WRONG), f"身份证号：“{WRONG[:3]}***********{WRONG[-4:]}”最后一位校验不对"),
    (("DG-1", WHO[1], "6"), "到课天数：“6”比班级的5天还多"),
    (("DG-1", WHO[2], "", "良好"), "考试结果：“良好”没有这种写法。写 合格、不合格 或 缺考"),
    (("DG-1", WHO[3], "", "", "其他", "", "A-0000001"), "考试结果：考试没有合格，不能登记证书"),
    (("DG-1", WHO[4], "", "合格", "其他"), "证书编号：有证书类型或者等级，没有证书编号"),
    (("DG-1", WHO[5], "", "合格", "", "", "A-0000002"), "证书类型：有证书编号，没有证书类型"),
    (("DG-1", WHO[6], "", "合格", "其他", "", "9.9E+17"), "证书编号：“****”号码被 Excel 改成了"),
    (("DG-1", WHO[7], "", "合格", "", "", "", "", "已发放"), "补贴状态：“已发放”还没有登记证书"),
]


def test_faulty_rows_are_refused_with_how_to_mend_them(folder: Path) -> None:
    bad = "\n".join(",".join((number, "", *rest)) for (number, *rest), _ in FAULTY)
    file = write(folder, "r.csv", f"{HEAD}\nDG-1,,{A},5\n{bad}\n")
    code, out, _ = jcbot("results", file, cwd=folder)
    assert (code, kept(folder)) == (1, [])
    assert out.startswith(f"可以登记的结果1行，有问题的行{len(FAULTY)}行。")
    for row, ((_, who, *_), said) in enumerate(FAULTY, start=3):
        assert f"第{row}行 {said}" in out
        assert who not in out
    assert "还没有登记" in out
    code, out, _ = jcbot("results", file, "--yes", cwd=folder)
    assert (code, len(kept(folder))) == (1, 1)
    assert "已登记1人的结果" in out


def test_what_may_stand_in_a_list_once(folder: Path) -> None:
    same = f"合格,其他,,{PAPER.format(1)}"
    rows = f"DG-1,,{A},5,{same}\nDG-1,,{B},5,{same}\nDG-1,,{A},4\n"
    code, out, _ = jcbot("results", write(folder, "r.csv", f"{HEAD}\n{rows}"), cwd=folder)
    assert code == 1
    assert "第3行 证书编号：“********0001”和第2行别人的证书编号一样" in out
    assert "和第2行是同一个班的同一个人" in out


def test_a_workbook_and_json(folder: Path) -> None:
    book = Workbook()
    book.active.append(["11月培训结果"])
    book.active.append(["班级编号", "身份证号", "到课天数", "备注"])
    book.active.append(["DG-1", A, 5, ""])
    book.active.append(["DG-1", int(id_number(5)[:17]), 5, ""])
    book.save(folder / "r.xlsx")
    code, out, _ = jcbot("results", "r.xlsx", "--yes", "--json", cwd=folder)
    said = json.loads(out)
    assert (code, said["entered"], said["changed"], said["same"]) == (1, True, 1, 0)
    assert [(fault["row"], fault["column"]) for fault in said["faults"]] == [(4, "身份证号")]
    assert "号码被 Excel 改成了数字" in said["faults"][0]["reason"]


def test_show_prints_plan_and_teachers(folder: Path) -> None:
    _, out, _ = jcbot("show", "DG-1", cwd=folder)
    assert "教学计划：理论2天、实操3天" in out
    assert "师资：赵老师（高级技师）" in out


DEMAND = """企业名称,县区,岗位,技能（职业）,等级,人数,工资,联系人,电话,截止日期
甲公司,高平,维修电工,电工,初级,8,5000元,王经理,0356-1,2026-12-31
甲公司,高平,保洁,家政,,2,,,,
"""


def test_demand_is_taken_in_and_stands_beside_wishes_and_classes(folder: Path) -> None:
    wishes = "姓名,身份证号,县区,培训意愿\n" + "".join(
        f"赵某,{id_number(n)},高平,{wish}\n"
        for n, wish in enumerate(("电工证、月嫂", "低压电工", "无"))
    )
    write(folder, "people.csv", wishes)
    path = str(config(folder))
    done = any_command("people", "import", "people.csv", "--config", path, cwd=folder)
    assert done[0] == 0
    code, out, _ = jcbot("demand", write(folder, "d.csv", DEMAND), cwd=folder)
    assert (code, out.splitlines()[-1]) == (0, "已导入2个岗位，换掉以前的0个。")
    assert "换掉以前的2个" in jcbot("demand", "d.csv", cwd=folder)[1]
    _, out, _ = jcbot("needs", "--json", cwd=folder)
    rows = [tuple(row.values()) for row in json.loads(out)["needs"]]
    assert rows == [
        ("高平市", "电工", 2, 8, 1, 29),
        ("高平市", "家政服务", 0, 2, 0, 0),
        ("高平市", "母婴护理", 1, 0, 0, 0),
    ]
    _, out, _ = jcbot("needs", "--county", "高平", cwd=folder)
    assert all(word in out for word in ("想学的人", "电工", "29"))
    assert "没有培训意愿" in jcbot("needs", "--county", "城区", cwd=folder)[1]
    assert jcbot("needs", "--county", "太原", cwd=folder)[0] == 2


def test_faulty_demand_waits_for_a_yes(folder: Path) -> None:
    bad = ["甲公司,高平,维修电工,电工,初级,1,,,,", "乙公司,高平,焊工,焊工,,0,,,,",
           "乙公司,高平,焊工,焊工,,2,,,,2026-11-22"]  # fmt: skip
    file = write(folder, "d.csv", DEMAND + "\n".join(bad) + "\n")
    code, out, _ = jcbot("demand", file, cwd=folder)
    assert code == 1
    assert "第4行 岗位：“维修电工”和第2行是同一家企业的同一个岗位" in out
    assert "第5行 人数：“0”太小了" in out
    assert "第6行 截止日期：“2026-11-22”已经过了" in out
    assert json.loads(jcbot("needs", "--json", cwd=folder)[1])["needs"] == [
        {"county": "高平市", "occupation": "电工", "wishes": 0, "demand": 0, "classes": 1,
         "seats": 29},
    ]  # fmt: skip
    code, out, _ = jcbot("demand", file, "--yes", cwd=folder)
    assert (code, "已导入2个岗位" in out) == (1, True)
