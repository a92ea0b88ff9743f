"""50,000 messages, the courier killed with `kill -9` again and again: is each delivered once?

    python -m benchmarks.delivery [--server sqlite | URL] [--people N] [--kills 5] [--couriers 2]
                                  [--without-id] [--rate] [--enqueue 400000]

The pretend WeChat is a process of its own that outlives the couriers; it drops the line on 1 % of
the calls after having delivered them, and all tokens end once in the middle. Couriers are killed
at random moments and started again. At the end the journal of what everybody received is held
against the ledger: lost (promised and in nobody's phone), twice (more than once in one phone),
unknown (each has to say why). The last line is the verdict, the exit code is 1 where anything was
wrong. `--without-id` takes the client id out and is expected to fail. `--rate` measures sends per
second beside a bare aiohttp loop that posts to the same pretend WeChat, without faults and kills.
`--enqueue` only promises that many messages, row by row with `jcbot.outbox.promise`, as a change
of a class does for its people, and tells seconds and memory; the road of an announcement (whole
pieces, `jcbot.announcing.sending.put_out`) is measured by `benchmarks.beside crowd`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import json
import random
import resource
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
from sqlalchemy import func, select

from benchmarks.engines import (
    SQLITE,
    engine_of,
    load,
    own_database,
    patient,
    temporary_folder,
)
from bot import post
from bot.courier import Courier
from bot.metrics import Metrics
from bot.server import stop_signal
from bot.wechat.client import WeChatClient
from handlers.notices import Notice
from jcbot import ledger
from jcbot.clock import SHANGHAI, Clock
from jcbot.ledger import LEASE_S, SENT, UNKNOWN
from jcbot.outbox import PROMISED, Promise, promise
from jcbot.settings import Sending, WeChat
from jcbot.shared import MemoryShared
from jcbot.storage.database import open_database
from jcbot.storage.training_tables import outbox
from knowledge.reading import ROOT
from knowledge.sending import load_sending
from knowledge.wechat import load_wechat

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from sqlalchemy import Connection

    from bot.wechat.outcomes import Outcome
    from jcbot.ledger import Item, Plan
    from jcbot.storage.database import Database

KIND, TEXT = "identity_tried", "有人在别的微信上用您的身份信息核对，没通过。不放心就打12333。"
LOT = 2_000
MORNING = dt.datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
DROPPED = {"call": "template", "rate": 0.01, "drop": "after"}
AT_ONCE, PER_SECOND = 5, 10_000


@dataclass(slots=True)
class Args:
    """What one run is about."""

    people: int
    kills: int
    couriers: int
    without_id: bool


# --- the courier's own process ---------------------------------------------------------------


async def be_courier(url: str, api: str, *, without_id: bool) -> None:
    """Deliver until killed, or told to stop."""
    database, stopped, clock = open_database(url), stop_signal(), Clock(MORNING)
    settings = WeChat.model_validate({"app_id": "wx1", "app_secret": "s", "api_base": api})
    sending = Sending(at_once=AT_ONCE, per_second=PER_SECOND, templates={KIND: "tpl"})
    client = WeChatClient(settings, load_wechat(), MemoryShared(), clock, Metrics())
    config: Any = argparse.Namespace(sending=sending)
    send = partial(_without_id if without_id else post.send, client, config)
    rules = load_sending(ROOT / "sending" / "kinds.toml")
    async with client:
        print("ready", flush=True)
        await Courier(database, clock, sending, rules, send, words).run(stopped)
    await database.close()


def words(_conn: Connection, item: Item, _kept: dict[str, Any]) -> Notice:
    """Return the words and the number of the message."""
    return Notice(f"{TEXT}{item.payload['n']}")


async def _without_id(client: WeChatClient, config: Any, plan: Plan, said: Notice) -> Outcome:
    """Send with another id each time: the same as having none."""
    template, other = config.sending.templates[KIND], secrets.token_hex(8)
    return await client.template(
        plan.item.openid, template, said.values("template"), client_id=other
    )


# --- the run ---------------------------------------------------------------------------------


@dataclass
class Pretend:
    """The pretend WeChat's process: its address, and the file of what everybody received."""

    url: str
    journal: Path

    async def say(self, path: str, body: dict[str, Any]) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/pretend/{path}", json=body) as answer,
        ):
            assert answer.status == 200

    def received(self) -> int:
        with contextlib.closing(sqlite3.connect(self.journal)) as journal:
            query = "SELECT coalesce(max(number), 0) FROM received"
            return int(journal.execute(query).fetchone()[0])

    def numbers(self) -> Counter[str]:
        """How often each person received each text."""
        with contextlib.closing(sqlite3.connect(self.journal)) as journal:
            query = "SELECT openid, count(*) FROM received GROUP BY openid, text"
            return Counter(dict(journal.execute(query)))


