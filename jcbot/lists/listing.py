"""A whole list of training: its rows in order, read by the columns of its heading."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from jcbot.lists.cells import read_cell, shown
from jcbot.lists.heading import find_layout
from jcbot.lists.rows import RowReader
from jcbot.lists.sheet import look_through, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jcbot.lists.faults import Fault
    from jcbot.lists.rows import Values
    from knowledge.columns import Columns

Read = tuple[int, "Values", list["Fault"]]


def read_rows(path: Path, columns: Columns) -> tuple[tuple[str, ...], Iterator[Read]]:
    """Return the headings nobody knows, and each row that is not blank: number, values, faults.

    CSV (UTF-8, GBK, …) or XLSX; `SheetError` if it is no list of this kind at all.
    """
    rows = rows_of(look_through(path))
    layout = find_layout(rows, columns)
    readers = [(place, each.key, each, partial(read_cell, each)) for place, each in layout.columns]
    reader = RowReader(readers, layout.width, shown)
    return layout.unknown, (
        (number, *reader.read(number, cells))
        for number, cells in rows
        if any(cell.strip() for cell in cells)
    )
