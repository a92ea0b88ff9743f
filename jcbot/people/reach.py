"""How many of the registry a benefit would reach, by county: yes, no, unknown (惠及多少人).

Everybody is judged by the rules as SQL, all benefits in one look at each row. The registry is
gone through in pieces, each a unit of work of its own: SQLite has one writer, and the bot has to
go on answering meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from jcbot.eligibility import line_columns
from jcbot.people import generations
from jcbot.people.facts import COUNTY, stretch_facts
from jcbot.people.patience import insist
from jcbot.storage.people_tables import ROW_BITS, people

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from sqlalchemy import Connection

    from jcbot.storage.database import Database
    from knowledge.rules import PolicySet

PIECE = 50_000
BITS = 20
"""A piece has fewer people than this many bits count, so that one sum carries three counts."""
_ORDER = ("eligible", "not_eligible", "needs")
_MASK = (1 << BITS) - 1
_POINTS = {
    verdict: sa.literal(1 << BITS * place, sa.BigInteger) for place, verdict in enumerate(_ORDER)
}
_NOBODY = sa.literal(0, sa.BigInteger)
_LAST = sa.select(sa.func.max(people.c.id)).where(
    people.c.id >= sa.bindparam("first"), people.c.id < sa.bindparam("last")
)
Verdict = sa.ColumnElement[str | None]


@dataclass(slots=True)
class Reach:
    """People whom a benefit reaches, does not reach, of whom a fact is missing.

    `unsaid`: of whom the document leaves it open, or whom the line does not concern.
    """

    yes: int = 0
    no: int = 0
    unknown: int = 0
    unsaid: int = 0

    @property
    def people(self) -> int:
        """How many there are."""
        return self.yes + self.no + self.unknown + self.unsaid

    def add(self, total: int, packed: int) -> None:
        """Take in a piece: how many there are, and their three counts in one number."""
        yes, no, unknown = (packed >> BITS * place & _MASK for place in range(len(_ORDER)))
        self.yes, self.no, self.unknown = self.yes + yes, self.no + no, self.unknown + unknown
        self.unsaid += total - yes - no - unknown


Reaches = dict[str, dict[str | None, Reach]]


def verdicts(policies: PolicySet, table: sa.FromClause, on: dt.date) -> dict[str, Verdict]:
    """Return the verdict of each benefit and, where it has several lines, of each "benefit.line".

    A benefit is as its best line for the person: eligible, needs, unspecified, not eligible.
    """
    found: dict[str, Verdict] = {}
    lines: dict[str, list[Verdict]] = {key: [] for key in policies.versions}
    columns = line_columns(policies, table, on)
    for name, column in columns.items():
        lines[name.partition(".")[0]].append(column.verdict)
    for key, those in lines.items():
        found[key] = those[0] if len(those) == 1 else _best(those)
    several = [name for name in columns if len(lines[name.partition(".")[0]]) > 1]
    return found | {name: columns[name].verdict for name in several}


async def reach(
    database: Database, policies: PolicySet, on: dt.date, names: Collection[str] = ()
) -> Reaches:
    """Count the live registry on a day: name (see `verdicts`; none given: all) → county → counts.

    The county is None where the registry has none. Empty without a registry.
    """
    live = await insist(database, generations.live)
    if live is None:
        return {}
    first, end = live.number << ROW_BITS, (live.number + 1) << ROW_BITS
    last = await insist(database, partial(_last, first, end))
    asked, statement = _statement(policies, on, names)
    found: Reaches = {name: {} for name in asked}
    for start in range(first, last + 1, PIECE):
        stretch = {"first": start, "last": min(start + PIECE, last + 1)}
        for county, total, sums in await insist(database, partial(_ask, statement, stretch)):
            for name, packed in zip(asked, sums, strict=True):
                found[name].setdefault(county, Reach()).add(total, packed)
    return found


def _statement(
    policies: PolicySet, on: dt.date, names: Collection[str]
) -> tuple[list[str], sa.Select[Any]]:
    table = stretch_facts(policies.book, on)
    columns = verdicts(policies, table, on)
    asked = [name for name in columns if not names or name in names]
    sums = [sa.func.sum(sa.case(_POINTS, value=columns[name], else_=_NOBODY)) for name in asked]
    county = table.c[COUNTY]
    return asked, sa.select(county, sa.func.count(), *sums).group_by(county)


def _best(lines: list[Verdict]) -> Verdict:
    ranked = ("eligible", "needs", "unspecified", "not_eligible")
    whens = [(sa.or_(*(line == verdict for line in lines)), verdict) for verdict in ranked]
    return sa.case(*whens)


def _last(first: int, end: int, conn: Connection) -> int:
    """Return the last id there is, or one before the first."""
    last = conn.execute(_LAST, {"first": first, "last": end}).scalar()
    return first - 1 if last is None else int(last)


def _ask(
    statement: sa.Select[Any], stretch: dict[str, int], conn: Connection
) -> list[tuple[str | None, int, list[int]]]:
    """Return each county of a stretch with how many there are and the packed counts."""
    rows = conn.execute(statement, stretch)
    return [(row[0], row[1], [int(packed) for packed in row[2:]]) for row in rows]
