"""`kill -9` at random moments of a race for seats: is every acknowledged seat still there?

    python -m benchmarks.seats_crash --url sqlite:///crash.db --kills 20 [--promise-early]

Each round forks a racer of its own process group that signs people up and cancels some, many at
once, and tells each answer through a pipe; it is killed at a random moment. Then the database is
looked at: acknowledged and lost, seats above the number, gaps in the line. The last line is the
verdict, exit code 1 if anything was wrong. `--promise-early` answers before the commit, as a
program without our protection would, and is expected to lose.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "jcbot"))

from school import NOW, add_class, enter, limits, person, tally
from sqlalchemy import select

from jcbot.storage.database import open_database
from jcbot.storage.training_tables import classes, enrolments
from jcbot.training.seats import cancel

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.storage.database import Database

SEATS, SIDE_BY_SIDE = 30, 12


def tell(line: str) -> None:
    os.write(1, f"{line}\n".encode())


async def sign_up(database: Database, number: str, who: str, *, early: bool) -> None:
    def work(conn: Connection) -> None:
        if early:
            tell(f"+{who}")
        enter(conn, who, number)

    await database.run(work)
    if not early:
        tell(f"+{who}")


async def give_back(database: Database, number: str, who: str) -> None:
    """Say that it is about to be tried; only what is acknowledged after that is certain."""
    tell(f"?{who}")
    await database.run(lambda conn: cancel(conn, number, person(who).person, NOW, limits()))
    tell(f"-{who}")


async def racer(url: str, number: str, *, early: bool) -> None:
    """Sign up without end, giving every third seat back."""
    database = open_database(url)
    await database.ping()
    tell("ready")
    numbers = count()

    async def one() -> None:
        for n in numbers:
            who = f"{number}/{n}"
            await sign_up(database, number, who, early=early)
            if n % 3 == 0:
                await give_back(database, number, who)

    await asyncio.gather(*(one() for _ in range(SIDE_BY_SIDE)))


def kill_one(url: str, number: str, *, early: bool) -> tuple[set[str], set[str]]:
    """Let a racer run and kill it; return who is in for certain, and who is out for certain."""
    command = [sys.executable, "-m", "benchmarks.seats_crash", "--url", url, "--racer", number]
    command += ["--promise-early"] if early else []
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert child.stdout
    assert child.stdout.readline() == "ready\n"
    time.sleep(random.uniform(0.3, 1.5))
    child.send_signal(signal.SIGKILL)
    held: set[str] = set()
    gone: set[str] = set()
    for line in child.stdout.read().splitlines(keepends=True):
        if not line.endswith("\n"):
            continue
        sign, who = line[0], line[1:-1]
        if sign == "+":
            held.add(who)
        else:
            held.discard(who)
            gone |= {who} if sign == "-" else set()
    child.wait()
    return held, gone


def inside(number: str, conn: Connection) -> set[bytes]:
    query = (
        select(enrolments.c.person)
        .join(classes, classes.c.id == enrolments.c.class_id)
        .where(classes.c.number == number, enrolments.c.state != "cancelled")
    )
    return set(conn.execute(query).scalars())


async def one(database: Database, url: str, run: int, *, early: bool) -> tuple[int, bool]:
    """Kill once, look, print a line; return how many were lost, and whether the rest is fine."""
    number = f"K-{time.time_ns()}"
    await database.run(partial(add_class, number=number, seats=SEATS, kind="skill_upgrade"))
    held, gone = await asyncio.to_thread(kill_one, url, number, early=early)
    there = await database.run(partial(inside, number))
    lost = sum(person(who).person not in there for who in held)
    lost += sum(person(who).person in there for who in gone)
    confirmed, line = await database.run(partial(tally, number=number))
    whole = confirmed <= SEATS and line == list(range(1, len(line) + 1))
    print(
        f"kill {run:2}: acknowledged {len(held) + len(gone)}, lost {lost}, confirmed {confirmed}"
        f" of {SEATS}, waiting {len(line)}{'' if whole else ' NOT WHOLE'}",
        flush=True,
    )
    return lost, whole and not (line and confirmed < SEATS)


async def main(args: argparse.Namespace) -> int:
    database = open_database(args.url)
    await database.migrate()
    done = [
        await one(database, args.url, run + 1, early=args.promise_early)
        for run in range(args.kills)
    ]
    await database.close()
    lost, broken = sum(lost for lost, _ in done), sum(not whole for _, whole in done)
    kind = args.url.partition(":")[0] + (" answering early" if args.promise_early else "")
    print(f"{kind}: {args.kills} kills, acknowledged seats lost {lost}, not whole {broken}")
    return 1 if lost or broken else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--url", required=True)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--promise-early", action="store_true")
    parser.add_argument("--racer", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    if given.racer:
        asyncio.run(racer(given.url, given.racer, early=given.promise_early))
    else:
        sys.exit(asyncio.run(main(given)))
