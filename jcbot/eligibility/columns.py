"""The table of facts: which columns a fact has, and how one person's facts become a row.

number → KEY__min, KEY__max (max NULL: no upper end; both NULL: unknown); choice → one nullable
boolean a choice (so that "anything but …" has a place); flag, place → a nullable boolean;
set → one nullable boolean a group; date → KEY__min, KEY__max. Lists of stretches are kept as
their sum and longest, which are facts of their own.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from knowledge.fact_values import LATEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.facts import FactBook, Facts, FactSpec

PERSON = "person"
LOW, HIGH = "min", "max"
ENDLESS = (math.inf, LATEST)


def facts_table(book: FactBook, metadata: sa.MetaData, name: str = "person_facts") -> sa.Table:
    """Make the table: `person` is its key, every fact column is nullable."""
    columns = [sa.Column(PERSON, sa.BigInteger, primary_key=True, autoincrement=False)]
    for spec in book.specs.values():
        columns += _columns(spec)
    return sa.Table(name, metadata, *columns)


def facts_row(book: FactBook, person: int, facts: Facts) -> dict[str, Any]:
    """Return the row of one person; every column is named, unknown ones are None."""
    row: dict[str, Any] = {PERSON: person}
    for spec in book.specs.values():
        row |= dict(_cells(spec, facts.values.get(spec.key)))
    return row


def column(key: str, part: str = "") -> str:
    """Return the name of a fact's column."""
    return f"{key}__{part}" if part else key


def _columns(spec: FactSpec) -> list[sa.Column[Any]]:
    match spec.kind:
        case "number":
            kind: type[sa.types.TypeEngine[Any]] = sa.Float if spec.fraction else sa.BigInteger
            return [sa.Column(column(spec.key, part), kind) for part in (LOW, HIGH)]
        case "date":
            return [sa.Column(column(spec.key, part), sa.Date) for part in (LOW, HIGH)]
        case "flag" | "place":
            return [sa.Column(spec.key, sa.Boolean)]
        case "choice" | "set" | "list_of_words":
            return [sa.Column(column(spec.key, name), sa.Boolean) for name, _ in spec.choices]
    return []


def _cells(spec: FactSpec, known: Any) -> Iterator[tuple[str, Any]]:
    match spec.kind:
        case "number" | "date":
            low, high = known or (None, None)
            yield column(spec.key, LOW), low
            yield column(spec.key, HIGH), None if high in ENDLESS else high
        case "flag" | "place":
            yield spec.key, known
        case "choice":
            for name, _ in spec.choices:
                yield column(spec.key, name), _is(name, known)
        case "set" | "list_of_words":
            has, no = known or ((), ())
            for name, _ in spec.choices:
                yield column(spec.key, name), True if name in has else False if name in no else None


def _is(name: str, possible: frozenset[str] | None) -> bool | None:
    if possible is None or (name in possible and len(possible) > 1):
        return None
    return name in possible
