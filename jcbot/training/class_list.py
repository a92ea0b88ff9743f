"""A list of classes from a file: good rows as values, faulty ones with reason and how to mend."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jcbot.clock import SHANGHAI
from jcbot.people.sheet import SheetError, look_through, rows_of
from jcbot.training.cells import CellError, read_cell, shown
from knowledge.training import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from knowledge.training import ClassColumn, ClassColumns, TrainingBook

LOOKED_AT = 5
"""A title may stand above the heading; this many rows are looked at for it."""
LEAST_KNOWN = 2
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a row, and how to mend it; `value` is masked and short."""

    row: int
    column: str
    value: str
    reason: str
    mend: str

    def sentence(self) -> str:
        """Say it in one line."""
        value = f"“{self.value}”" if self.value else ""
        return f"第{self.row}行 {self.column}：{value}{self.reason}。{self.mend}。"


@dataclass(slots=True)
class ClassList:
    """What a file says: `rows` by class number, faults, and headings that nobody knows."""

    rows: dict[str, Values] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unknown: tuple[str, ...] = ()


def read_classes(path: Path, book: TrainingBook) -> ClassList:
    """Read a CSV (UTF-8, GBK) or XLSX file; `SheetError` if it is no list of classes at all."""
    rows = rows_of(look_through(path))
    places, unknown = _heading(rows, book.columns)
    found = ClassList(unknown=unknown)
    seen: dict[str, int] = {}
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        values, faults = _row(number, cells, places)
        if not faults:
            faults = _across(number, values, book, seen)
        if faults:
            found.faults += faults
        else:
            found.rows[values["number"]] = values
    return found


def _heading(
    rows: Iterator[tuple[int, list[str]]], columns: ClassColumns
) -> tuple[dict[int, ClassColumn | None], tuple[str, ...]]:
    """Find the heading; return each place's column and the headings nobody knows."""
    for number, cells in rows:
        known = [columns.headings.get(plain(cell)) for cell in cells]
        if sum(key is not None for key in known) >= LEAST_KNOWN:
            _check_heading(known, columns)
            unknown = [cell.strip() for cell, key in zip(cells, known, strict=True) if not key]
            places = {at: columns.columns[key] if key else None for at, key in enumerate(known)}
            return places, tuple(filter(None, unknown))
        if number >= LOOKED_AT:
            break
    need = "、".join(each.names[0] for each in columns.columns.values() if each.need)
    raise SheetError(f"没有找到表头。第一行要写列名，至少要有：{need}。")


def _check_heading(known: list[str | None], columns: ClassColumns) -> None:
    faults = [
        f"“{column.names[0]}”这一列出现了两次"
        for key, column in columns.columns.items()
        if known.count(key) > 1
    ]
    faults += [
        f"没有“{column.names[0]}”这一列"
        for key, column in columns.columns.items()
        if column.need and key not in known
    ]
    if faults:
        raise SheetError(f"表头有问题：{'；'.join(faults)}。请改好表头再导入。")


def _row(
    number: int, cells: list[str], places: dict[int, ClassColumn | None]
) -> tuple[Values, list[Fault]]:
    values: Values = {}
    faults: list[Fault] = []
    for at, column in places.items():
        text = (cells[at].strip() if at < len(cells) else "") or (column.default if column else "")
        if column is None or (not text and not column.need):
            continue
        try:
            if not text:
                raise CellError("没有填")  # noqa: TRY301 - a fault like the others
            values[column.key] = read_cell(column, text)
        except CellError as fault:
            faults.append(Fault(number, column.names[0], shown(text), str(fault), column.hint))
    if any(cell.strip() for cell in cells[len(places) :]):
        mend = "看看是不是某一格里多了一个逗号"
        faults.append(Fault(number, "整行", "", "比表头多出了格子，可能错了列", mend))
    return values, faults


def _across(number: int, values: Values, book: TrainingBook, seen: dict[str, int]) -> list[Fault]:
    """Fill in what follows from other cells, and fault what does not go together."""
    columns, found = book.columns.columns, []

    def fault(key: str, reason: str) -> None:
        value = str(values.get(key, ""))
        found.append(Fault(number, columns[key].names[0], value, reason, columns[key].hint))

    for key, column in columns.items():
        if column.kind in ("text", "choice"):
            values.setdefault(
                key, "" if not column.default else column.words[plain(column.default)]
            )
    first, days = values["first_day"], values["days"]
    last = values.setdefault("last_day", first + dt.timedelta(days=days - 1))
    if last < first:
        fault("last_day", "比开班日期还早")
    elif (last - first).days + 1 < days:
        fault("days", "比开班到结束的日子还多")
    until = values.get("deadline") or first - dt.timedelta(days=book.limits.deadline_days)
    if until > first:
        fault("deadline", "比开班日期还晚")
    before = seen.setdefault(values["number"], number)
    if before != number:
        fault("number", f"和第{before}行的编号一样")
    midnight = dt.datetime.combine(until + dt.timedelta(days=1), dt.time(), SHANGHAI)
    values["deadline"] = int(midnight.timestamp())
    return found
