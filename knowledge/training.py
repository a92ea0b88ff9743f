"""What holds for free training (免费培训): who may come how often; how its lists are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.columns import Columns, load_columns
from knowledge.occupations import read_names
from knowledge.reading import ROOT, Table, read_toml

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / "training"
LAST_HOUR = 23


@dataclass(frozen=True, slots=True)
class GroupLimit:
    """Classes of these `kinds` are for the `members` (codes of the fact `groups`)."""

    name: str
    kinds: frozenset[str]
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits on signing up; `…_kinds` are the kinds of class that each reaches.

    Ages in years, inclusive; deadline and reminder in days before the first day; a post without
    a last day is believed `jobs_days`, and `jobs_told` posts are told of in one message.
    """

    yearly_kinds: frozenset[str]
    yearly_most: int
    repetition_kinds: frozenset[str]
    repetition_months: int
    youngest: int
    oldest: int
    overlap_kinds: frozenset[str]
    deadline_days: int
    reminder_days: int
    reminder_hour: int
    jobs_days: int
    jobs_told: int
    groups: tuple[GroupLimit, ...]


@dataclass(frozen=True, slots=True)
class TrainingBook:
    """The limits, and the columns of the lists: classes, results, what employers ask for."""

    limits: Limits
    columns: Columns
    results: Columns
    demands: Columns


def load_training(folder: Path = FOLDER) -> TrainingBook:
    """Read all files; a fault is a `KnowledgeError`."""
    columns = load_columns(folder / "columns.toml")
    results, demands = (
        load_columns(folder / f"{name}.toml", columns.columns) for name in ("results", "demands")
    )
    read_names(folder / "occupations.toml")  # used elsewhere; a slip is told at the start
    kinds = set(columns.columns["kind"].shown)
    limits = _limits(read_toml(folder / "limits.toml"), kinds)
    return TrainingBook(limits, columns, results, demands)


def _limits(table: Table, kinds: set[str]) -> Limits:
    names = ("yearly", "repetition", "age", "overlap", "deadline", "reminder", "jobs")
    parts = [table.table(name) for name in names]
    yearly, repetition, age, overlap, deadline, reminder, jobs = parts
    limits = Limits(
        yearly_kinds=_kinds(yearly, kinds),
        yearly_most=_number(yearly, "most", 1),
        repetition_kinds=_kinds(repetition, kinds),
        repetition_months=_number(repetition, "months", 1),
        youngest=_number(age, "youngest", 1),
        oldest=_number(age, "oldest", 1),
        overlap_kinds=_kinds(overlap, kinds),
        deadline_days=_number(deadline, "days_before", 0),
        reminder_days=_number(reminder, "days_before", 0),
        reminder_hour=_number(reminder, "hour", 0),
        jobs_days=_number(jobs, "keep_days", 1),
        jobs_told=_number(jobs, "told", 1),
        groups=tuple(_group(part, kinds) for part in table.tables("groups")),
    )
    if limits.reminder_hour > LAST_HOUR:
        raise reminder.error("hour", f"只能是0到{LAST_HOUR}")
    for part in (*parts, table):
        part.done()
    return limits


def _group(table: Table, kinds: set[str]) -> GroupLimit:
    limit = GroupLimit(table.text("name"), _kinds(table, kinds), tuple(table.texts("members")))
    table.done()
    return limit


def _kinds(table: Table, known: set[str]) -> frozenset[str]:
    found = frozenset(table.texts("kinds"))
    if not found <= known:
        raise table.error("kinds", f"没有{'、'.join(sorted(found - known))}这样的培训类型")
    return found


def _number(table: Table, key: str, least: int) -> int:
    value = table.get(key, int)
    if value < least:
        raise table.error(key, f"不能小于{least}")
    return value
