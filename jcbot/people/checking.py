"""A row of a list becomes a person, or says what is wrong with it, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jcbot.people.cells import CellError, reader_of, shown
from jcbot.people.identity import birth_of, mask_id, sex_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from jcbot.people.layout import Layout
    from jcbot.people.sheet import Row
    from knowledge.registry import ListColumn

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell; `value` is masked."""

    row: int
    column: str
    value: str
    reason: str
    mend: str


class Checker:
    """Checks the rows of one list in order; remembers the ID numbers to find one given twice."""

    def __init__(self, layout: Layout, today: dt.date) -> None:
        """`today` is the day after which nobody can have been born."""
        self._width = layout.width
        self._cells = [(place, column, reader_of(column)) for place, column in layout.columns]
        self._rows: dict[int, int] = {}
        self._today = today

    def check(self, rows: Iterator[Row]) -> Iterator[tuple[int, Values | None, list[Fault]]]:
        """Yield row number, values (None if faulty), faults; blank rows are left out."""
        for number, cells in rows:
            if any(cell.strip() for cell in cells):
                values, faults = self._row(number, cells)
                yield number, None if faults else values, faults

    def _row(self, number: int, cells: list[str]) -> tuple[Values, list[Fault]]:
        values: Values = {}
        faults: list[Fault] = []
        for place, column, read in self._cells:
            text = cells[place].strip() if place < len(cells) else ""
            if not text:
                if column.need:
                    faults.append(Fault(number, column.name, "", "没有填", column.hint))
                continue
            try:
                values[column.key] = read(text)
            except CellError as fault:
                faults.append(
                    Fault(number, column.name, shown(column, text), fault.reason, column.hint)
                )
        if any(cell.strip() for cell in cells[self._width :]):
            reason = "比表头多出了格子，可能错了列"
            faults.append(Fault(number, "整行", "", reason, "看看是不是某一格里多了一个逗号"))
        if "id_number" in values:
            faults += self._whose(number, values)
        return values, faults

    def _whose(self, number: int, values: Values) -> Iterator[Fault]:
        """Take birth date and sex from the ID number; fault one that came before."""
        column = next(column for _, column, _ in self._cells if column.key == "id_number")
        id_number = values["id_number"]
        values["birth"], values["sex"] = birth_of(id_number), sex_of(id_number)
        if values["birth"] > self._today:
            yield _about(number, column, id_number, "出生日期还没有到", column.hint)
        before = self._rows.setdefault(int(id_number[:17]), number)
        if before != number:
            reason = f"和第{before}行的身份证号一样"
            yield _about(number, column, id_number, reason, "一个人只留一行，删掉多余的")


def _about(number: int, column: ListColumn, text: str, reason: str, mend: str) -> Fault:
    return Fault(number, column.name, mask_id(text), reason, mend)
