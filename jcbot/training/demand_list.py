"""A list of what employers ask for, from a file: good rows as values, faulty ones with reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jcbot.lists.cells import shown
from jcbot.lists.faults import Fault
from jcbot.lists.listing import read_rows

if TYPE_CHECKING:
    from pathlib import Path

    from jcbot.lists.rows import Values
    from knowledge.training import TrainingBook

ONE = ("enterprise", "post", "county", "occupation", "level")
"""What may stand in a list only once."""


@dataclass(slots=True)
class DemandList:
    """What a file says: rows, faults, and headings that nobody knows."""

    rows: list[Values] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unknown: tuple[str, ...] = ()


def read_demands(path: Path, book: TrainingBook, today: dt.date) -> DemandList:
    """Read a CSV (UTF-8, GBK) or XLSX file; `SheetError` if it is no list of demand at all."""
    unknown, rows = read_rows(path, book.demands)
    found = DemandList(unknown=unknown)
    seen: dict[tuple[str, ...], int] = {}
    for number, values, faults in rows:
        if not faults:
            faults.extend(_across(number, values, book, (seen, today)))
        if faults:
            found.faults += faults
        else:
            found.rows.append(values)
    return found


def _across(
    number: int,
    values: Values,
    book: TrainingBook,
    setting: tuple[dict[tuple[str, ...], int], dt.date],
) -> list[Fault]:
    """Fill in what is left out, and fault what has passed or stands there twice."""
    (seen, today), columns = setting, book.demands.columns
    for key, column in columns.items():
        if column.kind in ("text", "choice"):
            values.setdefault(key, column.empty)
    until = values.setdefault("until", today + dt.timedelta(days=book.limits.jobs_days))
    before = seen.setdefault(tuple(values[key] for key in ONE), number)
    if until < today:
        column = columns["until"]
        return [Fault(number, column.names[0], str(until), "已经过了", column.hint)]
    if before != number:
        post = columns["post"]
        value = shown(post, values["post"])
        reason = f"和第{before}行是同一家企业的同一个岗位"
        return [Fault(number, post.names[0], value, reason, "合成一行，人数加起来")]
    return []
