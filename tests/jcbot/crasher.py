"""Kills writers of a SQLite file at random moments; prints what each left behind as JSON.

Each round forks a writer that commits numbers and says so through a pipe, several at a time.
The parent stops it at a random moment, takes a copy of the files as a power cut would leave
them, kills it for good, and looks at copy and original.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import time
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import insert

from jcbot.storage.database import open_database
from jcbot.storage.tables import questions

if TYPE_CHECKING:
    from sqlalchemy import Connection


def write(number: int, conn: Connection) -> None:
    """Write two rows that belong together."""
    for part in "ab":
        row = {"asker": b"", "text": part, "reason": "x" * 300, "at": number}
        conn.execute(insert(questions), row)


async def prepare(path: Path) -> None:
    """Make the tables, so that every moment afterwards is one of writing."""
    database = open_database(f"sqlite:///{path}")
    await database.migrate()
    await database.close()


def tell_and_write(pipe: int, line: bytes, number: int, conn: Connection) -> None:
    """Do it the wrong way round."""
    os.write(pipe, line)
    write(number, conn)


async def write_for_ever(path: Path, pipe: int, *, early: bool) -> None:
    """Commit number after number, eight at a time, and tell each one that was acknowledged.

    With `early` it is told before the commit, as a program without our protection would.
    """
    database = open_database(f"sqlite:///{path}")
    numbers = count(time.time_ns())

    async def one() -> None:
        for number in numbers:
            line = f"{number}\n".encode()
            if early:
                await database.run(partial(tell_and_write, pipe, line, number))
            else:
                await database.run(partial(write, number))
                os.write(pipe, line)

    await asyncio.gather(*(one() for _ in range(8)))


def look(path: Path, acknowledged: set[int]) -> dict[str, object]:
    """Open what is left: is it whole, is anything acknowledged missing, anything half there."""
    conn = sqlite3.connect(path)
    whole = conn.execute("PRAGMA integrity_check").fetchone()[0]
    halves = "SELECT count(*) FROM (SELECT 1 FROM questions GROUP BY at HAVING count(*) <> 2)"
    found = {row[0] for row in conn.execute("SELECT at FROM questions")}
    half = conn.execute(halves).fetchone()[0]
    conn.close()
    return {"integrity": whole, "lost": len(acknowledged - found), "half": half}


def round_of(path: Path, seconds: float, *, early: bool) -> tuple[set[int], dict[str, object]]:
    """Fork a writer, stop and copy, kill; return what it acknowledged and how the copy looks."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        asyncio.run(write_for_ever(path, writing, early=early))
    os.close(writing)
    time.sleep(seconds)
    os.kill(child, signal.SIGSTOP)
    os.waitpid(child, os.WUNTRACED)
    copy = path.with_name("copy.db")
    for ending in ("", "-wal", "-shm"):
        Path(f"{copy}{ending}").unlink(missing_ok=True)
    for ending in ("", "-wal"):
        if Path(f"{path}{ending}").exists():
            shutil.copy(f"{path}{ending}", f"{copy}{ending}")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading) as pipe:
        acknowledged = {int(line) for line in pipe if line.endswith("\n")}
    return acknowledged, look(copy, acknowledged)


def main(path: Path, rounds: int, *, early: bool) -> None:
    asyncio.run(prepare(path))
    acknowledged: set[int] = set()
    results = []
    for _ in range(rounds):
        more, copy = round_of(path, random.uniform(0.05, 0.3), early=early)
        acknowledged |= more
        results.append({"copy": copy, "file": look(path, acknowledged), "count": len(more)})
    sys.stdout.write(json.dumps(results))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), early="early" in sys.argv)
