"""Many people, few seats, all at once: what is confirmed, is the line without gaps, how long.

    python -m benchmarks.seats --url sqlite:///race.db --racers 500 --seats 30 --runs 20
    python -m benchmarks.seats --url postgresql://…/an_empty_database … [--without-lock]

Each run opens a new class; the racers of all processes wait for one moment and sign up together.
A racer who is told that too many are at it (the polite refusal) comes again; those are counted.
The last line is the verdict; the exit code is 1 where a run went wrong. `--without-lock` takes
the protection out and is expected to go wrong on PostgreSQL.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "jcbot"))

from school import add_class, enter, person, tally

from jcbot.errors import DatabaseBusyError
from jcbot.storage.database import open_database
from jcbot.training import seats as seats_module

if TYPE_CHECKING:
    from jcbot.storage.database import Database

PAUSE_S = 0.05
AHEAD_S = 0.3
"""How long before the common moment all processes must have heard of it."""


async def race(database: Database, number: str, who: str, at: float) -> dict[str, Any]:
    """Sign up at the moment; return the outcome and how long it took, refusals included."""
    await asyncio.sleep(max(0.0, at - time.time()))
    start, refusals = time.perf_counter(), 0
    while True:
        try:
            got = await database.run(partial(enter, who=person(who), number=number))
        except DatabaseBusyError:
            refusals += 1
            await asyncio.sleep(PAUSE_S)
            continue
        except Exception as fault:  # noqa: BLE001 - every fault is a figure here
            outcome, place = type(fault).__name__, None
        else:
            outcome, place = got.state, got.place
        spent = (time.perf_counter() - start) * 1000
        return {"outcome": outcome, "place": place, "ms": spent, "refusals": refusals}


async def racer(url: str, *, without_lock: bool) -> None:
    """Serve races named on standard input, one line each, until it ends."""
    if without_lock:
        seats_module.hold = lambda *_: False
    database = open_database(url, waiting=10_000)
    await database.ping()
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        number, first, last, at = json.loads(line)
        racers = (race(database, number, f"{number}/{who}", at) for who in range(first, last))
        print(json.dumps(await asyncio.gather(*racers)), flush=True)
    await database.close()


def start(args: argparse.Namespace) -> list[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "benchmarks.seats", "--url", args.url, "--racer"]
    command += ["--without-lock"] if args.without_lock else []
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    found = [subprocess.Popen(command, **pipes) for _ in range(args.processes)]  # noqa: S603
    for each in found:
        assert each.stdout
        assert each.stdout.readline() == "ready\n"
    return found


def send(processes: list[subprocess.Popen[str]], number: str, racers: int) -> list[dict[str, Any]]:
    """Share the racers out, start them at one moment, and gather what they say."""
    at, share = time.time() + AHEAD_S, -(-racers // len(processes))
    for place, each in enumerate(processes):
        assert each.stdin
        last = min(racers, (place + 1) * share)
        each.stdin.write(json.dumps([number, place * share, last, at]) + "\n")
        each.stdin.flush()
    results: list[dict[str, Any]] = []
    for each in processes:
        assert each.stdout
        results += json.loads(each.stdout.readline())
    return results


async def one(database: Database, args: argparse.Namespace, run: int) -> tuple[bool, float]:
    """Run a race, print its line; return whether all held and its p99 in ms."""
    number = f"R-{time.time_ns()}"
    await database.run(partial(add_class, number=number, seats=args.seats, kind="skill_upgrade"))
    results = await asyncio.to_thread(send, args.started, number, args.racers)
    confirmed, line = await database.run(partial(tally, number=number))
    said = Counter(each["outcome"] for each in results)
    errors = args.racers - said["confirmed"] - said["waiting"]
    told = sorted(each["place"] for each in results if each["outcome"] == "waiting")
    gapless = line == told == list(range(1, args.racers - args.seats + 1))
    fine = confirmed == said["confirmed"] == args.seats and gapless and not errors
    p99 = sorted(each["ms"] for each in results)[int(len(results) * 0.99) - 1]
    refusals = sum(each["refusals"] for each in results)
    print(
        f"run {run:2}: confirmed {confirmed}, waiting {len(line)}"
        f"{' gapless' if gapless else ' WITH GAPS'}, errors {errors}, p99 {p99:.0f} ms,"
        f" asked to come again {refusals}",
        flush=True,
    )
    return fine, p99


async def main(args: argparse.Namespace) -> int:
    database = open_database(args.url)
    await database.migrate()
    args.started = start(args)
    done = [await one(database, args, run + 1) for run in range(args.runs)]
    for each in args.started:
        assert each.stdin
        each.stdin.close()
        each.wait()
    await database.close()
    failed = sum(not fine for fine, _ in done)
    worst = max(p99 for _, p99 in done)
    kind = args.url.partition(":")[0] + (" without the lock" if args.without_lock else "")
    verdict = "held" if not failed else f"FAILED in {failed}"
    print(f"{kind}: {args.runs} runs, {verdict}; worst p99 {worst:.0f} ms")
    return 1 if failed else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--url", required=True)
    parser.add_argument("--racers", type=int, default=500)
    parser.add_argument("--seats", type=int, default=30)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--without-lock", action="store_true")
    parser.add_argument("--racer", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    if given.racer:
        asyncio.run(racer(given.url, without_lock=given.without_lock))
    else:
        sys.exit(asyncio.run(main(given)))
