"""Does the time of a refusal tell whether a number is in the registry? The AUC says how well.

    python -m benchmarks.identity_timing --url sqlite:///timing.db
    python -m benchmarks.identity_timing --url postgresql://…/an_empty_database

Tries of five kinds, mixed at random, each by an openid and on a number of its own, once through
the service (`prove`) and once through the HTTP door. Each kind is held against "nobody", a number
that is not in the registry: 0.5 is a coin, 1 or 0 tells for sure. The exit code is 1 where one
lies outside 0.45–0.55. `--early` leaves the counting out for a number that is not there, as a
hasty program would, and is expected to go wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import random
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from benchmarks.people_rows import people, write
from bot.fresh import door_of, fresh_config, serving
from bot.wechat.simulator import Phone
from handlers.identity import IDENTIFY
from handlers.state import State
from jcbot import conversations
from jcbot.config import Config
from jcbot.people import bindings, proof, strikes
from jcbot.people.identity import check_character
from jcbot.people.importing import Desk, import_list
from jcbot.people.pocket import Pocket
from jcbot.people.proof import Case, prove
from jcbot.settings import Database, Identity, Privacy
from knowledge.library import Library

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy import Connection

    from bot.app import Service
    from jcbot.people.keys import PeopleKeys

KINDS = ("nobody", "wrong name", "no phone", "bound", "locked")
COUNTY = "高平"
"""Taken for the county by whoever reads a message: not a name that is read everywhere."""
NARROW = (0.45, 0.55)
LIMITS = Identity(misses_per_minute=10_000)


@dataclass(frozen=True, slots=True)
class Try:
    """One try to be made: its kind, by which openid, with what."""

    kind: str
    openid: str
    claim: Pocket


def tries(count: int, listed: int, seed: int, level: str) -> list[Try]:
    """`count` tries of each kind in random order, on numbers of the registry and on others."""
    dice = random.Random(f"{seed} {level}")
    rows = [row[:3] for row in people(listed) if row[2] and row[0] != COUNTY]
    dice.shuffle(rows)
    kinds = [kind for kind in KINDS for _ in range(count)]
    dice.shuffle(kinds)
    made = []
    for at, kind in enumerate(kinds):
        name, number, phone = rows[at % len(rows)]
        if kind == "nobody" or (kind == "locked" and at % 2):
            number = _nobodys(number, at)
        claim = (
            Pocket(name, number, "") if kind == "no phone" else Pocket("郭来客", number, phone[-4:])
        )
        made.append(Try(kind, f"o-{level}-{at:06}", claim))
    return made


def _nobodys(number: str, at: int) -> str:
    """A number that could be one, of an area that the invented registry does not have."""
    body = f"99{9000 + at // 999 % 999:04}{number[6:14]}{at % 999 + 1:03}"
    return body + check_character(body)


def prepare(conn: Connection, keys: PeopleKeys, service: Service, made: list[Try]) -> None:
    """All have agreed and are asked who they are; the bound are bound, the locked are locked."""
    now, version = service.clock.now(), service.desk.library.replies.text("identity.notice_version")
    state = State(task=IDENTIFY, after="card_status").dump()
    for each in made:
        bindings.agree(conn, each.openid, version, now)
        conversations.save(conn, each.openid, state, now)
        if each.kind == "bound":
            bindings.bind(conn, f"{each.openid}-owner", keys.id_key(each.claim.id_number), now)
        if each.kind == "locked":
            key = keys.strike_key(each.claim.id_number)
            for _ in range(LIMITS.tries):
                strikes.miss(conn, key, now, LIMITS)


async def measure(
    made: list[Try], refuse: Callable[[Try], Awaitable[None]]
) -> dict[str, list[float]]:
    times: dict[str, list[float]] = defaultdict(list)
    for each in made:
        begun = time.perf_counter()
        await refuse(each)
        times[each.kind].append(time.perf_counter() - begun)
    return times


def auc(times: list[float], others: list[float]) -> float:
    """The chance that one of `times` is the longer of a pair."""
    marked = sorted([(each, 1) for each in times] + [(each, 0) for each in others])
    ranks = sum(rank for rank, (_, mine) in enumerate(marked, start=1) if mine)
    return (ranks - len(times) * (len(times) + 1) / 2) / (len(times) * len(others))


def judge(level: str, times: dict[str, list[float]]) -> bool:
    """Print a line for each kind; return whether none tells itself from nobody."""
    fine = True
    for kind in KINDS:
        middle = sorted(times[kind])[len(times[kind]) // 2] * 1000
        told = auc(times[kind], times["nobody"]) if kind != "nobody" else 0.5
        fine &= NARROW[0] <= told <= NARROW[1]
        print(f"{level:8} {kind:11} median {middle:6.2f} ms  AUC {told:.3f}", flush=True)
    return fine


async def through_service(service: Service, keys: PeopleKeys, each: Try) -> None:
    now = service.clock.now()
    fits = await service.desk.database.run(
        lambda conn: prove(Case(conn, keys, each.openid, now, LIMITS), each.claim)
    )
    assert not fits


async def through_door(phone: Phone, each: Try) -> None:
    phone.openid = each.openid
    reply = await phone.say(f"{each.claim.name} {each.claim.id_number} {each.claim.tail}".strip())
    assert "没核对上" in reply, reply


def settings(url: str) -> Config:
    key = base64.b64encode(b"timing".ljust(32)).decode()
    privacy = Privacy.model_validate({"keys": [f"k:{key}"], "index_key": key})
    config = fresh_config(Config.model_construct())
    database = Database.model_validate({"url": url})
    update = {"database": database, "privacy": privacy, "identity": LIMITS}
    return config.model_copy(update=update)


async def main(args: argparse.Namespace) -> int:
    if args.early:
        leave_early()
    config = settings(args.url)
    async with serving(config, Library.load(Path("var/cache"))) as server:
        service, keys = server.service, server.service.desk.keys.people
        database = service.desk.database
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "people.csv"
            write(args.people, str(file))
            desk = Desk(database, service.desk.library.registry, service.keyring, service.clock)
            await import_list(desk, file, lambda _: True)
        fine = True
        async with aiohttp.ClientSession() as session:
            phone = Phone(session, door_of(config, server.url), "")
            levels = {
                "service": partial(through_service, service, keys),
                "door": partial(through_door, phone),
            }
            for level, refuse in levels.items():
                made = tries(args.tries, args.people, args.seed, level)
                await database.run(partial(prepare, keys=keys, service=service, made=made))
                fine &= judge(level, await measure(made, refuse))
    kind = args.url.partition(":")[0]
    print(f"{kind}: {'no kind tells itself from nobody' if fine else 'FAILED: the time tells'}")
    return 0 if fine else 1


def leave_early() -> None:
    """Take the equal work out: a number that is not there is refused at once."""
    counted = proof._refuse  # noqa: SLF001 - the protection taken out

    def hasty(case: Case, keys: tuple[bytes, bytes], id_key: bytes, *, counts: bool) -> None:
        if proof.nearest(case.conn, case.keys, id_key).row.id_key == id_key:
            counted(case, keys, id_key, counts=counts)

    proof._refuse = hasty  # noqa: SLF001


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--url", required=True)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--tries", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--early", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(arguments())))