@contextlib.contextmanager
def pretend_wechat(folder: Path) -> Iterator[Pretend]:
    journal = folder / f"journal-{secrets.token_hex(4)}.db"
    child, url = start_pretend(journal)
    try:
        yield Pretend(url, journal)
    finally:
        child.terminate()
        child.wait()


def start_pretend(journal: Path, port: int = 0) -> tuple[subprocess.Popen[str], str]:
    """Start a pretend WeChat, on this port or any; its process and address."""
    command = [sys.executable, "-m", "bot.wechat.pretend", "--journal", str(journal)]
    command += ["--port", str(port)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert child.stdout
    return child, child.stdout.readline().removeprefix("ready ").strip()


def start(url: str, api: str, *, without_id: bool) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.delivery", "--courier", url, "--api", api]
    command += ["--without-id"] if without_id else []
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert child.stdout
    assert child.stdout.readline() == "ready\n"
    return child


def enqueue_lot(start_: int, end: int, conn: Connection) -> None:
    for n in range(start_, end):
        promise(conn, Promise(f"bench:{n}", KIND, f"o-{n}", {"n": n}, MORNING))


async def enqueue(database: Database, people: int) -> float:
    began = time.monotonic()
    for first in range(0, people, LOT):
        await database.run(partial(enqueue_lot, first, min(first + LOT, people)))
    return time.monotonic() - began


async def until(true: Callable[[], Awaitable[bool]], pause_s: float) -> None:
    """Look at what other processes did, again and again, until it is so."""
    while not await true():  # noqa: ASYNC110 - they are other processes
        await asyncio.sleep(pause_s)


def look(conn: Connection) -> tuple[dict[str, int], Counter[str]]:
    """How many are in each state, and why some are unknown."""
    patient(conn)
    why = select(outbox.c.reason, func.count()).where(outbox.c.state == UNKNOWN)
    reasons = conn.execute(why.group_by(outbox.c.reason)).all()
    return ledger.counts(conn), Counter(dict(reasons))


def undecided(conn: Connection) -> set[str]:
    """Whose message may have arrived or not, and is said so."""
    return set(conn.execute(select(outbox.c.openid).where(outbox.c.state == UNKNOWN)).scalars())


@dataclass
class Run:
    """One run with kills."""

    database: Database
    url: str
    pretend: Pretend
    args: Args
    children: list[subprocess.Popen[str]] = field(default_factory=list)
    resumed: list[float] = field(default_factory=list)

    async def go(self) -> float:
        """Start, kill and start again until all is settled; seconds."""
        await self.pretend.say("faults", {"faults": [DROPPED], "seed": 7})
        began, people = time.monotonic(), self.args.people
        self._start()
        marks = sorted(random.uniform(0.02, 0.9) * people for _ in range(self.args.kills))
        for number, mark in enumerate(marks, 1):
            await until(partial(self._reached, mark), random.uniform(0.01, 0.1))
            await self._kill(number)
            if number == (len(marks) + 1) // 2:
                await self.pretend.say("token", {"do": "expire"})
        await until(self._settled, 0.5)
        took = time.monotonic() - began
        for child in self.children:
            child.terminate()
            child.wait()
        return took

    def _start(self) -> None:
        without_id = self.args.without_id
        self.children = [
            start(self.url, self.pretend.url, without_id=without_id)
            for _ in range(self.args.couriers)
        ]

    async def _kill(self, number: int) -> None:
        """Kill all couriers, start them again, wait for the next message to arrive."""
        for child in self.children:
            child.send_signal(signal.SIGKILL)
            child.wait()
        states, _ = await self.database.run(look)
        at, began = self.pretend.received(), time.monotonic()
        await asyncio.to_thread(self._start)
        await until(partial(self._reached, at + 1), 0.02)
        self.resumed.append(time.monotonic() - began)
        print(
            f"kill {number} after {at} received: {states.get('sending', 0)} left in the middle,"
            f" next message after {self.resumed[-1]:.1f} s",
            flush=True,
        )

    async def _reached(self, mark: float) -> bool:
        """Whether so many were received, or none are left to be."""
        return self.pretend.received() >= mark or await self._settled()

    async def _settled(self) -> bool:
        states, _ = await self.database.run(look)
        return not states.get(PROMISED, 0) + states.get("sending", 0)


async def verdict(run: Run, took: float, engine: str) -> bool:
    """Hold the journal against the ledger."""
    states, unknown = await run.database.run(look)
    received, people = run.pretend.numbers(), run.args.people
    missing = {f"o-{n}" for n in range(people)} - set(received)
    not_sent = people - states.get(SENT, 0) - states.get("delivered", 0)
    lost = len(missing - await run.database.run(undecided))
    twice = sum(count > 1 for count in received.values())
    unexplained = unknown.get("", 0) + not_sent - states.get(UNKNOWN, 0)
    fine = not (lost or twice or unexplained)
    slowest = max(run.resumed, default=0.0)
    print(
        f"{engine}{' without the id' if run.args.without_id else ''}: {people} recipients,"
        f" {run.args.couriers} couriers, {run.args.kills} kills: lost {lost}, twice {twice},"
        f" unknown {states.get(UNKNOWN, 0)} {dict(unknown)}, unexplained {unexplained}; resumed"
        f" after at most {slowest:.1f} s; {took:.1f} s ({people / took:.0f}/s with kills and the"
        f" leases of {LEASE_S} s): verdict {'fine' if fine else 'NOT FINE'}",
        flush=True,
    )
    return fine


async def with_kills(url: str, folder: Path, args: Args) -> bool:
    database = open_database(url)
    await database.migrate()
    seconds = await enqueue(database, args.people)
    print(f"{engine_of(url)}: {args.people} promised in {seconds:.1f} s; {load()}", flush=True)
    with pretend_wechat(folder) as pretend:
        run = Run(database, url, pretend, args)
        took = await run.go()
        fine = await verdict(run, took, engine_of(url))
    await database.close()
    return fine


# --- the rate --------------------------------------------------------------------------------


async def bare(api: str, people: int) -> float:
    """Post the same bodies in a bare loop, as many at once; sends per second."""
    async with aiohttp.ClientSession() as session:
        ask = {"grant_type": "client_credential", "appid": "wx1", "secret": "s"}
        async with session.post(f"{api}/cgi-bin/stable_token", json=ask) as answer:
            token = (await answer.json(content_type=None))["access_token"]
        url, numbers = f"{api}/cgi-bin/message/template/send", iter(range(people))

        async def hand() -> None:
            for n in numbers:
                body = {
                    "touser": f"b-{n}", "template_id": "tpl", "client_msg_id": f"bare-{n}",
                    "data": {"first": {"value": f"{TEXT}{n}"}},
                }  # fmt: skip
                async with session.post(url, params={"access_token": token}, json=body) as answer:
                    assert json.loads(await answer.read())["errcode"] == 0

        began = time.monotonic()
        await asyncio.gather(*(hand() for _ in range(AT_ONCE)))
        return people / (time.monotonic() - began)


async def measured(url: str, pretend: Pretend, people: int) -> float:
    """Let one courier send; sends per second from the first to the last received."""
    before = pretend.received()

    async def reached(more: int) -> bool:
        return pretend.received() >= before + more

    child = start(url, pretend.url, without_id=False)
    await until(partial(reached, 1), 0.002)
    first, began = pretend.received(), time.monotonic()
    await until(partial(reached, people), 0.02)
    rate = (before + people - first) / (time.monotonic() - began)
    child.terminate()
    child.wait()
    return rate


async def rate(url: str, folder: Path, people: int) -> bool:
    database = open_database(url)
    await database.migrate()
    ratios = []
    with pretend_wechat(folder) as pretend:
        for turn in range(3):
            offset = turn * people
            for first in range(offset, offset + people, LOT):
                last = min(first + LOT, offset + people)
                await database.run(partial(enqueue_lot, first, last))
            plain = await bare(pretend.url, people)
            ours = await measured(url, pretend, people)
            ratios.append(ours / plain)
            print(f"courier {ours:.0f}/s, bare loop {plain:.0f}/s: {ours / plain:.2f}", flush=True)
    await database.close()
    middle = sorted(ratios)[1]
    print(f"{engine_of(url)}: ratio {middle:.2f} (aim 0.6); {load()}", flush=True)
    return middle >= 0.6


async def only_enqueue(url: str, people: int) -> bool:
    database = open_database(url)
    await database.migrate()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = await enqueue(database, people)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    states, _ = await database.run(look)
    print(
        f"{engine_of(url)}: {people} promised in {seconds:.1f} s ({people / seconds:.0f}/s),"
        f" {grown:.0f} MB more resident at most",
        flush=True,
    )
    await database.close()
    return states == {PROMISED: people}


def one(server: str, given: argparse.Namespace) -> bool:
    default = 5_000 if server == SQLITE else 50_000
    args = Args(given.people or default, given.kills, given.couriers, given.without_id)
    with temporary_folder() as name, own_database(server, Path(name)) as url:
        if given.enqueue:
            return asyncio.run(only_enqueue(url, given.enqueue))
        if given.rate:
            return asyncio.run(rate(url, Path(name), args.people))
        return asyncio.run(with_kills(url, Path(name), args))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--server", action="append", help="sqlite (default), or postgresql://…")
    parser.add_argument("--people", type=int, default=0)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--couriers", type=int, default=1)
    parser.add_argument("--without-id", action="store_true")
    parser.add_argument("--rate", action="store_true")
    parser.add_argument("--enqueue", type=int, default=0)
    parser.add_argument("--courier", default="", help=argparse.SUPPRESS)
    parser.add_argument("--api", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    asked = arguments()
    if asked.courier:
        asyncio.run(be_courier(asked.courier, asked.api, without_id=asked.without_id))
    else:
        sys.exit(0 if all(one(each, asked) for each in asked.server or [SQLITE]) else 1)
