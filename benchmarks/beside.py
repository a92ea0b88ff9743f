"""Replies to workers while the courier sends: what does the sending cost whoever asks meanwhile?

    python -m benchmarks.beside api   [--server sqlite | URL] … [--seconds 30] [--rate 20] [--long]
    python -m benchmarks.beside crowd [--server sqlite | URL] … [--people 20000] [--rate 50]

The real `jcbot serve` with the courier inside, a pretend WeChat as a process of its own, workers
asking at a steady rate (benchmarks/asking.py); all on this machine's loopback, in a database of
its own. Control-C stops everything.

`api` (rows D8, D12): an announcement to a few thousand goes out while WeChat's API is well, then
while every call hangs 30 s, then answers 503 and then is not there at all (together twice
`--seconds`, with `--long` ten minutes), then is back. Replies beside each, beside those with
nothing to send before and after; at the end the journal of what everybody received is held
against the ledger: lost, twice, unknown.

`crowd` (row L3): an announcement to everybody, by the functions of `jcbot announce … --send` in a
process of its own: counted, put into the outbox (jcbot.announcing.sending.put_out), seconds and
peak of memory; sent for `--seconds`, stopped by `jcbot announce stop`. Replies beside each part.
With `--rate 0` nobody asks and nothing is sent: only the putting out.

The exit code is 1 where a worker was not answered, or a message lost or sent twice; how the
figures stand to the aims is only said, for the machine may be busy with other things.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import resource
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text

from benchmarks.asking import Asker
from benchmarks.delivery import Pretend, start_pretend, until
from benchmarks.engines import SQLITE, engine_of, load, own_database, patient, temporary_folder
from benchmarks.road import started
from bot.acting import by_of
from bot.announcing import Desk, look, send, start
from bot.fresh import invent_account
from bot.on_database import run_on_database
from bot.progress import progress_bar, teller
from bot.wechat.simulator import Door
from jcbot import ledger
from jcbot.announcing import service
from jcbot.announcing.letters import read_letter
from jcbot.announcing.rows import DRAFT, SENDING
from jcbot.config import load_config
from jcbot.keyring import open_keyring
from jcbot.ledger import UNKNOWN
from jcbot.outbox import PROMISED
from jcbot.people.bulk import write
from jcbot.storage.database import open_database
from jcbot.storage.notice_tables import notice_wishes
from jcbot.storage.staff_tables import audit
from jcbot.storage.tables import followers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from benchmarks.asking import Replies
    from benchmarks.road import Contestant
    from jcbot.storage.database import Database

ROOT = Path(__file__).parent.parent
LETTER = 'title = "高平电工班开始报名"\ntext = "12月1日开班，7天，不收学费。"\n'
PER_SECOND = 50
"""What the courier may send a second: the default of [sending]."""
PIECE = 20_000
SECOND, PASSWORD = "liwei", "一个长一点的密码 2026"
"""Who approves."""
HANG_S, UNANSWERED = 30, 503
LONG_S = 600
"""The ten minutes of D8."""
BACK_S = 180
"""All that is left has to be through so long after its turn: back-off and leases are over."""
MORE_MS, MOST_MS = 50, 1_000
"""The aims: D12, how much longer the p99 may be beside a hanging API; L3, the p99."""


@dataclass(frozen=True, slots=True)
class Args:
    """What one run is about."""

    seconds: float
    rate: float
    people: int
    per_second: int
    long: bool


@dataclass
class Town:
    """The service under test, what it talks to, and who asks."""

    config: Path
    url: str
    engine: str
    pretend: Pretend
    child: subprocess.Popen[str]
    args: Args
    asker: Asker | None = None
    database: Database = field(init=False)

    def __post_init__(self) -> None:
        self.database = open_database(self.url)

    async def beside(
        self, name: str, work: Any, than: Replies | None = None
    ) -> tuple[Replies, Any]:
        """Ask while this goes on, and say how it went."""
        assert self.asker
        replies, result = await self.asker.during(name, work)
        print(f"{self.engine}: {replies.told(than)}", flush=True)
        return replies, result

    def vanish(self) -> None:
        """Let the pretend WeChat go away: nobody listens on its port."""
        self.child.terminate()
        self.child.wait()

    def come_back(self) -> None:
        """Let it listen again on the same port, with the same journal."""
        port = int(self.pretend.url.rpartition(":")[2])
        self.child, url = start_pretend(self.pretend.journal, port)
        assert url == self.pretend.url


# --- the town ----------------------------------------------------------------------------------


@contextlib.contextmanager
def a_town(server: str, args: Args) -> Iterator[Town]:
    with temporary_folder() as name, own_database(server, Path(name)) as url:
        journal = Path(name) / "journal.db"
        child, api = start_pretend(journal)
        config = written(Path(name), url, api, args.per_second)
        town = Town(config, url, engine_of(url), Pretend(api, journal), child, args)
        try:
            yield town
        finally:
            town.vanish()


def written(folder: Path, url: str, api: str, per_second: int) -> Path:
    """Write the settings; their path. The clock stands at ten in the morning: no quiet hours."""
    account, config = invent_account(), folder / "bench.toml"
    keys = [base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2)]
    config.write_text(
        f'[wechat]\napp_id = "{account.app_id}"\ntoken = "{account.token.get_secret_value()}"\n'
        f'aes_key = "{account.aes_key.get_secret_value()}"\napp_secret = "s"\napi_base = "{api}"\n'
        f'[database]\nurl = "{url}"\n[server]\nport = 0\n'
        f'[privacy]\nkeys = ["k1:{keys[0]}"]\nindex_key = "{keys[1]}"\n'
        f"[sending]\nenabled = true\nper_second = {per_second}\n"
        'templates = { announcement = "tpl" }\n[log]\nlevel = "error"\n'
        f'[files]\ncache = "{folder}/cache"\n[clock]\nfixed = "2026-11-23T10:00:00+08:00"\n'
    )
    (folder / "letter.toml").write_text(LETTER)
    return config


async def settle_down(town: Town, people: int) -> None:
    """Let so many follow the account and want to be told of classes."""
    await town.database.migrate()
    role = ("--role", "市管理员", "--password-stdin")
    await jcbot(town, "staff", "add", SECOND, *role, given=PASSWORD)
    with progress_bar() as bar:
        tell = teller(bar)
        for first in range(0, people, PIECE):
            last = min(first + PIECE, people)
            await town.database.run(partial(follow, first, last))
            tell("followers", last, people)
    if town.engine == "postgresql":
        await town.database.run(analyze)


def follow(first: int, last: int, conn: Connection) -> None:
    conn.execute(select(followers.c.openid).limit(1))
    names = [f"o-{n:06}" for n in range(first, last)]
    columns: tuple[str, ...] = ("openid", "following", "created", "at")
    write(conn, followers, columns, [(name, True, 0, 0) for name in names])
    columns = ("openid", "kind", "county", "occupation", "on", "at")
    write(conn, notice_wishes, columns, [(name, "classes", "", "", True, 0) for name in names])


def analyze(conn: Connection) -> None:
    """Let the planner know the tables, as autovacuum does a little later."""
    patient(conn)
    conn.execute(text("ANALYZE followers, notice_wishes"))


@contextlib.contextmanager
def served(town: Town) -> Iterator[Contestant]:
    wechat = load_config(town.config).wechat
    door = Door(
        "", wechat.app_id, wechat.token.get_secret_value(), wechat.aes_key.get_secret_value()
    )
    command = [sys.executable, "-m", "bot.cli", "serve", "--config", str(town.config)]
    with started("jcbot", command, door, town.config.parent) as service:
        town.asker = Asker(service.door, town.args.rate)
        yield service


# --- announcing, in a process of its own -------------------------------------------------------


def announce_here(config: Path) -> None:
    """Do what `jcbot announce FILE --audience followers --send` does; the figures as JSON.

    Where there are so many that a second person has to approve it, one does at once.
    """
    desk = Desk.of(load_config(config))
    books = desk.books
    letter = read_letter(config.parent / "letter.toml", books.announcing, books.subscriptions)

    async def work(database: Database) -> dict[str, Any]:
        by = await by_of(database, "", desk.now, "")
        before, began = peak_mb(), time.perf_counter()
        seen = await look(desk, database, letter, "followers")
        counted = time.perf_counter()
        row, state = await send(desk, database, by, seen)
        if state == DRAFT:
            second = await by_of(database, SECOND, desk.now, "")
            await database.run(lambda conn: service.approve(conn, second, row.number))
            assert await start(desk, database, second, row.number, seen) == SENDING
        put = time.perf_counter()
        return {
            "people": seen.counts.bound, "count_s": counted - began, "put_s": put - counted,
            "peak_mb": peak_mb(), "more_mb": peak_mb() - before,
        }  # fmt: skip

    print(json.dumps(run_on_database(desk.config, work, open_keyring(desk.config))))


def peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


async def announce(town: Town) -> dict[str, Any]:
    told = await spoken("-m", "benchmarks.beside", "announce", "--config", str(town.config))
    figures: dict[str, Any] = json.loads(told)
    put_s = figures["put_s"]
    print(
        f"{town.engine}: {figures['people']} counted in {figures['count_s']:.1f} s, put into the"
        f" outbox in {put_s:.1f} s ({figures['people'] / put_s:.0f}/s), peak"
        f" {figures['peak_mb']} MB, {figures['more_mb']} MB more than before; {load()}",
        flush=True,
    )
    return figures


async def spoken(*words: str, given: str = "") -> str:
    """Run Python with these words; what it printed. Progress shows on the terminal."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    try:
        out, _ = await child.communicate(given.encode())
    finally:
        if child.returncode is None:
            child.terminate()
            await child.wait()
    assert child.returncode == 0, f"{words}: exit code {child.returncode}"
    return out.decode()


