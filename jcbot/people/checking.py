"""A row of a list becomes a person, or says what is wrong with it, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jcbot.lists.faults import Fault
from jcbot.lists.rows import RowReader
from jcbot.people.cells import reader_of, shown
from jcbot.people.identity import birth_of, mask_id, sex_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from jcbot.lists.heading import Layout
    from jcbot.lists.rows import Values
    from jcbot.lists.sheet import Row
    from knowledge.registry import ListColumn


class Checker:
    """Checks the rows of one list in order; remembers the ID numbers to find one given twice."""

    def __init__(self, layout: Layout[ListColumn], today: dt.date) -> None:
        """`today` is the day after which nobody can have been born."""
        readers = [(place, each.key, each, reader_of(each)) for place, each in layout.columns]
        self._reader = RowReader(readers, layout.width, shown)
        self._id = next(each for _, each in layout.columns if each.key == "id_number")
        self._rows: dict[int, int] = {}
        self._today = today

    def check(self, rows: Iterator[Row]) -> Iterator[tuple[int, Values | None, list[Fault]]]:
        """Yield row number, values (None if faulty), faults; blank rows are left out."""
        for number, cells in rows:
            if any(cell.strip() for cell in cells):
                values, faults = self._reader.read(number, cells)
                if "id_number" in values:
                    faults += self._whose(number, values)
                yield number, None if faults else values, faults

    def _whose(self, number: int, values: Values) -> Iterator[Fault]:
        """Take birth date and sex from the ID number; fault one that came before."""
        column, id_number = self._id, values["id_number"]
        values["birth"], values["sex"] = birth_of(id_number), sex_of(id_number)
        if values["birth"] > self._today:
            yield _about(number, column, id_number, "出生日期还没有到", column.hint)
        before = self._rows.setdefault(int(id_number[:17]), number)
        if before != number:
            reason = f"和第{before}行的身份证号一样"
            yield _about(number, column, id_number, reason, "一个人只留一行，删掉多余的")


def _about(number: int, column: ListColumn, text: str, reason: str, mend: str) -> Fault:
    return Fault(number, column.name, mask_id(text), reason, mend)
