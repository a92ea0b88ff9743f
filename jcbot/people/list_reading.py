"""Reading a whole list in order: good people in chunks, faults to the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jcbot.lists.heading import find_layout
from jcbot.lists.sheet import Sheet, SheetError, rows_of
from jcbot.people.checking import Checker
from jcbot.people.report import KEPT, FaultFile, Report
from jcbot.storage.people_tables import ROW_BITS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator
    from pathlib import Path

    from jcbot.lists.faults import Fault
    from jcbot.lists.rows import Values
    from knowledge.registry import ListColumns

Person = tuple[int, "Values"]


class ListReading:
    """One pass over a list; `report` grows while `chunks` is read, `row` is the last row seen."""

    def __init__(self, sheet: Sheet, columns: ListColumns, today: dt.date, faults: Path) -> None:
        """Read the heading; `SheetError` if the columns are not what they must be."""
        self._rows = rows_of(sheet)
        layout = find_layout(self._rows, columns)
        self._checker = Checker(layout, today)
        self._faults = FaultFile(faults)
        self.report = Report(unused=layout.unknown)
        self.row = layout.row

    def chunks(self, size: int) -> Iterator[list[Person]]:
        """Yield the good people with their row numbers, `size` at a time."""
        chunk: list[Person] = []
        for row, values, faults in self._checker.check(self._rows):
            self.row = row
            if row >> ROW_BITS:
                raise SheetError("文件的行数太多了，请分成几个县区的文件核对。")
            if values is None:
                self._note(faults)
                continue
            self.report.good += 1
            chunk.append((row, values))
            if len(chunk) >= size:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def close(self) -> Report:
        """Finish the list of faults; return the report."""
        self.report.file = self._faults.close()
        return self.report

    def _note(self, faults: list[Fault]) -> None:
        self.report.faulty += 1
        self.report.faults += faults[: KEPT - len(self.report.faults)]
        self._faults.add(faults)