async def jcbot(town: Town, *words: str, given: str = "") -> str:
    command = ("-m", "bot.cli", *words, "--config", str(town.config))
    return (await spoken(*command, given=given)).strip()


# --- rows D8 and D12 ---------------------------------------------------------------------------


async def api(town: Town) -> bool:
    """The API well, hanging, answering 503, away, and back."""
    args, pretend, beside = town.args, town.pretend, town.beside
    people = int(2.5 * args.seconds * args.per_second)
    await settle_down(town, people)
    with served(town):
        await beside("warming up", waiting("warming up", args.seconds / 3))
        quiet, _ = await beside("nothing to send", waiting("nothing to send", args.seconds))
        await announce(town)
        await beside("API well", waiting("API well", args.seconds), quiet)
        await pretend.say("faults", {"faults": [{"call": "template", "hang_s": HANG_S}]})
        hanging, _ = await beside(
            "every call hangs", waiting("every call hangs", args.seconds), quiet
        )
        await pretend.say("faults", {"faults": []})
        await beside("back after hanging", moving(town), quiet)
        await beside("503, then away", outage(town), quiet)
        began = time.monotonic()
        await beside("back after the outage", moving(town), quiet)
        resumed = time.monotonic() - began
        await beside("the rest", through(town, people), quiet)
        again, _ = await beside("nothing to send, again", waiting("quiet again", args.seconds))
        failed = sum(bool(each.failed) for each in (quiet, hanging, again))
    swing = abs(again.ms(99) - quiet.ms(99))
    more = hanging.ms(99) - quiet.ms(99)
    print(
        f"{town.engine}: p99 beside a hanging API {more:+.0f} ms (aim: less than {MORE_MS} ms more;"
        f" nothing to send, before and after, differs by {swing:.0f} ms);"
        f" the next message {resumed:.1f} s after the outage",
        flush=True,
    )
    return await right(town, people) and not failed


