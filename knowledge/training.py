"""What holds for free training (免费培训): who may come how often, and the columns of a list."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.reading import ROOT, Table, read_toml

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / "training"
KINDS = {"code", "text", "choice", "number", "day"}
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

    Ages in years, inclusive; deadline and reminder in days before the first day.
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
    groups: tuple[GroupLimit, ...]


@dataclass(frozen=True, slots=True)
class ClassColumn:
    """A column of a list of classes; `words` maps a way of writing (see `plain`) to its code."""

    key: str
    names: tuple[str, ...]
    kind: str
    hint: str
    need: bool
    default: str
    least: int
    most: int
    words: dict[str, str]
    shown: dict[str, str]


@dataclass(frozen=True, slots=True)
class ClassColumns:
    """All columns by key, and each heading (see `plain`) with the key it stands for."""

    columns: dict[str, ClassColumn]
    headings: dict[str, str]

    def say(self, key: str, code: str) -> str:
        """Return a code of a choice as people call it; "" stays ""."""
        return self.columns[key].shown.get(code, code)


@dataclass(frozen=True, slots=True)
class TrainingBook:
    """Limits and columns together."""

    limits: Limits
    columns: ClassColumns


def plain(text: str) -> str:
    """Take blanks and widths out, for comparing what people write in cells."""
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()


def load_training(folder: Path = FOLDER) -> TrainingBook:
    """Read both files; a fault is a `KnowledgeError`."""
    columns = _columns(read_toml(folder / "columns.toml"))
    kinds = set(columns.columns["kind"].shown)
    return TrainingBook(_limits(read_toml(folder / "limits.toml"), kinds), columns)


def _limits(table: Table, kinds: set[str]) -> Limits:
    names = ("yearly", "repetition", "age", "overlap", "deadline", "reminder")
    yearly, repetition, age, overlap, deadline, reminder = parts = [table.table(n) for n in names]
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


def _columns(table: Table) -> ClassColumns:
    parts = table.table("column")
    columns = {key: _column(parts.table(key), key) for key in parts.keys()}  # noqa: SIM118 - a Table
    headings: dict[str, str] = {}
    for key, column in columns.items():
        for name in column.names:
            if headings.setdefault(plain(name), key) != key:
                raise parts.error(f"{key}.names", f"“{name}”已经是另一列的名称")
    table.done()
    return ClassColumns(columns, headings)


def _column(table: Table, key: str) -> ClassColumn:
    kind = table.text("kind")
    names = tuple(table.texts("names"))
    if kind not in KINDS or not names:
        raise table.error("kind", f"只能是 {'、'.join(sorted(KINDS))}，而且至少要有一个名称")
    part = table.table("words")
    spelt = {code: part.texts(code) for code in part.keys()}  # noqa: SIM118 - a Table
    if (kind == "choice") != bool(spelt):
        raise table.error("words", "choice 这一类必须写，别的不能写")
    column = ClassColumn(
        key=key, names=names, kind=kind, hint=table.text("hint"),
        need=table.get("need", bool, default=False), default=table.text("default", ""),
        least=table.get("least", int, 0), most=table.get("most", int, 0),
        words={plain(word): code for code, words in spelt.items() for word in words},
        shown={code: words[0] for code, words in spelt.items()},
    )  # fmt: skip
    table.done()
    return column
