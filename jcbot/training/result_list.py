"""A list of results from a file: good rows as results, faulty ones with reason and how to mend."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jcbot.lists.faults import Fault
from jcbot.lists.listing import read_rows
from jcbot.people.identity import mask_id, mask_paper
from jcbot.training.checks import Result

if TYPE_CHECKING:
    from pathlib import Path

    from jcbot.lists.rows import Values
    from jcbot.training.checks import Slip
    from jcbot.training.keys import TrainingKeys
    from knowledge.columns import Columns


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a list; `shown` are its cells as they may be repeated, by column."""

    row: int
    result: Result
    shown: dict[str, str]

    def fault(self, slip: Slip, columns: Columns) -> Fault:
        """Say what is wrong with it."""
        column = columns.columns[slip.column]
        shown = self.shown.get(slip.column, "")
        return Fault(self.row, column.names[0], shown, slip.reason, slip.mend or column.hint)


@dataclass(slots=True)
class ResultList:
    """What a file says: entries, faults, and headings that nobody knows."""

    entries: list[Entry] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unknown: tuple[str, ...] = ()


class _Twice:
    """Remembers the rows of one list to find what may stand there only once."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns.columns
        self._people: dict[tuple[str, str], int] = {}
        self._papers: dict[str, tuple[int, str]] = {}

    def faults(self, row: int, values: Values) -> list[Fault]:
        found = []
        person, paper = values["person"], values.get("certificate")
        before = self._people.setdefault((values["number"], person), row)
        if before != row:
            reason, mend = f"和第{before}行是同一个班的同一个人", "一个人在一个班只留一行"
            name = self._columns["person"].names[0]
            found.append(Fault(row, name, mask_id(person), reason, mend))
        first, whose = self._papers.setdefault(paper, (row, person)) if paper else (row, person)
        if paper and whose != person:
            column = self._columns["certificate"]
            reason = f"和第{first}行别人的证书编号一样"
            found.append(Fault(row, column.names[0], mask_paper(paper), reason, column.hint))
        return found


def read_results(path: Path, columns: Columns, keys: TrainingKeys) -> ResultList:
    """Read a CSV (UTF-8, GBK) or XLSX file; `SheetError` if it is no list of results at all."""
    unknown, rows = read_rows(path, columns)
    found, twice = ResultList(unknown=unknown), _Twice(columns)
    for number, values, faults in rows:
        if not faults:
            faults.extend(twice.faults(number, values))
        if faults:
            found.faults += faults
        else:
            found.entries.append(_entry(number, values, columns, keys))
    return found


def _entry(row: int, values: Values, columns: Columns, keys: TrainingKeys) -> Entry:
    shown = {key: _shown(columns, key, value) for key, value in values.items()}
    return Entry(row, Result(**values | {"person": keys.person(values["person"])}), shown)


def _shown(columns: Columns, key: str, value: object) -> str:
    match columns.columns[key].kind:
        case "id":
            return mask_id(str(value))
        case "paper":
            return mask_paper(str(value))
        case "choice":
            return columns.say(key, str(value))
        case _:
            return str(value)