async def waiting(name: str, seconds: float) -> None:
    """Let time go by, and show it."""
    began = time.monotonic()
    with progress_bar() as bar:
        tell = teller(bar)
        while (spent := time.monotonic() - began) < seconds:
            tell(name, int(spent), int(seconds))
            await asyncio.sleep(min(1.0, seconds - spent))


async def moving(town: Town) -> None:
    """Wait for the next message to arrive."""
    before = town.pretend.received()

    async def more() -> bool:
        return town.pretend.received() > before

    async with asyncio.timeout(BACK_S):
        await until(more, 0.1)


async def outage(town: Town) -> None:
    """Answer 503 for half of the time, then be gone for the other half."""
    seconds = LONG_S if town.args.long else 2 * town.args.seconds
    await town.pretend.say("faults", {"faults": [{"call": "*", "status": UNANSWERED}]})
    await waiting("503", seconds / 2)
    town.vanish()
    await waiting("nobody there", seconds / 2)
    await asyncio.to_thread(town.come_back)


async def through(town: Town, people: int) -> None:
    """Wait until all is settled; the ledger is looked at only when it must be nearly so."""
    left = people - town.pretend.received()
    with progress_bar() as bar:
        tell = teller(bar)
        async with asyncio.timeout(BACK_S + left / town.args.per_second * 2):
            while (there := town.pretend.received()) < people:
                tell("received", there, people)
                await asyncio.sleep(0.5)
            await until(partial(settled, town), 1)


