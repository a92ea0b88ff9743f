"""A list of classes from a file: good rows as values, faulty ones with reason and how to mend."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jcbot.clock import SHANGHAI
from jcbot.lists.faults import Fault
from jcbot.lists.listing import read_rows

if TYPE_CHECKING:
    from pathlib import Path

    from jcbot.lists.rows import Values
    from knowledge.training import TrainingBook


@dataclass(slots=True)
class ClassList:
    """What a file says: `rows` by class number, faults, and headings that nobody knows."""

    rows: dict[str, Values] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unknown: tuple[str, ...] = ()


def read_classes(path: Path, book: TrainingBook) -> ClassList:
    """Read a CSV (UTF-8, GBK) or XLSX file; `SheetError` if it is no list of classes at all."""
    unknown, rows = read_rows(path, book.columns)
    found = ClassList(unknown=unknown)
    seen: dict[str, int] = {}
    for number, values, faults in rows:
        if not faults:
            faults.extend(_across(number, values, book, seen))
        if faults:
            found.faults += faults
        else:
            found.rows[values["number"]] = values
    return found


def _across(number: int, values: Values, book: TrainingBook, seen: dict[str, int]) -> list[Fault]:
    """Fill in what follows from other cells, and fault what does not go together."""
    columns, found = book.columns.columns, []

    def fault(key: str, reason: str) -> None:
        value = str(values.get(key, ""))
        found.append(Fault(number, columns[key].names[0], value, reason, columns[key].hint))

    for key, column in columns.items():
        if column.kind in ("text", "choice"):
            values.setdefault(key, column.empty)
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
