"""How many would each benefit reach, by county: over everybody of a big registry, how long?

    python -m benchmarks.registry_questions --people 1300000 [--server sqlite | URL] …
    python -m benchmarks.registry_questions --url URL …       (a database filled before)

For each engine: all benefits in one go (jcbot/people/reach.py), each benefit alone, every line as
a statement of its own over `registry_facts` (the plain way), and three benefits as somebody would
write them by hand, whose counts have to be the same. Then the verdicts of people taken at random
are compared with the walk through the rules. A verdict for each engine.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import random
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text

from benchmarks import people_rows
from benchmarks.engines import SQLITE, engine_of, load, own_database, patient, temporary_folder
from benchmarks.registry_import import import_
from jcbot.eligibility import line_columns
from jcbot.people import generations
from jcbot.people.facts import registry_facts
from jcbot.people.reach import Reach, reach
from jcbot.storage.database import open_database
from jcbot.storage.people_tables import GROUPS, ROW_BITS, people
from knowledge.facts import FactBook
from knowledge.rules import PolicySet

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator

    from sqlalchemy import Connection

    from jcbot.people.reach import Reaches
    from jcbot.storage.database import Database

TODAY = dt.date(2026, 11, 23)
# Of age on TODAY: born on or before the one, after the other.
SIXTEEN, SIXTY_ONE = "2010-11-23", "1965-11-23"
OUT_OF_AGE = f"birth > '{SIXTEEN}' OR birth <= '{SIXTY_ONE}'"
BY_HAND = {
    "card_program": f"CASE WHEN {OUT_OF_AGE} THEN 'no' ELSE 'yes' END",
    "startup_training": f"""
        CASE WHEN (groups__poor_family_child OR groups__grad_this_year OR groups__two_later
                   OR groups__rural_transfer OR groups__registered_unemployed) IS FALSE
               OR times_this_year >= 3 THEN 'no'
             WHEN {OUT_OF_AGE} THEN 'unsaid'
             ELSE 'unknown' END""",
    "living_allowance": f"""
        CASE WHEN times_this_year >= 3 THEN 'no'
             WHEN (groups__poor_labor OR groups__employment_difficulty
                   OR groups__zero_employment_family
                   OR groups__two_later AND household_type IN ('rural', 'urban_dibao')) IS FALSE
               AND (household_type = 'urban_dibao' AND NOT groups__two_later
                    AND NOT groups__poor_labor AND NOT groups__employment_difficulty
                    AND NOT groups__zero_employment_family) IS NOT TRUE THEN 'no'
             WHEN household_type = 'urban_dibao' AND NOT groups__two_later
               AND NOT groups__poor_labor AND NOT groups__employment_difficulty
               AND NOT groups__zero_employment_family THEN 'unsaid'
             WHEN {OUT_OF_AGE} THEN 'unsaid'
             ELSE 'unknown' END""",
}
"""Three benefits as SQL over the registry's own columns, read from the document, not derived."""
Timed = tuple[float, Any]


async def timed(work: Awaitable[Any]) -> Timed:
    started = time.perf_counter()
    found = await work
    return time.perf_counter() - started, found


def by_hand(name: str, conn: Connection) -> dict[str | None, Reach]:
    """Ask with the statement written by hand."""
    patient(conn)
    inner = f"SELECT county, {BY_HAND[name]} AS said FROM people WHERE generation = :live"  # noqa: S608 - ours
    query = text(f"SELECT county, said, count(*) FROM ({inner}) AS x GROUP BY county, said")  # noqa: S608
    live = generations.live(conn)
    found: dict[str | None, Reach] = {}
    for county, said, count in conn.execute(query, {"live": live.number if live else None}):
        setattr(found.setdefault(county, Reach()), said, count)
    return found


def plainly(policies: PolicySet, conn: Connection) -> int:
    """Ask each line in a statement of its own; return how many people the last one counted."""
    patient(conn)
    table, counted = registry_facts(policies.book, TODAY), 0
    for columns in line_columns(policies, table, TODAY).values():
        cells = (table.c.county, columns.verdict)
        counted = sum(
            row[-1] for row in conn.execute(select(*cells, func.count()).group_by(*cells))
        )
    return counted


def facts_of(row: Any) -> dict[str, Any]:
    """Return what the registry knows of one person, in the JSON form of the estimate."""
    groups = {group: getattr(row, f"groups__{group}") for group in GROUPS}
    birthday_came = (row.birth.month, row.birth.day) <= (TODAY.month, TODAY.day)
    facts = {
        "age": TODAY.year - row.birth.year - (not birthday_came),
        "groups_has": [group for group, known in groups.items() if known],
        "groups_not": [group for group, known in groups.items() if known is False],
        "employed": row.employed,
        "household_type": row.household_type,
        "unemployment_insurance_months": row.insurance_months,
        "times_this_year": row.times_this_year,
    }
    return {key: value for key, value in facts.items() if value is not None}


