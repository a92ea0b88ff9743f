"""`kill -9` at random moments of `jcbot people import`: is the registry whole every time?

    python -m benchmarks.registry_crash --people 200000 --kills 20 [--server sqlite | URL] …
                                        [--without-flip]

Two lists with the same identity numbers and other names are imported in turn over each other.
Each import is killed at a random moment after its begin and started again until it has gone
through. After each kill the live registry has to be one of the two lists, whole: how many people,
all keys of all four kinds, each person once, and people looked up by number and by phone. A list
that was started again has to end up live, whole, each person exactly once. The last line of an
engine is its verdict, the exit code is 1 where anything was wrong. `--without-flip` takes the
protection out (the list is filled straight into the live registry) and is expected to fail.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import itertools
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from benchmarks import people_rows
from benchmarks.engines import SQLITE, engine_of, own_database, patient, temporary_folder
from bot import people as commands
from jcbot.keyring import Keyring
from jcbot.people import generations, registry
from jcbot.people.importing import Desk
from jcbot.people.keys import PeopleKeys
from jcbot.storage import people_tables as tables
from jcbot.storage.database import open_database
from jcbot.storage.people_tables import ID, NAME, PHONE, TAIL, people, people_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from jcbot.storage.database import Database

LOOKED_AT = 50
KEYRING = Keyring({"k1": b"1" * 32}, b"i" * 32)


@dataclass(frozen=True, slots=True)
class List:
    """One of the two lists: how many people and phones, and some people to look up."""

    file: Path
    people: int
    phones: int
    some: list[tuple[str, ...]]


@dataclass(slots=True)
class Tally:
    """What the kills left."""

    kills: int = 0
    finished: int = 0
    resumed: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Course:
    """Where imports go, and how: the settings file, the watch over a dead import, protection."""

    settings: Path
    watch_s: float
    without_flip: bool

    def start(self, file: Path) -> subprocess.Popen[bytes]:
        """Start the command in a process of its own; return when it has begun (or ended)."""
        command = [sys.executable, "-m", "benchmarks.registry_crash", "--import", str(file)]
        command += ["--settings", str(self.settings), "--watch", str(self.watch_s)]
        command += ["--without-flip"] if self.without_flip else []
        child = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603 - our own module
        assert child.stdout
        child.stdout.readline()
        return child


def write_list(folder: Path, name: str, count: int, seed: int) -> List:
    """Write a list and remember what to look for."""
    file, phones = folder / f"{name}.csv", 0
    people_rows.write(count, str(file), seed)
    every, some = max(1, count // LOOKED_AT), []
    for number, row in enumerate(people_rows.people(count, seed)):
        phones += bool(row[2])
        if number % every == 0:
            some.append(row)
    return List(file, count, phones, some)


def write_settings(folder: Path, url: str) -> Path:
    """Write what the command is to be run with."""
    key, index = (base64.b64encode(each * 32).decode() for each in (b"1", b"i"))
    file = folder / "settings.toml"
    privacy = f'[privacy]\nkeys = ["k1:{key}"]\nindex_key = "{index}"\n'
    file.write_text(f'[database]\nurl = "{url}"\n{privacy}', encoding="utf-8")
    return file


def command(args: argparse.Namespace) -> None:
    """Be the command `jcbot people import`, with a shorter watch, or without its protection.

    It tells on standard output that it has begun.
    """
    if args.without_flip:
        generations.FILLING = generations.LIVE
    told: list[str] = []

    def tell(stage: str, _done: int, _total: int) -> None:
        if not told:
            told.append(stage)
            print("begun", flush=True)

    def desk(*parts: Any) -> Desk:
        return replace(Desk(*parts), progress=tell, watch_s=args.watch)

    commands.__dict__["Desk"] = desk
    commands.app(["import", str(args.import_), "--yes", "--config", str(args.settings)])


def look(lists: dict[str, List], conn: Connection) -> tuple[str, list[str]]:
    """Return the name of the live list, and what is wrong with it."""
    patient(conn)
    live = generations.live(conn)
    if live is None:
        return "", ["no registry at all"]
    wanted = lists[live.source]
    return live.source, [*_numbers(live.number, wanted, conn), *_samples(wanted, conn)]


def _numbers(number: int, wanted: List, conn: Connection) -> Iterator[str]:
    mine = people_keys.c.generation == number
    expected = dict.fromkeys((ID, NAME), wanted.people)
    expected |= dict.fromkeys((PHONE, TAIL), wanted.phones)
    count = func.count(people_keys.c.person.distinct())
    keys = select(people_keys.c.domain, func.count(), count).where(mine)
    found = {row[0]: row[1:] for row in conn.execute(keys.group_by(people_keys.c.domain))}
    for domain, number_of in expected.items():
        if tuple(found.get(domain, ())) != (number_of, number_of):
            yield f"keys of kind {domain}: {found.get(domain)} of {number_of}"
    people_there = select(func.count(), func.count(people.c.id_key.distinct()))
    there = conn.execute(people_there.where(people.c.generation == number)).one()
    if tuple(there) != (wanted.people, wanted.people):
        yield f"people: {tuple(there)} of {wanted.people}"


def _samples(wanted: List, conn: Connection) -> Iterator[str]:
    keys = PeopleKeys(KEYRING)
    by_number = by_phone = 0
    for name, number, phone, *_ in wanted.some:
        person = registry.by_id(conn, keys, number)
        by_number += person is None or (person.name, person.phone) != (name, phone)
        if phone:
            same = registry.by_phone(conn, keys, phone, wanted.people)
            by_phone += number not in {each.id_number for each in same}
    if by_number or by_phone:
        yield f"of {len(wanted.some)} not found: {by_number} by number, {by_phone} by phone"


class Round:
    """One list imported over the other, killed until enough were killed, then let through."""

    def __init__(self, database: Database, lists: dict[str, List], new: List) -> None:
        self._database, self._lists, self._new = database, lists, new
        self._stood_at: tuple[int, int, int] | None = None

    async def run(self, course: Course, longest: float, kills: int, tally: Tally) -> None:
        """Start, kill at a moment of the time an import takes, look; again until it is through."""
        while True:
            wait = random.uniform(0, longest) if tally.kills < kills else None
            child = await asyncio.to_thread(course.start, self._new.file)
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(child.wait, wait)
            if child.poll() is not None:
                return await self._through(child.returncode, tally)
            child.send_signal(signal.SIGKILL)
            child.wait()
            tally.kills += 1
            if await self._killed(wait or 0.0, tally):
                return None

    async def _killed(self, wait: float, tally: Tally) -> bool:
        """Look after a kill; return whether the new list was live already."""
        name, wrong = await self._database.run(partial(look, self._lists))
        tally.wrong += wrong
        self._stood_at = await self._database.run(filling)
        at = self._stood_at
        state = f"filling, row {at[1]} and key {at[2]} are in" if at else "not filling"
        found = f"NOT WHOLE: {'; '.join(wrong)}" if wrong else "whole"
        print(f"kill {tally.kills:2} after {wait:5.2f} s, {state}: {name} {found}", flush=True)
        return name == self._new.file.name

    async def _through(self, code: int, tally: Tally) -> None:
        """Look after an import that went through; it has to have gone on where it was killed."""
        name, wrong = await self._database.run(partial(look, self._lists))
        number = await self._database.run(generations.live)
        if code or name != self._new.file.name:
            wrong.append(f"exit code {code}, live is {name}")
        if self._stood_at and number and number.number != self._stood_at[0]:
            wrong.append("began anew instead of going on")
        tally.wrong += wrong
        tally.finished += 1
        tally.resumed += self._stood_at is not None
        how = "gone on with" if self._stood_at else "imported"
        print(f"{self._new.file.name} {how}: {wrong or 'live and whole'}", flush=True)


def filling(conn: Connection) -> tuple[int, int, int] | None:
    """Return number, row and keys of the generation that is being filled."""
    g = tables.generations.c
    row = conn.execute(select(g.number, g.row, g.keyed).where(g.state == "filling")).first()
    return (row.number, row.row, row.keyed) if row else None


async def one_engine(url: str, folder: Path, args: argparse.Namespace) -> bool:
    """Fill, kill and look on one engine; print the verdict."""
    database = open_database(url)
    await database.migrate()
    lists = [write_list(folder, name, args.people, seed) for seed, name in enumerate("ab")]
    named = {each.file.name: each for each in lists}
    settings, tally = write_settings(folder, url), Tally()
    first = Course(settings, args.watch, without_flip=False)
    child = await asyncio.to_thread(first.start, lists[0].file)
    started = time.monotonic()
    code = await asyncio.to_thread(child.wait)
    longest = time.monotonic() - started
    assert code == 0
    print(f"{engine_of(url)}: {args.people} people imported in {longest:.1f} s", flush=True)
    course = Course(settings, args.watch, args.without_flip)
    for turn in itertools.count(1):
        if tally.kills >= args.kills:
            break
        await Round(database, named, lists[turn % 2]).run(course, longest, args.kills, tally)
    await database.close()
    print(
        f"{engine_of(url)}{' without the flip' if args.without_flip else ''}: {tally.kills} kills,"
        f" {tally.finished} imports went through, {tally.resumed} of them gone on with,"
        f" wrong {len(tally.wrong)}: verdict {'NOT FINE' if tally.wrong else 'fine'}",
        flush=True,
    )
    return not tally.wrong


def main(args: argparse.Namespace) -> int:
    fine = []
    for server in args.server or [SQLITE]:
        with temporary_folder() as name, own_database(server, Path(name)) as url:
            fine.append(asyncio.run(one_engine(url, Path(name), args)))
    return 0 if all(fine) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--server", action="append", help="sqlite (default), or postgresql://…")
    parser.add_argument("--watch", type=float, default=10.0, help="seconds, as the command does")
    parser.add_argument("--without-flip", action="store_true")
    parser.add_argument("--import", dest="import_", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--settings", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    if given.import_:
        command(given)
    else:
        sys.exit(main(given))