async def settled(town: Town) -> bool:
    """Whether none is promised or being sent."""
    states = await town.database.run(counts)
    return not states.get(PROMISED, 0) + states.get(ledger.SENDING, 0)


def counts(conn: Connection) -> dict[str, int]:
    patient(conn)
    return ledger.counts(conn)


async def right(town: Town, people: int, *, stopped: bool = False) -> bool:
    """Hold the journal against the ledger; with `stopped` only what was sent has to be there."""
    states = await town.database.run(counts)
    received = town.pretend.numbers()
    sent = states.get(ledger.SENT, 0) + states.get(ledger.DELIVERED, 0)
    promised, unknown = sum(states.values()), states.get(UNKNOWN, 0)
    twice = sum(count > 1 for count in received.values())
    lost = max(0, (sent if stopped else people - unknown) - len(received))
    whole = promised == people and not states.get(PROMISED, 0)
    fine = whole and not (lost or twice) and (stopped or sent + unknown == people)
    print(
        f"{town.engine}: {people} promised, {len(received)} received: lost {lost}, twice {twice},"
        f" unknown {unknown}, in the ledger {states}: verdict {'fine' if fine else 'NOT FINE'}",
        flush=True,
    )
    return fine


# --- row L3 ------------------------------------------------------------------------------------


async def crowd(town: Town) -> bool:
    """An announcement to everybody: put out, sent for a while, stopped."""
    args, beside = town.args, town.beside
    await settle_down(town, args.people)
    if not args.rate:
        figures = await announce(town)
        return bool(figures["people"] == args.people)
    with served(town):
        await beside("warming up", waiting("warming up", args.seconds / 3))
        quiet, _ = await beside("nothing to send", waiting("nothing to send", args.seconds))
        putting, _ = await beside("while it is put out", announce(town), quiet)
        going, _ = await beside("while it is sent", waiting("sending", args.seconds), quiet)
        ending, said = await beside(
            "while it is stopped", jcbot(town, "announce", "stop", "1"), quiet
        )
        print(f"{town.engine}: {said}", flush=True)
        async with asyncio.timeout(BACK_S):
            await until(partial(settled, town), 1)
    parts = (quiet, putting, going, ending)
    worst = max(each.ms(99) for each in parts[1:])
    print(f"{town.engine}: p99 at worst {worst:.0f} ms (aim: less than {MOST_MS} ms)", flush=True)
    lines = await town.database.run(audited)
    acts = ["write", "send", "stop"]
    acts += ["approve"] if args.people > load_config(town.config).sending.approval_above else []
    exact = lines == {f"announcements.{act}": 1 for act in acts}
    print(f"{town.engine}: audit lines {lines}: {'exact' if exact else 'NOT EXACT'}", flush=True)
    fine = await right(town, args.people, stopped=True)
    return fine and exact and not any(each.failed for each in parts)


def audited(conn: Connection) -> dict[str, int]:
    mine = audit.c.action.startswith("announcements.")
    query = select(audit.c.action, func.count().label("many")).where(mine).group_by(audit.c.action)
    return {row.action: row.many for row in conn.execute(query)}


# --- the command -------------------------------------------------------------------------------


def one(server: str, part: str, args: Args) -> bool:
    with a_town(server, args) as town:
        print(f"{town.engine}: {part}; {load()}", flush=True)

        async def work() -> bool:
            try:
                return await (api if part == "api" else crowd)(town)
            finally:
                await town.database.close()

        return asyncio.run(work())


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("part", choices=("api", "crowd", "announce"))
    parser.add_argument("--server", action="append", help="sqlite (default), or postgresql://…")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rate", type=float, help="messages a second; 20 for api, 50 for crowd")
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--per-second", type=int, default=PER_SECOND)
    parser.add_argument("--long", action="store_true", help="an outage of ten minutes")
    parser.add_argument("--config", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    asked = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if asked.part == "announce":
        announce_here(asked.config)
        sys.exit(0)
    rate = asked.rate if asked.rate is not None else (20 if asked.part == "api" else 50)
    given = Args(asked.seconds, rate, asked.people, asked.per_second, asked.long)
    servers = asked.server or [SQLITE]
    fine = [one(each, asked.part, given) for each in servers]
    sys.exit(0 if all(fine) else 1)
