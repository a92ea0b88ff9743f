"""Importing N invented people, beside a plain COPY or executemany of the same columns.

    python -m benchmarks.registry_import --people 1300000 [--server sqlite | URL of PostgreSQL] …
                                         [--keep]

Each engine works in a database of its own, made and dropped here; each part runs in a process of
its own, so that the peak of memory is its own. The plain writing puts the very same records into
copies of the two tables, with the same indexes, one transaction for each 10,000. A verdict for
each engine: everybody in and found, at most 400 MB. `--keep` leaves the filled databases and
prints their URLs, for benchmarks.registry_questions.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import resource
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, Table, select, tuple_
from sqlalchemy.sql import quoted_name

from benchmarks import people_rows
from benchmarks.engines import SQLITE, engine_of, load, own_database, patient, temporary_folder
from jcbot.clock import Clock
from jcbot.keyring import Keyring
from jcbot.people import generations, registry
from jcbot.people.bulk import write
from jcbot.people.importing import Desk, import_list
from jcbot.people.keys import PeopleKeys
from jcbot.people.records import COLUMNS, KEY_COLUMNS
from jcbot.storage import people_tables as tables
from jcbot.storage.database import open_database
from knowledge.facts import FactBook
from knowledge.registry import load_registry

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.storage.database import Database

MOST_MB = 400
KEYRING = Keyring({"k1": b"1" * 32}, b"i" * 32)
PIECE = 10_000
LOOKED_AT = 200
"""How many people spread over the list are looked up afterwards."""


async def import_(database: Database, file: Path) -> dict[str, Any]:
    """Import as the command does; count, and look some people up."""
    desk = Desk(database, load_registry(FactBook.load()), KEYRING, Clock())
    started = time.perf_counter()
    report = await import_list(desk, file, lambda _: False)
    seconds = time.perf_counter() - started
    assert report.live
    people = await database.run(generations.count)
    return {"people": people, "found": await found(database, people), "seconds": seconds}


async def found(database: Database, people: int) -> int:
    """Return how many of some people spread over the list are found under their number."""
    keys, there = PeopleKeys(KEYRING), 0
    every = max(1, people // LOOKED_AT)
    for number, row in enumerate(people_rows.people(people)):
        if number % every == 0:
            who = await database.run(partial(registry.by_id, keys=keys, id_number=row[1]))
            there += who is not None and who.name == row[0]
    return there


async def plain(database: Database, _file: Path) -> dict[str, Any]:
    """Write what is stored into copies of the tables; only the writing is timed."""
    spent = 0.0
    for table, columns in ((tables.people, COLUMNS), (tables.people_keys, KEY_COLUMNS)):
        copy = copied(table)
        await database.run(copy.create)
        after: tuple[Any, ...] | None = None
        while records := await database.run(partial(piece_of, table, columns, after)):
            started = time.perf_counter()
            await database.run(partial(put, copy, columns, records))
            spent += time.perf_counter() - started
            after = tuple(records[-1][columns.index(key.name)] for key in table.primary_key)
        await database.run(copy.drop)
    return {"seconds": spent}


def copied(table: Table) -> Table:
    """Return a table of the same shape and indexes under another name."""
    copy = table.to_metadata(MetaData(), name=f"{table.name}_plain")
    named: Any
    for named in (copy.primary_key, *copy.indexes):
        named.name = quoted_name(f"{named.name}_plain", quote=None)
    return copy


def piece_of(
    table: Table, columns: tuple[str, ...], after: tuple[Any, ...] | None, conn: Connection
) -> list[tuple[Any, ...]]:
    """Return the next rows behind a primary key, in its order."""
    patient(conn)
    query = select(*(table.c[column] for column in columns)).order_by(*table.primary_key)
    if after is not None:
        query = query.where(tuple_(*table.primary_key) > tuple_(*after))
    return [tuple(row) for row in conn.execute(query.limit(PIECE))]


def put(
    table: Table, columns: tuple[str, ...], records: list[tuple[Any, ...]], conn: Connection
) -> None:
    patient(conn)
    conn.execute(select(tables.generations.c.number))
    write(conn, table, columns, records)


async def part(name: str, url: str, file: Path) -> None:
    """Do one part and tell the figures as JSON."""
    database = open_database(url)
    await database.migrate()
    figures = await (import_ if name == "import" else plain)(database, file)
    await database.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(json.dumps(figures | {"peak": peak}))


def measure(name: str, url: str, file: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.registry_import", "--part", name]
    command += ["--server", url, "--file", str(file)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603 - our own module
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def compare(url: str, count: int, file: Path) -> bool:
    """Measure one engine and print its figures and verdict."""
    engine, looked_at = engine_of(url), len(range(0, count, max(1, count // LOOKED_AT)))
    way = "COPY" if engine == "postgresql" else "executemany"
    ours = measure("import", url, file)
    print(
        f"{engine}: {ours['people']} people in {ours['seconds']:.1f} s"
        f" ({ours['people'] / ours['seconds']:.0f}/s), peak {ours['peak']} MB,"
        f" {ours['found']} of {looked_at} looked up",
        flush=True,
    )
    other = measure("plain", url, file)
    print(
        f"{engine}: plain {way} of the same columns {other['seconds']:.1f} s;"
        f" the import takes {ours['seconds'] / other['seconds']:.2f} times that"
    )
    fine = ours["people"] == count and ours["found"] == looked_at and ours["peak"] <= MOST_MB
    print(f"{engine}: verdict", "fine" if fine else "NOT FINE", flush=True)
    return bool(fine)


def main(args: argparse.Namespace) -> int:
    print(load(), flush=True)
    with temporary_folder() as folder, contextlib.ExitStack() as databases:
        file = Path(folder) / "people.csv"
        people_rows.write(args.people, str(file))
        print(f"{args.people} rows, {file.stat().st_size >> 20} MB of CSV", flush=True)
        urls = [
            databases.enter_context(own_database(server, Path(folder), keep=args.keep))
            for server in args.server or [SQLITE]
        ]
        fine = [compare(url, args.people, file) for url in urls]
    if args.keep:
        print("kept:", *urls)
    return 0 if all(fine) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--people", type=int, default=1_300_000)
    parser.add_argument("--server", action="append", help="sqlite (default), or postgresql://…")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--part", choices=("import", "plain"), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    if given.part:
        asyncio.run(part(given.part, given.server[0], given.file))
    else:
        sys.exit(main(given))
