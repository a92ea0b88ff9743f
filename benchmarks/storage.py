"""Cost of a unit of work: alone, and with twenty others in flight.

    python benchmarks/storage.py [postgresql://…/an_empty_database]

`three` is a read, a load and a save; `road` is what a message does: claim, load, save, keep.
The SQLite file is made in the current directory, because /tmp may not be a disk.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
import tempfile
import time
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import select

from jcbot import conversations
from jcbot.clock import SHANGHAI
from jcbot.inbox import message_key, once
from jcbot.storage.database import Database, open_database
from jcbot.storage.tables import followers

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
READ = select(followers.c.following).where(followers.c.openid == "o")
ALONE, TOGETHER, SIDE_BY_SIDE = 1_000, 4_000, 20


def talk(number: int, conn: Connection) -> str:
    openid = f"o{number % 50}"
    conversations.load(conn, openid)
    conversations.save(conn, openid, {"version": 1, "n": number}, NOW)
    return "好" * 100


def three(number: int, conn: Connection) -> None:
    conn.execute(READ).first()
    talk(number, conn)


def road(number: int, conn: Connection) -> None:
    once(conn, message_key("gh", "o", str(number)), partial(talk, number, conn), NOW)


async def measure(
    database: Database, work: Callable[[int, Connection], None], start: int, runs: int, side: int
) -> tuple[int, int]:
    """Return wall time and CPU time a unit, in microseconds."""
    numbers = iter(range(start, start + runs))

    async def one() -> None:
        for number in numbers:
            await database.run(partial(work, number))

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(one() for _ in range(side)))
    spent = time.perf_counter() - wall, time.process_time() - cpu
    return round(spent[0] / runs * 1e6), round(spent[1] / runs * 1e6)


async def main(name: str, url: str) -> None:
    database = open_database(url)
    await database.migrate()
    start = 0
    for work in (three, road):
        for runs, side in ((200, 1), (ALONE, 1), (TOGETHER, SIDE_BY_SIDE)):
            wall, cpu = await measure(database, work, start, runs, side)
            start += runs
            if runs > 200:
                print(f"{name:12} {work.__name__:6} x{side:<3} {wall:6} µs wall {cpu:6} µs CPU")
    await database.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=".") as folder:
        asyncio.run(main("memory", "sqlite://"))
        asyncio.run(main("file", f"sqlite:///{folder}/bench.db"))
    for address in sys.argv[1:]:
        asyncio.run(main("postgresql", address))
