"""Entering a list of results: looked at as a whole first, then entered in short pieces."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jcbot.training.outcomes import enter, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from jcbot.lists.faults import Fault
    from jcbot.training.outcomes import Judged, Setting
    from jcbot.training.result_list import Entry
    from knowledge.columns import Columns

TOGETHER = 100
"""How many results are one unit of work, so that nobody else has to wait for long."""


@dataclass(slots=True)
class ResultTally:
    """What a list does or did: rows that change something and that do not, faults, doubts."""

    changed: int = 0
    same: int = 0
    faults: list[Fault] = field(default_factory=list)
    doubts: list[Fault] = field(default_factory=list)

    def note(self, entry: Entry, judged: Judged, columns: Columns) -> None:
        """Count one row."""
        self.faults += [entry.fault(slip, columns) for slip in judged.slips]
        self.doubts += [entry.fault(slip, columns) for slip in judged.doubts]
        if not judged.slips:
            self.changed += bool(judged.changes)
            self.same += not judged.changes

    def add(self, other: ResultTally) -> None:
        """Add another one's."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def look(
    conn: Connection, setting: Setting, entries: Sequence[Entry], columns: Columns
) -> ResultTally:
    """Tell what entering these rows would do; nothing is written."""
    tally = ResultTally()
    for entry in entries:
        tally.note(entry, judge(conn, setting, entry.result), columns)
    return tally


def put_in(
    conn: Connection, setting: Setting, entries: Sequence[Entry], columns: Columns
) -> ResultTally:
    """Enter these rows, at most `TOGETHER`; those that do not go (any more) are faults."""
    tally = ResultTally()
    for entry in sorted(entries, key=lambda each: each.result.number):
        tally.note(entry, enter(conn, setting, entry.result), columns)
    return tally
