"""Importing N invented people, beside a plain COPY or executemany of the same columns.

    python -m benchmarks.registry_import COUNT [URL | a folder for a SQLite file] …

The database is emptied of its registry first. Each part runs in a process of its own, so that
the peak of memory is its own. Ends with a verdict: right counts, at most 400 MB.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Table, delete, literal, select, text

from benchmarks import people_rows
from jcbot.clock import Clock
from jcbot.keyring import Keyring
from jcbot.people import generations
from jcbot.people.bulk import write
from jcbot.people.importing import Desk, import_list
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


async def import_(database: Database, file: Path) -> int:
    await database.run(empty)
    desk = Desk(database, load_registry(FactBook.load()), KEYRING, Clock())
    report = await import_list(desk, file, lambda _: False)
    assert report.live
    return await database.run(generations.count)


async def plain(database: Database, _file: Path) -> float:
    """Write what is stored once more, as another generation; only the writing is timed."""
    spent = 0.0
    for table, columns in ((tables.people, COLUMNS), (tables.people_keys, KEY_COLUMNS)):
        records = await database.run(partial(once_more, table, columns))
        for start in range(0, len(records), PIECE):
            piece = records[start : start + PIECE]
            started = time.perf_counter()
            await database.run(partial(put, table, columns, piece))
            spent += time.perf_counter() - started
        records.clear()
    await database.run(empty)
    return round(spent, 1)


def once_more(table: Table, columns: tuple[str, ...], conn: Connection) -> list[tuple[Any, ...]]:
    """Return all rows as they would be in the next generation, in the order of the table."""
    patient(conn)
    above = literal(1 << tables.ROW_BITS, BigInteger)
    shift = {"id": above, "person": above, "generation": literal(1)}
    cells = [table.c[column] + shift[column] if column in shift else table.c[column]
             for column in columns]  # fmt: skip
    return [tuple(row) for row in conn.execute(select(*cells).order_by(*table.primary_key))]


def put(
    table: Table, columns: tuple[str, ...], piece: list[tuple[Any, ...]], conn: Connection
) -> None:
    patient(conn)
    conn.execute(select(tables.generations.c.number))
    write(conn, table, columns, piece)


def empty(conn: Connection) -> None:
    patient(conn)
    for table in (tables.people_keys, tables.people, tables.generations):
        if conn.dialect.name == "postgresql":
            conn.execute(text(f"TRUNCATE {table.name}"))
        else:
            conn.execute(delete(table))


def patient(conn: Connection) -> None:
    """Let a statement take as long as it takes."""
    if conn.dialect.name == "postgresql":
        for setting in ("statement_timeout", "idle_in_transaction_session_timeout"):
            conn.execute(text(f"SET LOCAL {setting} = 0"))


async def part(name: str, url: str, file: Path) -> None:
    database = open_database(url)
    await database.migrate()
    started = time.perf_counter()
    found = await (import_ if name == "import" else plain)(database, file)
    seconds = round(time.perf_counter() - started, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    await database.close()
    print(json.dumps({"found": found, "seconds": seconds, "peak": peak}))


def measure(name: str, url: str, file: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.registry_import", "part", name, url, str(file)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603 - our own module
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def compare(url: str, count: int, file: Path) -> bool:
    name = url.partition(":")[0]
    ours = measure("import", url, file)
    told = f"{ours['found']} people in {ours['seconds']} s, peak {ours['peak']} MB"
    print(f"{name}: {told}", flush=True)
    other = measure("plain", url, file)
    way = "COPY" if name == "postgresql" else "executemany"
    print(f"{name}: plain {way} of the same records {other['found']} s", flush=True)
    return bool(ours["found"] == count and ours["peak"] <= MOST_MB)


def main(count: int, urls: list[str]) -> int:
    with tempfile.TemporaryDirectory(dir=".") as folder:
        file = Path(folder) / "people.csv"
        people_rows.write(count, str(file))
        print(f"{count} rows, {file.stat().st_size >> 20} MB of CSV", flush=True)
        fine = [compare(url, count, file) for url in urls or [f"sqlite:///{folder}/people.db"]]
    print("verdict:", "fine" if all(fine) else "NOT FINE")
    return 0 if all(fine) else 1


if __name__ == "__main__":
    if sys.argv[1] == "part":
        asyncio.run(part(sys.argv[2], sys.argv[3], Path(sys.argv[4])))
    else:
        sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
