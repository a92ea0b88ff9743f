"""Which column of a list is what: finding the heading, and what is wrong with it as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from jcbot.lists.sheet import LOOKED_AT, SheetError
from knowledge.columns import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jcbot.lists.sheet import Row


class AnyColumn(Protocol):
    """What a column of any kind of list says of its heading; the first of `names` is ours."""

    @property
    def names(self) -> tuple[str, ...]: ...  # noqa: D102 - see above
    @property
    def need(self) -> bool: ...  # noqa: D102 - as above
    @property
    def hint(self) -> str: ...  # noqa: D102 - as above


C = TypeVar("C", bound=AnyColumn)
C_co = TypeVar("C_co", bound=AnyColumn, covariant=True)


class AnyColumns(Protocol[C_co]):
    """All columns of a kind of list by key, each plain heading → key, headings left out."""

    @property
    def columns(self) -> Mapping[str, C_co]: ...  # noqa: D102 - see above
    @property
    def headings(self) -> Mapping[str, str]: ...  # noqa: D102 - as above
    @property
    def left_out(self) -> tuple[str, ...]: ...  # noqa: D102 - as above


@dataclass(frozen=True, slots=True)
class Layout(Generic[C]):
    """The heading: its row, the known columns by place, the headings nobody knows."""

    row: int
    columns: tuple[tuple[int, C], ...]
    unknown: tuple[str, ...]
    width: int


def find_layout(rows: Iterator[Row], columns: AnyColumns[C]) -> Layout[C]:
    """Read rows up to the heading; `SheetError` names every column that is missing or twice.

    A row is the heading if it has a column that the list must have; a title may stand above.
    """
    first: Row | None = None
    for number, cells in rows:
        known = [columns.headings.get(plain(cell)) for cell in cells]
        if any(key and columns.columns[key].need for key in known):
            return _layout(number, cells, known, columns)
        if any(cell.strip() for cell in cells):
            first = first or (number, cells)
        if number >= LOOKED_AT:
            break
    if first is None:
        raise SheetError("文件是空的，没有找到表头。")
    return _layout(*first, [None] * len(first[1]), columns)


def _layout(
    number: int, cells: list[str], known: list[str | None], all_: AnyColumns[C]
) -> Layout[C]:
    unknown = tuple(
        cell.strip()
        for cell, key in zip(cells, known, strict=True)
        if cell.strip() and not key and plain(cell) not in all_.left_out
    )
    faults = [
        f"“{column.names[0]}”这一列出现了两次"
        for key, column in all_.columns.items()
        if known.count(key) > 1
    ]
    faults += [
        f"没有“{column.names[0]}”这一列{_perhaps(column, unknown)}"
        for key, column in all_.columns.items()
        if column.need and key not in known
    ]
    if faults:
        raise SheetError(f"表头（第{number}行）有问题：{'；'.join(faults)}。请改好表头再导入。")
    places = tuple((place, all_.columns[key]) for place, key in enumerate(known) if key)
    return Layout(number, places, unknown, len(cells))


def _perhaps(column: AnyColumn, unknown: tuple[str, ...]) -> str:
    """Say which unknown heading may be meant."""
    for heading in unknown:
        if get_close_matches(heading, column.names, n=1, cutoff=0.5):
            return f"（“{heading[:20]}”是不是它？请改成“{column.names[0]}”）"
    return ""
