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
CHOICES = {"employed": _P.employed, "household_type": _P.household_type}
NUMBERS = {
    "unemployment_insurance_months": _P.insurance_months,
    "times_this_year": _P.times_this_year,
}
FLAGS = {"is_student": _P.groups__college_student}


def registry_facts(book: FactBook, on: dt.date) -> sa.Subquery:
    """Return a row of facts for everybody in the live registry; age is that of the day `on`."""
    known = {PERSON: _P.id} | _known(book, on)
    shape = facts_table(book, sa.MetaData())
    cells = [
        known.get(cell.name, sa.cast(sa.null(), cell.type)).label(cell.name) for cell in shape.c
    ]
    live = sa.select(*cells, _P.county.label("county")).where(in_live())
    return live.subquery("registry")


def age_on(on: dt.date) -> sa.ColumnElement[int]:
    """Return the age in whole years on a day."""
    # 2026-11-23 as the number 20261123: a third of the cost of taking year, month and day apart.
    number = sa.cast(sa.func.replace(sa.cast(_P.birth, sa.Text), "-", ""), sa.BigInteger)
    return (int(f"{on:%Y%m%d}") - number) // 10_000


def _known(book: FactBook, on: dt.date) -> dict[str, Any]:
    found: dict[str, Any] = {column("age", part): age_on(on) for part in (LOW, HIGH)}
    for key, cell in NUMBERS.items():
        found |= {column(key, part): sa.cast(cell, sa.BigInteger) for part in (LOW, HIGH)}
    for key, cell in CHOICES.items():
        found |= {column(key, name): cell == name for name in _names(book.specs[key])}
    for name in _names(book.specs["groups"]):
        found[column("groups", name)] = _P[column("groups", name)]
    return found | FLAGS


def _names(spec: FactSpec) -> list[str]:
    return [name for name, _ in spec.choices]
