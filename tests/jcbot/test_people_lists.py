"""Reading lists: every encoding, every damaged cell; right or refused with its row number."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from lists import COLUMNS, as_csv, day, id_number, number, people, text, write_list, write_xlsx

from jcbot.errors import JcbotError
from jcbot.lists import workbook
from jcbot.lists.sheet import look_through
from jcbot.people.list_reading import ListReading

if TYPE_CHECKING:
    from pathlib import Path

    from jcbot.people.report import Report

TODAY = dt.date(2026, 11, 23)
ENCODINGS = ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]


def read(path: Path) -> tuple[list[dict[str, Any]], Report]:
    reading = ListReading(look_through(path), COLUMNS, TODAY, path.with_suffix(".faults.csv"))
    found = [values for chunk in reading.chunks(3) for _, values in chunk]
    return found, reading.close()


def read_cells(path: Path, **cells: str) -> tuple[list[dict[str, Any]], Report]:
    """Read one person with these cells besides name and number."""
    row = {"姓名": "张三", "身份证号": id_number(0)} | cells
    return read(write_list(path / "a.csv", [row]))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_reads_the_same(tmp_path: Path, encoding: str) -> None:
    rows = [row for row in people(9) if encoding != "gbk" or "𠮷" not in row["姓名"]]
    found, report = read(write_list(tmp_path / "a.csv", rows, encoding))
    assert [each["name"] for each in found] == [row["姓名"] for row in rows]
    assert [each["id_number"] for each in found] == [row["身份证号"] for row in rows]
    assert {each["county"] for each in found} == {"高平市"}
    assert report.file is None


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("between", [",", "\t", ";"])
def test_line_ends_and_delimiters(tmp_path: Path, end: str, between: str) -> None:
    lines = as_csv(people(3)).replace(",", between).splitlines()
    (tmp_path / "a.csv").write_bytes(end.join(lines).encode())
    assert len(read(tmp_path / "a.csv")[0]) == 3


def test_a_cell_over_several_lines_is_one_row_and_a_title_may_stand_above(tmp_path: Path) -> None:
    rows = people(3)
    rows[0]["备注"] = '第一行\n第二行，"引号"'
    rows[2]["身份证号"] = "1.40522E+17"
    (tmp_path / "a.csv").write_text("晋城市劳动力名册,,\n\n" + as_csv(rows), encoding="utf-8")
    found, report = read(tmp_path / "a.csv")
    assert found[0]["note"] == rows[0]["备注"]
    assert [fault.row for fault in report.faults] == [6]


def test_every_column_of_the_contract_is_known(tmp_path: Path) -> None:
    found, report = read_cells(
        tmp_path, 手机号="139 0000 0001", 县区="泽州", 乡镇="巴公镇", 劳动力类别="农村劳动力",
        重点群体="退役军人、农民工", 户籍类型="农村", 文化程度="初中", 就业状态="灵活就业",
        失业保险月数="14个月", 技能="电工", 持有证书="电工证", 培训意愿="学焊工", 就业意愿="本地",
        今年已免费培训次数="1", 建档状态="已建档", 建档日期="2026年11月3日",
    )  # fmt: skip
    assert (report.faults, report.unused) == ([], ())
    person = found[0]
    assert person["groups"] == {"veteran": True, "rural_transfer": True}
    assert (person["employed"], person["household_type"]) == ("flexible", "rural")
    assert (person["insurance_months"], person["times_this_year"]) == (14, 1)
    assert person["card_date"] == dt.date(2026, 11, 3)
    assert (person["birth"], person["sex"]) == (dt.date(1980, 1, 15), "male")


def test_an_empty_group_is_unknown_and_none_is_none(tmp_path: Path) -> None:
    assert "groups" not in read_cells(tmp_path, 重点群体="")[0][0]
    none = read_cells(tmp_path, 重点群体="无")[0][0]["groups"]
    assert set(none.values()) == {False}
    assert len(none) == 12
    assert "college_student" not in none


@pytest.mark.parametrize(
    "written", ["2026-11-23", "2026/11/23", "2026年11月23日", "2026.11.23", "20261123",
                "2026-11-23 00:00:00", "２０２６-11-23"],
)  # fmt: skip
def test_dates(tmp_path: Path, written: str) -> None:
    assert read_cells(tmp_path, 建档日期=written)[0][0]["card_date"] == TODAY


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"身份证号": "1.40522E+17"}, "身份证号", "Excel"),
        ({"身份证号": "990000800115001"}, "身份证号", "15位"),
        ({"身份证号": ""}, "身份证号", "没有填"),
        ({"身份证号": id_number(0, "20261124")}, "身份证号", "还没有到"),
        ({"姓名": " "}, "姓名", "没有填"),
        ({"姓名": "张?"}, "姓名", "问号"),
        ({"姓名": "990000198001150013"}, "姓名", "数字"),
        ({"手机号": "1.39E+10"}, "手机号", "手机号"),
        ({"县区": "火星"}, "县区", "没有这种写法"),
        ({"重点群体": "退役军人、火星人"}, "重点群体", "认不得"),
        ({"就业状态": "还行"}, "就业状态", "没有这种写法"),
        ({"失业保险月数": "一年多"}, "失业保险月数", "整数"),
        ({"失业保险月数": "9999"}, "失业保险月数", "最多720"),
        ({"建档日期": "2026-02-30"}, "建档日期", "日期"),
        ({"建档日期": "46000"}, "建档日期", "日期"),
        ({"技能": "电" * 201}, "技能", "200"),
    ],
)
def test_a_faulty_cell_is_named(
    tmp_path: Path, cells: dict[str, str], column: str, reason: str
) -> None:
    found, report = read_cells(tmp_path, **cells)
    assert found == []
    fault = report.faults[0]
    assert (report.faulty, fault.row, fault.column) == (1, 2, column)
    assert reason in fault.reason
    assert fault.mend
    assert report.file
    told = report.file.read_text(encoding="utf-8-sig")
    assert id_number(0) not in told
    assert reason in told
    assert report.file.stat().st_mode & 0o077 == 0


def test_a_number_given_twice_is_told_with_the_first_row(tmp_path: Path) -> None:
    rows = people(5)
    rows[4]["身份证号"] = rows[1]["身份证号"].lower()
    found, report = read(write_list(tmp_path / "a.csv", rows))
    assert len(found) == 4
    assert "第3行" in report.faults[0].reason
    assert report.faults[0].row == 6


def test_a_row_that_is_too_long_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"姓名,身份证号\n张三,{id_number(0)},多了\n", encoding="utf-8")
    assert "错了列" in read(tmp_path / "a.csv")[1].faults[0].reason


def test_a_formula_stays_a_text_in_the_list_of_faults(tmp_path: Path) -> None:
    report = read_cells(tmp_path, 县区="=HYPERLINK(1)")[1]
    assert report.file
    assert ",'=HYPERLINK" in report.file.read_text(encoding="utf-8-sig")


def test_plain_columns_keep_no_long_numbers(tmp_path: Path) -> None:
    person = read_cells(tmp_path, 技能="电工，电话13900000001", 备注="电话13900000001")[0][0]
    assert "13900000001" not in person["skills"]
    assert "13900000001" in person["note"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "空的"),
        ("姓名,身份证号码号\n张三,1\n".encode(), "“身份证号码号”是不是它"),
        ("名,号\n张三,1\n".encode(), "没有“姓名”"),
        ("姓名,身份证号,身份证\n".encode(), "出现了两次"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), ".xls"),
        ("姓名,身份证号\n".encode() + b"\n\xff\xfd", "第3行附近"),
        ("姓名,身份证号\n张三,1\n".encode("gbk") + b"\xff\xfd", "第3行附近"),
        (b"PK\x03\x04 no workbook", "打不开"),
    ],
)
def test_what_is_wrong_with_the_whole_is_one_sentence(
    tmp_path: Path, content: bytes, told: str
) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(JcbotError, match=told):
        read(tmp_path / "a.csv")


def test_an_open_quote_is_told_with_its_row(tmp_path: Path) -> None:
    rows = as_csv(people(2000)).replace(",口信1\r", ',"口信1\r')
    (tmp_path / "a.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(JcbotError, match="第3行"):
        read(tmp_path / "a.csv")


def test_a_serial_number_is_left_out_without_a_word(tmp_path: Path) -> None:
    found, report = read_cells(tmp_path, 序号="1", 性别="男")
    assert (len(found), report.unused) == (1, ())


def test_headings_nobody_knows_are_told(tmp_path: Path) -> None:
    assert read_cells(tmp_path, 爱好="钓鱼")[1].unused == ("爱好",)


def test_a_workbook_with_real_dates_and_damaged_numbers(tmp_path: Path) -> None:
    heading = [text(name) for name in ("姓名", "身份证号", "手机号", "建档日期", "失业保险月数")]
    rows = [
        heading,
        [text("张三"), text(id_number(0)), number("13900000001"), day(46349), number("14")],
        [text("李四"), number("9.9000019800115E+17"), text(""), day(46349), text("3")],
        [text("王五"), number("990000198001150013"), text(""), day(46349), text("3")],
    ]
    found, report = read(write_xlsx(tmp_path / "a.xlsx", rows))
    assert [each["name"] for each in found] == ["张三"]
    assert (found[0]["phone"], found[0]["insurance_months"]) == ("13900000001", 14)
    assert found[0]["card_date"] == dt.date(2026, 11, 23)
    assert [(each.row, "Excel" in each.reason) for each in report.faults] == [(3, True), (4, True)]


@pytest.mark.parametrize("bound", ["MOST_ROWS", "MOST_BYTES"])
def test_too_large_a_workbook_is_refused_with_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    rows = [[text("姓名"), text("身份证号")], [text("张三"), text(id_number(0))]]
    monkeypatch.setattr(workbook, bound, 1)
    with pytest.raises(JcbotError, match="CSV UTF-8"):
        read(write_xlsx(tmp_path / "a.xlsx", rows))


def test_a_workbook_that_begins_further_down_keeps_its_row_numbers(tmp_path: Path) -> None:
    rows = [[], [], [text("姓名"), text("身份证号")], [text("张三"), text("1.4E+17")]]
    report = read(write_xlsx(tmp_path / "a.xlsx", rows))[1]
    assert report.faults[0].row == 4
