"""Do the walk and the SQL agree? Random people with unknown facts, every rule, both databases.

`python -m benchmarks.agreement --people 20000 [--seed N] [--url URL]…` prints people, share
unknown, disagreements; exit status 1 on any. PostgreSQL is used in a schema of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import datetime as dt
import secrets
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.random_people import people
from jcbot.eligibility import facts_row, facts_table, line_columns
from knowledge.facts import FactBook
from knowledge.rules import PolicySet

if TYPE_CHECKING:
    from knowledge.facts import Facts

SHARES = (0.0, 0.3, 0.6, 0.85)
DAYS = (dt.date(2020, 9, 1), dt.date(2021, 6, 1), dt.date(2026, 11, 23))
BATCH = 500


@dataclass
class Result:
    """What one comparison found."""

    database: str
    people: int = 0
    lines: int = 0
    unknown: float = 0.0
    verdicts: collections.Counter[str] = field(default_factory=collections.Counter)
    disagreements: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        spread = " ".join(f"{key}={count}" for key, count in sorted(self.verdicts.items()))
        return (
            f"{self.database}: people={self.people} outcomes={self.lines} "
            f"unknown={self.unknown:.2f} disagreements={len(self.disagreements)} "
            f"({spread}) {self.seconds:.1f}s"
        )


def compare(url: str, policies: PolicySet, count: int, seed: int) -> Result:
    """Judge `count` random people by the walk and by SQL on one database."""
    book, started = policies.book, time.perf_counter()
    crowd = [
        book.parse(person)
        for number, share in enumerate(SHARES)
        for person in people(book, count // len(SHARES), seed + number, share)
    ]
    result = Result(sa.make_url(url).get_backend_name(), people=len(crowd))
    specs = [spec for spec in book.specs.values() if spec.kind not in {"text", "ids", "numbers"}]
    known = sum(len(facts.values) for facts in crowd)
    result.unknown = 1 - known / (len(crowd) * (len(specs) - 1))
    for on, said in zip(DAYS, _by_day(url, policies, crowd), strict=True):
        for number, facts in enumerate(crowd):
            _check(result, policies, facts, on, said[number])
    result.seconds = time.perf_counter() - started
    return result


def _check(
    result: Result, policies: PolicySet, facts: Facts, on: dt.date, said: dict[str, Any]
) -> None:
    walked = {outcome.name: outcome for outcome in policies.judge_all(facts, on)}
    for name, (verdict, low, high) in said.items():
        outcome = walked.get(name)
        amount = outcome.amount if outcome else None
        span = amount if isinstance(amount, tuple) else (amount, amount)
        expected = (outcome.verdict if outcome else None, *span)
        result.lines += 1
        result.verdicts[str(verdict)] += 1
        if expected != (verdict, low, high):
            result.disagreements.append(
                f"{name} on {on}: walk {expected}, SQL {(verdict, low, high)}: {facts.raw}"
            )


Said = dict[int, dict[str, tuple[Any, ...]]]


def _by_day(url: str, policies: PolicySet, crowd: list[Facts]) -> list[Said]:
    """Return, for each day, what SQL says: person → line → (verdict, low, high)."""
    if not url.startswith("postgresql"):
        engine = sa.create_engine(url)
        with engine.connect() as conn:
            return _ask(conn, policies, crowd, None)
    return asyncio.run(_by_day_postgresql(url, policies, crowd))


async def _by_day_postgresql(url: str, policies: PolicySet, crowd: list[Facts]) -> list[Said]:
    """The same in a schema of its own, which the rollback takes away again."""
    engine = create_async_engine(sa.make_url(url).set(drivername="postgresql+asyncpg"))
    schema = f"agreement_{secrets.token_hex(6)}"
    try:
        async with engine.connect() as conn:
            await conn.execute(sa.schema.CreateSchema(schema))
            said = await conn.run_sync(_ask, policies, crowd, schema)
            await conn.rollback()
            return said
    finally:
        await engine.dispose()


def _ask(
    conn: sa.Connection, policies: PolicySet, crowd: list[Facts], schema: str | None
) -> list[Said]:
    table = facts_table(policies.book, sa.MetaData(schema=schema))
    table.create(conn)
    rows = [facts_row(policies.book, number, facts) for number, facts in enumerate(crowd)]
    for start in range(0, len(rows), BATCH):
        conn.execute(table.insert(), rows[start : start + BATCH])
    return [_said(conn, table, policies, on) for on in DAYS]


def _said(conn: sa.Connection, table: sa.Table, policies: PolicySet, on: dt.date) -> Said:
    found: Said = collections.defaultdict(dict)
    for name, columns in line_columns(policies, table, on).items():
        query = sa.select(table.c.person, *columns)
        for person, verdict, low, high in conn.execute(query):
            found[person][name] = (verdict, low, high)
    return found


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=2020)
    parser.add_argument("--url", action="append", help="default: SQLite in memory")
    options = parser.parse_args()
    policies, wrong = PolicySet.load(book=FactBook.load()), 0
    for url in options.url or ["sqlite://"]:
        result = compare(url, policies, options.people, options.seed)
        print(result)
        for line in result.disagreements[:10]:
            print("  ", line[:400])
        wrong += len(result.disagreements)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
