"""The live registry as the table of facts that the rules run over as SQL.

    table = registry_facts(book, on)
    columns = line_columns(policies, table, on)
    select(table.c.county, columns["…"].verdict, func.count()).group_by(…)

Facts the registry does not know are NULL, as in jcbot/eligibility/columns.py; `county` stands
beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from jcbot.eligibility.columns import HIGH, LOW, PERSON, column, facts_table
from jcbot.people.generations import in_live
from jcbot.storage.people_tables import people

if TYPE_CHECKING:
    import datetime as dt

    from knowledge.facts import FactBook, FactSpec

_P = people.c
COUNTY = "county"
CHOICES = {"employed": _P.employed, "household_type": _P.household_type}
NUMBERS = {
    "unemployment_insurance_months": _P.insurance_months,
    "times_this_year": _P.times_this_year,
}
FLAGS = {"is_student": _P.groups__college_student}


def registry_facts(book: FactBook, on: dt.date) -> sa.Subquery:
    """Return a row of facts for everybody in the live registry; age is that of the day `on`."""
    return (
        _table(book, _known(book, on) | {COUNTY: _P.county}).where(in_live()).subquery("registry")
    )


def stretch_facts(book: FactBook, on: dt.date) -> sa.Subquery:
    """Return the same for the people from id `first` up to `last` (without), two parameters.

    For questions about everybody: OFFSET 0 keeps the database from working out an age or a
    choice anew at every place where a rule asks for it (a third of the time, and more).
    """
    known = _known(book, on) | {COUNTY: _P.county}
    ids = (_P.id >= sa.bindparam("first"), _P.id < sa.bindparam("last"))
    cells = [cell.label(name) for name, cell in known.items()]
    once = sa.select(*cells).where(*ids).offset(0).subquery("known")
    return _table(book, dict(once.c)).subquery("registry")


def _table(book: FactBook, known: dict[str, Any]) -> sa.Select[Any]:
    """Select the table's columns, NULL where nothing is known, and the county."""
    shape = facts_table(book, sa.MetaData())
    cells = [
        known.get(cell.name, sa.cast(sa.null(), cell.type)).label(cell.name) for cell in shape.c
    ]
    return sa.select(*cells, known[COUNTY].label(COUNTY))


def age_on(on: dt.date) -> sa.ColumnElement[int]:
    """Return the age in whole years on a day."""
    # 2026-11-23 as the number 20261123: a third of the cost of taking year, month and day apart.
    number = sa.cast(sa.func.replace(sa.cast(_P.birth, sa.Text), "-", ""), sa.BigInteger)
    return (int(f"{on:%Y%m%d}") - number) // 10_000


def _known(book: FactBook, on: dt.date) -> dict[str, Any]:
    found: dict[str, Any] = {PERSON: _P.id}
    found |= {column("age", part): age_on(on) for part in (LOW, HIGH)}
    for key, cell in NUMBERS.items():
        found |= {column(key, part): sa.cast(cell, sa.BigInteger) for part in (LOW, HIGH)}
    for key, cell in CHOICES.items():
        found |= {column(key, name): cell == name for name in _names(book.specs[key])}
    for name in _names(book.specs["groups"]):
        found[column("groups", name)] = _P[column("groups", name)]
    return found | FLAGS


def _names(spec: FactSpec) -> list[str]:
    return [name for name, _ in spec.choices]
