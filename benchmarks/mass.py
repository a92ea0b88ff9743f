"""How long mass sends take to gather and to settle, with everybody waiting in the outbox.

    python -m benchmarks.mass [--server sqlite | URL] [--people 400000]

No WeChat takes part: it is the database's work that replies have to wait for. One in twenty does
not follow any more and has to be left out. The exit code is 1 where anybody is lost or twice.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from benchmarks.engines import SQLITE, engine_of, load, own_database, temporary_folder
from jcbot.announcing import massing
from jcbot.clock import SHANGHAI
from jcbot.ledger import SENT, UNREACHABLE, Settled
from jcbot.storage.database import open_database
from jcbot.storage.notice_tables import announcements, mass_sends
from jcbot.storage.tables import followers
from jcbot.storage.training_tables import outbox
from knowledge.reading import ROOT
from knowledge.sending import load_sending

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.announcing.massing import MassSend
    from jcbot.storage.database import Database

NOW = dt.datetime(2026, 11, 23, 10, tzinfo=SHANGHAI)
RULES = load_sending(ROOT / "sending" / "kinds.toml")
LOT = 5_000
LEFT = 20
"""One in so many does not follow any more."""
ANNOUNCED = {
    "number": 1, "digest": "1", "title": "t", "text": "x", "about": "classes", "class_number": "",
    "link": "", "audience": "followers", "county": "", "people": 1, "state": "sending",
    "recipients": 1, "made": 0, "made_by": "x", "queued": 1, "road": "mass",
}  # fmt: skip


def fill(first: int, end: int, conn: Connection) -> None:
    """Let so many wait."""
    due = int(NOW.timestamp())
    rows = [
        {"key": f"a:{n}", "kind": "announcement", "openid": f"o-{n:07}", "payload": "{}",
         "due": due, "state": "listed", "announcement": 1}
        for n in range(first, end)
    ]  # fmt: skip
    seen = [
        {"openid": f"o-{n:07}", "following": n % LEFT != 0, "created": 1, "at": 1}
        for n in range(first, end)
    ]
    conn.execute(insert(outbox), rows)
    conn.execute(insert(followers), seen)


def settled(send: MassSend, conn: Connection) -> None:
    """Take the send as done."""
    massing.settle(conn, "b", send, Settled(send, SENT, f"r{send.id}", "x"), NOW)


def ends(conn: Connection) -> tuple[dict[str, int], int, int]:
    """Count rows by state, people of all sends, and sends."""
    states = select(outbox.c.state, func.count()).group_by(outbox.c.state)
    sums = select(func.coalesce(func.sum(mass_sends.c.people), 0), func.count())
    people, sends = conn.execute(sums.select_from(mass_sends)).one()
    return {row[0]: row[1] for row in conn.execute(states)}, int(people), sends


async def send_all(database: Database) -> tuple[list[float], list[float]]:
    """Gather and settle until nobody waits; the seconds of each."""
    gathered, done = list[float](), list[float]()
    while True:
        began = time.perf_counter()
        due, send = await database.run(lambda conn: massing.gather(conn, "b", NOW, RULES))
        if not due:
            return gathered, done
        gathered.append(time.perf_counter() - began)
        if send is not None:
            began = time.perf_counter()
            await database.run(partial(settled, send))
            done.append(time.perf_counter() - began)


async def measure(url: str, people: int) -> bool:
    database = open_database(url)
    await database.migrate()
    await database.run(lambda conn: conn.execute(insert(announcements), ANNOUNCED).rowcount)
    for first in range(0, people, LOT):
        await database.run(partial(fill, first, min(first + LOT, people)))
    gathered, done = await send_all(database)
    states, reached, sends = await database.run(ends)
    await database.close()
    left = len(range(0, people, LEFT))
    right = states == {SENT: people - left, UNREACHABLE: left} and reached == people - left
    middle, last = sorted(gathered)[len(gathered) // 2], sorted(done)[len(done) // 2]
    print(
        f"{engine_of(url)}: {people} waiting, {sends} sends to {reached}; gathered in"
        f" {middle:.2f} s (most {max(gathered):.2f}), settled in {last:.2f} s (most"
        f" {max(done):.2f}) each; {load()}: {'fine' if right else f'NOT FINE {states}'}",
        flush=True,
    )
    return right


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--server", action="append", help="sqlite (default), or postgresql://…")
    parser.add_argument("--people", type=int, default=400_000)
    given, right = parser.parse_args(), True
    for server in given.server or [SQLITE]:
        with temporary_folder() as folder, own_database(server, Path(folder)) as url:
            right &= asyncio.run(measure(url, given.people))
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
