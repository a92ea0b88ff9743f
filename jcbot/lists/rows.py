"""One row of a list: its cells to values, or what is wrong with each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jcbot.lists.faults import CellError, Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jcbot.lists.heading import AnyColumn

Values = dict[str, Any]


class RowReader:
    """Reads rows by the columns of one heading: `readers` are (place, key, column, reader)."""

    def __init__(
        self,
        readers: Sequence[tuple[int, str, AnyColumn, Callable[[str], Any]]],
        width: int,
        shown: Callable[[Any, str], str],
    ) -> None:
        """Take a heading's `width`, and how much of a faulty cell may be `shown`."""
        self._readers, self._width, self._shown = readers, width, shown

    def read(self, number: int, cells: list[str]) -> tuple[Values, list[Fault]]:
        """Return the values of the cells that are filled in, and the faults."""
        values: Values = {}
        faults: list[Fault] = []
        for place, key, column, read in self._readers:
            text = cells[place].strip() if place < len(cells) else ""
            if not text:
                if column.need:
                    faults.append(Fault(number, column.names[0], "", "没有填", column.hint))
                continue
            try:
                values[key] = read(text)
            except CellError as fault:
                shown = self._shown(column, text)
                faults.append(Fault(number, column.names[0], shown, fault.reason, column.hint))
        if any(cell.strip() for cell in cells[self._width :]):
            reason = "比表头多出了格子，可能错了列"
            faults.append(Fault(number, "整行", "", reason, "看看是不是某一格里多了一个逗号"))
        return values, faults
