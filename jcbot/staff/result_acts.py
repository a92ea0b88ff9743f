"""What staff enter after a class, and what employers ask for, each with its line in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jcbot.training import demands
from jcbot.training.errors import NoSuchClassError
from jcbot.training.reading import find
from jcbot.training.result_import import ResultTally, put_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from jcbot.lists.rows import Values
    from jcbot.staff.model import By
    from jcbot.training.outcomes import Setting
    from jcbot.training.result_list import Entry
    from knowledge.columns import Columns

RESULTS, DEMANDS = "training.results", "training.demands"


def enter_results(
    conn: Connection, by: By, setting: Setting, entries: Sequence[Entry], columns: Columns
) -> ResultTally:
    """Enter results (see `put_in`); the line says of which classes and how many, not of whom.

    `NotAllowedError` before anything is written where one class is out of reach.
    """
    numbers = sorted({entry.result.number for entry in entries})
    for number in numbers:
        _reach(conn, by, number)
    tally = put_in(conn, setting, entries, columns)
    if tally.changed:
        after = {"classes": numbers, "changed": tally.changed, "faults": len(tally.faults)}
        by.note(conn, RESULTS, "results", after=after)
    return tally


def take_demands(conn: Connection, by: By, rows: Sequence[Values]) -> int:
    """Take in what employers ask for; return how many earlier posts were replaced."""
    for county in {row["county"] for row in rows}:
        by.require(DEMANDS, county)
    replaced = demands.put_in(conn, rows, by.at)
    by.note(conn, DEMANDS, "demands", after={"posts": len(rows), "replaced": replaced})
    return replaced


def _reach(conn: Connection, by: By, number: str) -> None:
    try:
        course = find(conn, number)
    except NoSuchClassError:
        return  # a fault of the list, told with its row
    by.require(RESULTS, course.county, course.body)
