"""Which column of a list is what: finding the heading, and what is wrong with it as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from jcbot.people.sheet import LOOKED_AT, SheetError
from knowledge.registry import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jcbot.people.sheet import Row
    from knowledge.registry import ListColumn, ListColumns


@dataclass(frozen=True, slots=True)
class Layout:
    """The heading: its row, the known columns by place, the headings nobody knows."""

    row: int
    columns: tuple[tuple[int, ListColumn], ...]
    unknown: tuple[str, ...]
    width: int


def find_layout(rows: Iterator[Row], columns: ListColumns) -> Layout:
    """Read rows up to the heading; `SheetError` names every column that is missing or twice."""
    first: Row | None = None
    for number, cells in rows:
        known = [columns.headings.get(plain(cell)) for cell in cells]
        if "id_number" in known or "name" in known:
            return _layout(number, cells, known, columns)
        if any(cell.strip() for cell in cells):
            first = first or (number, cells)
        if number >= LOOKED_AT:
            break
    if first is None:
        raise SheetError("文件是空的，没有表头。")
    return _layout(*first, [None] * len(first[1]), columns)


def _layout(number: int, cells: list[str], known: list[str | None], all_: ListColumns) -> Layout:
    unknown = tuple(
        cell.strip()
        for cell, key in zip(cells, known, strict=True)
        if cell.strip() and not key and plain(cell) not in all_.left_out
    )
    faults = [
        f"“{all_.columns[key].name}”这一列出现了两次"
        for key in all_.columns
        if known.count(key) > 1
    ]
    faults += [
        f"没有“{column.name}”这一列{_perhaps(column, unknown)}"
        for key, column in all_.columns.items()
        if column.need and key not in known
    ]
    if faults:
        raise SheetError(f"表头（第{number}行）有问题：{'；'.join(faults)}。请改好表头再导入。")
    places = tuple((place, all_.columns[key]) for place, key in enumerate(known) if key)
    return Layout(number, places, unknown, len(cells))


def _perhaps(column: ListColumn, unknown: tuple[str, ...]) -> str:
    """Say which unknown heading may be meant."""
    for heading in unknown:
        if get_close_matches(heading, column.names, n=1, cutoff=0.5):
            return f"（“{heading[:20]}”是不是它？请改成“{column.name}”）"
    return ""
