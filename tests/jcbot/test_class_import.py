"""Lists of classes put in, over both databases: updates by number, and who is told."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import Workbook
from school import NOW, enter, limits, moment, person, tally

from jcbot.lists.faults import Fault
from jcbot.lists.sheet import SheetError
from jcbot.outbox import promised
from jcbot.training import browsing
from jcbot.training.class_list import read_classes
from jcbot.training.importing import Tally, put_in
from jcbot.training.seats import cancel_class
from knowledge.reading import KnowledgeError
from knowledge.training import FOLDER, load_training

if TYPE_CHECKING:
    from pathlib import Path

    from jcbot.storage.database import Database

BOOK = load_training()
HEAD = "班级编号,职业,等级,县区,开班日期,天数,名额,机构,联系人"
ROW = "DG-1,电工,初级,高平市,2026-12-07,5,2,甲学校,王老师"


async def import_(database: Database, folder: Path, *rows: str) -> Tally:
    path = folder / "list.csv"
    path.write_text("\n".join((HEAD, *rows)), encoding="utf-8")
    found = read_classes(path, BOOK)
    assert found.faults == []
    values = list(found.rows.values())
    return await database.run(lambda conn: put_in(conn, values, NOW, limits()))


async def test_more_seats_promote_the_line_in_order(database: Database, tmp_path: Path) -> None:
    await import_(database, tmp_path, ROW)
    for n in range(6):
        await database.run(partial(enter, who=n))
    tally_ = await import_(database, tmp_path, ROW.replace(",5,2,", ",5,5,"))
    assert (tally_.updated, tally_.promoted, tally_.told) == (1, 3, 0)
    assert await database.run(tally) == (5, [1])
    assert (await import_(database, tmp_path, ROW.replace(",5,2,", ",5,5,"))).same == 1
    assert (await import_(database, tmp_path, ROW.replace(",5,2,", ",5,1,"))).over == 4
    assert await database.run(tally) == (5, [1])


async def test_a_class_that_moves_tells_everybody_and_moves_the_reminders(
    database: Database, tmp_path: Path
) -> None:
    await import_(database, tmp_path, ROW)
    for n in range(3):
        await database.run(partial(enter, who=n))
    done = await import_(database, tmp_path, ROW.replace("12-07", "12-14"))
    assert done.told == 3
    found = [(each.kind, each.openid, each.due) for each in await database.run(promised)]
    eve = moment(dt.date(2026, 12, 13), 17)
    assert found == [
        *(("class_moved", f"o{n}", NOW) for n in range(3)),
        *(("class_reminder", f"o{n}", eve) for n in range(2)),
    ]


async def test_a_class_called_off_stays_off(database: Database, tmp_path: Path) -> None:
    await import_(database, tmp_path, ROW)
    await database.run(lambda conn: cancel_class(conn, "DG-1", NOW))
    assert (await import_(database, tmp_path, ROW.replace(",5,2,", ",5,9,"))).off == 1
    (course,) = await database.run(browsing.everything)
    assert (course.state, course.seats) == ("cancelled", 2)


async def test_bodies_answer_who_teaches_it(database: Database, tmp_path: Path) -> None:
    rows = (ROW, ROW.replace("DG-1,电工", "HG-1,焊工"), "X-1,茶艺,,城区,2020-01-06,5,9,乙学校,")
    await import_(database, tmp_path, *rows)
    found = await database.run(lambda conn: browsing.bodies(conn, "焊", "", NOW))
    assert [(each.name, each.occupations, each.open_classes) for each in found] == [
        ("甲学校", ("电工", "焊工"), 2)
    ]
    all_ = await database.run(lambda conn: browsing.bodies(conn, "", "", NOW))
    assert [each.name for each in all_] == ["甲学校", "乙学校"]
    assert await database.run(lambda conn: browsing.bodies(conn, "焊", "城区", NOW)) == []


async def test_a_class_without_seats_opens_as_full(database: Database, tmp_path: Path) -> None:
    await import_(database, tmp_path, ROW.replace(",5,2,", ",5,0,"))
    assert (await database.run(partial(enter, who=person(1)))).place == 1


def write_workbook(path: Path, rows: list[list[Any]]) -> None:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)


def test_a_workbook_is_read_like_a_text(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    rows = [["2026年培训班"], HEAD.split(","), ROW.split(","), ["B 1", *ROW.split(",")[1:]]]
    rows[2][5:7] = [5, 30]
    write_workbook(path, rows)
    found = read_classes(path, BOOK)
    assert found.rows["DG-1"]["seats"] == 30
    assert [fault.row for fault in found.faults] == [4]


@pytest.mark.parametrize(("number", "said"), [("１２", 12), ("12.0", 12), ("12人", 12)])
def test_numbers_as_people_write_them(tmp_path: Path, number: str, said: int) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"{HEAD}\n{ROW.replace(',5,2,', f',5,{number},')}", encoding="gb18030")
    assert read_classes(path, BOOK).rows["DG-1"]["seats"] == said


def test_a_fault_does_not_repeat_a_number_of_a_person(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"{HEAD}\n{ROW.replace(',5,2,', ',5,990101199001011234,')}", encoding="utf-8")
    (fault,) = read_classes(path, BOOK).faults
    assert fault == Fault(2, "名额", "〔证件号〕", "不是一个整数", fault.mend)


def test_what_is_no_list_says_so(tmp_path: Path) -> None:
    path = tmp_path / "list.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100))
    with pytest.raises(SheetError, match="另存为"):
        read_classes(path, BOOK)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("most = 3", "most = 0", "yearly.most：不能小于1"),
        ("hour = 17", "hour = 24", "reminder.hour：只能是0到23"),
        ('kinds = ["startup"]', 'kinds = ["start"]', "没有start这样的培训类型"),
        ("youngest", "yungest", "age.youngest：缺少这一项"),
        ('"电工" = ["维修', '"电工" = ["电焊", "维修', "焊工：“电焊”已经写在“电工”下面"),
        ('words_as = "level"', 'words_as = "levels"', "words_as：没有“levels”这一列"),
        ('default = "普惠制"', 'default = "普惠班"', "default：要是这一列的一种写法"),
        ("months = 12", "months = 12\nmonth = 1", "repetition.month：没有这样的项"),
    ],
)
def test_a_slip_in_the_limits_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    for path in FOLDER.glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        (tmp_path / path.name).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(KnowledgeError, match=said):
        load_training(tmp_path)