def disagreements(policies: PolicySet, ids: list[int], conn: Connection) -> Iterator[str]:
    """Yield where the statement and the walk through the rules say different things."""
    patient(conn)
    table = registry_facts(policies.book, TODAY)
    columns = line_columns(policies, table, TODAY)
    named = [column.verdict.label(name) for name, column in columns.items()]
    query = select(*named).where(table.c.person.in_(ids)).order_by(table.c.person)
    rows = conn.execute(select(people).where(people.c.id.in_(ids)).order_by(people.c.id))
    for row, said in zip(rows, conn.execute(query).mappings(), strict=True):
        facts = policies.book.parse(facts_of(row))
        walked = {each.name: each.verdict for each in policies.judge_all(facts, TODAY)}
        found = {name: verdict for name, verdict in said.items() if verdict}
        if walked != found:
            yield f"walk {walked}, SQL {found}"


def analyze(conn: Connection) -> None:
    """Let the planner know the table, as autovacuum does a little after the import."""
    patient(conn)
    conn.execute(text("ANALYZE people"))


async def compared(database: Database, policies: PolicySet, sample: int) -> int:
    """Compare people taken at random; return how many disagree."""

    def some_ids(conn: Connection) -> list[int]:
        live = generations.live(conn)
        assert live
        dice, first = random.Random(2020), live.number << ROW_BITS
        rows = dice.sample(range(1, live.row + 1), k=min(sample, live.row))
        return sorted(first + row for row in rows)

    ids, wrong = await database.run(some_ids), 0
    for start in range(0, len(ids), 500):
        work = partial(disagreements, policies, ids[start : start + 500])
        wrong += len(await database.run(lambda conn, work=work: list(work(conn))))  # type: ignore[misc]
    return wrong


async def one_engine(url: str, policies: PolicySet, sample: int) -> bool:
    """Measure one engine and print what was found."""
    database, engine = open_database(url), engine_of(url)
    if engine == "postgresql":
        await database.run(analyze)
    people_there = await database.run(generations.count)
    print(f"{engine}: {people_there} people, {len(policies.versions)} benefits; {load()}")
    seconds, all_ = await timed(reach(database, policies, TODAY))
    print(f"{engine}: all benefits in one go {seconds:.1f} s", flush=True)
    each, same = 0.0, True
    for name in policies.versions:
        alone, found = await timed(reach(database, policies, TODAY, [name]))
        each, same = each + alone, same and found == {name: all_[name]}
        print(f"{engine}:   {name:24} alone {alone:5.2f} s  {in_words(all_, name)}", flush=True)
    print(f"{engine}: each benefit alone, together {each:.1f} s")
    plain, counted = await timed(database.run(partial(plainly, policies)))
    print(f"{engine}: a plain statement for each line, together {plain:.1f} s", flush=True)
    for name in BY_HAND:
        hand, found = await timed(database.run(partial(by_hand, name)))
        same = same and found == all_[name]
        print(f"{engine}:   {name:24} by hand {hand:.2f} s, the same: {found == all_[name]}")
    whole = all(sum(r.people for r in by.values()) == people_there for by in all_.values())
    wrong = await compared(database, policies, sample)
    fine = same and whole and counted == people_there and not wrong
    print(f"{engine}: {min(sample, people_there)} people walked through the rules, {wrong} differ")
    print(f"{engine}: verdict", "fine" if fine else "NOT FINE", flush=True)
    await database.close()
    return fine


def in_words(found: Reaches, name: str) -> str:
    """Add the counties up."""
    of = found[name].values()
    parts = ("yes", "no", "unknown", "unsaid")
    return " ".join(f"{part} {sum(getattr(each, part) for each in of)}" for part in parts)


async def fill(url: str, file: Path) -> None:
    database = open_database(url)
    await database.migrate()
    await import_(database, file)
    await database.close()


def main(args: argparse.Namespace) -> int:
    policies = PolicySet.load(book=FactBook.load())
    with temporary_folder() as folder, contextlib.ExitStack() as databases:
        urls = list(args.url or [])
        if not urls:
            file = Path(folder) / "people.csv"
            people_rows.write(args.people, str(file))
            for server in args.server or [SQLITE]:
                urls.append(databases.enter_context(own_database(server, Path(folder))))
                asyncio.run(fill(urls[-1], file))
        fine = [asyncio.run(one_engine(url, policies, args.sample)) for url in urls]
    return 0 if all(fine) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--people", type=int, default=1_300_000)
    parser.add_argument("--server", action="append", help="sqlite (default), or postgresql://…")
    parser.add_argument("--url", action="append", help="a database that is filled already")
    parser.add_argument("--sample", type=int, default=2_000)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(arguments()))
