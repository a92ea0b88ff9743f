"""Do names, ID numbers or phones leak? Seeds thousands, uses everything, then looks everywhere.

    python -m benchmarks.leaks [--url postgresql://…/an_empty_database] [--redis URL] [--plain]

Good and faulty lists, binding, wrong tries, new cards, corrections, sign-ups, cancelling, a fault
in a handler and a change of keys go through the HTTP door; then logs, database bytes and WAL (or
a pg_dump), Redis and all files left are searched: in UTF-8, UTF-16, GBK, hex and \\u escapes, and
without separators. 0 found is the verdict. `--plain` takes the sealing out and must find some.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import csv
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import redis

from bot import logs
from bot.fresh import door_of, fill, fresh_config, serving
from bot.telephone import telephone
from handlers.dialogue import step
from jcbot.config import Config
from jcbot.keyring import Keyring
from jcbot.people.identity import check_character
from jcbot.people.importing import Desk, import_list
from jcbot.people.keys import PeopleKeys
from jcbot.people.rotation import rotate
from jcbot.sealing import NONCE, Sealer
from jcbot.settings import Database, Identity, Privacy, Redis
from knowledge.library import Library

if TYPE_CHECKING:
    from bot.app import Service
    from bot.telephone import Telephone
    from handlers.turn import Reply, Turn

CLASSES = Path(__file__).parent.parent / "tests" / "conversations" / "training" / "classes.csv"
MARK = "龘"
"""In every seeded name and nowhere else, so that names are found quickly."""
DOUBLES = (
    "欧阳 上官 司马 司徒 诸葛 东方 皇甫 尉迟 公孙 令狐 慕容 夏侯 长孙 宇文 轩辕 端木 南宫 独孤"
)
FORMS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
BOOM = "炸"
PREFIX = "jcbot-leaks:"
Person = tuple[str, str, str]


def seeds(count: int) -> list[Person]:
    """Rare four-character names, ID numbers of area 99xxxx, phones 1390000xxxx; all different."""
    doubles, made = DOUBLES.split(), []
    for n in range(count):
        body = f"990{n // 900:03}19{70 + n % 30}0{1 + n % 9}1{n % 9}{n % 900 + 100:03}"
        name = doubles[n % len(doubles)] + MARK + chr(0x4E10 + n // len(doubles))
        made.append((name, body + check_character(body), f"1390000{n:04}"))
    return made


def write(path: Path, people: list[Person], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("姓名", "身份证号", "手机号", "重点群体", "县区"))
        writer.writerows((*each, "退役军人", "高平市") for each in people)
    return path


def faulty(people: list[Person]) -> list[Person]:
    """The same people with something wrong in every row but the first."""
    shift = [(name, number[:17] + "?", phone) for name, number, phone in people[::3]]
    swap = [(number, name, phone) for name, number, phone in people[1::3]]
    return [people[0], *shift, *swap, *((a, b, a + c) for a, b, c in people[2::3])]


def talk_or_fail(turn: Turn) -> Reply:
    """The dialogue, with a fault that names whatever was sent."""
    if BOOM in turn.text:
        raise ValueError(turn.text)
    return step(turn)


async def talk(phone: Telephone, who: str, me: Person, other: Person, new: Person) -> None:
    """All that one worker may do with names and numbers."""
    name, number, tail = me[0], me[1], me[2][-4:]
    lines = [
        f"/as {who}", "我在册吗", f"{name} {number}", "同意", tail, f"{BOOM} {name} {number}",
        "我换手机号了", new[2], "1", f"我叫{name}，手机号{me[2]}，回我", f"我叫{name}想问补贴",
        "没用", "报名 HG-2026-12", "1", "取消报名", "1", "报名 YY-2026-12", "1", "人工",
        f"/as {who}-thief", "查卡", "同意", f"{other[0]} {number} {other[2][-4:]}", f"{number} 0",
        f"/as {who}-new", f"我要登记，我是{new[0]}", "同意", f"{new[0]} {new[1]}", "高平", "跳过",
        "1", "3", new[2], new[0], "1", f"/voice {new[0]} {new[1]}",
    ]  # fmt: skip
    for line in lines:
        await phone.enter(line)


async def use(
    service: Service, phone: Telephone, people: list[Person], args: argparse.Namespace
) -> None:
    """Import, talk, import a bad list over it, change the keys."""
    desk = service.desk
    lists = Desk(desk.database, desk.library.registry, service.keyring, service.clock)
    listed, rest = people[: len(people) // 2], people[len(people) // 2 :]
    folder = args.folder / "lists"
    folder.mkdir()
    good = write(folder / "people.csv", listed)
    (folder / "classes.csv").write_bytes(CLASSES.read_bytes())
    await fill(service, folder)
    bad = write(folder / "bad.csv", faulty(people), "gb18030")
    await import_list(lists, bad, lambda _: False)
    for n in range(args.talkers):
        await talk(phone, f"w{n}", listed[n], listed[n - 1], rest[n])
    ring = service.keyring
    await rotate(
        desk.database,
        PeopleKeys(Keyring({"new": b"n" * 32, **ring.keys}, ring.index_key)),
        lambda *_: None,
    )
    for each in (good, bad):
        each.unlink()  # they were given to us; what we made of them stays


def unseal() -> None:
    """Take the sealing out."""
    Sealer.seal = lambda self, text, _where: self.prefix + bytes(NONCE) + text.encode()
    Sealer.open = lambda _self, sealed, _where: sealed[1 + sealed[0] + NONCE :].decode()


class Search:
    """Looks for the seeds in bytes."""

    def __init__(self, people: list[Person]) -> None:
        self.names = {name for name, _, _ in people}
        self.numbers = {each for _, number, phone in people for each in (number, phone)}

    def __call__(self, data: bytes) -> set[str]:
        """Return the seeds that are in there."""
        hexed = b"\n".join(bytes.fromhex(run.decode()) for run in
                           re.findall(rb"\\x((?:[0-9a-f]{2})+)", data))  # fmt: skip
        escaped = re.sub(
            rb"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)).encode("utf-8", "replace"), data
        )
        return set().union(*(self._in(each) for each in (data, hexed, escaped)))

    def _in(self, data: bytes) -> set[str]:
        found = set()
        for form in FORMS:
            mark = MARK.encode(form)
            before = len("欧阳".encode(form))
            for hit in re.finditer(re.escape(mark), data):
                start = hit.start() - before
                around = data[max(0, start) : hit.end() + len(mark)].decode(form, "replace")
                found |= {around} & self.names
        for text in (data, data.translate(None, b" -._\t\0")):
            for run in re.findall(rb"\d{11,}[Xx]?", text):
                digits = run.decode().upper()
                found |= {
                    digits[i : i + n] for n in (11, 18) for i in range(len(digits))
                } & self.numbers
        return found


def places(args: argparse.Namespace) -> dict[str, bytes]:
    """Everything that was left anywhere, by where."""
    found = {}
    for path in (*args.folder.rglob("*"), *Path("var").rglob("*")):
        if path.is_file():
            found[str(path)] = path.read_bytes()
    if args.url.startswith("postgresql"):
        dump = subprocess.run(["pg_dump", args.url], capture_output=True, check=True)  # noqa: S603, S607
        found["pg_dump"] = dump.stdout
    if args.redis:
        client = redis.Redis.from_url(args.redis)
        for key in client.scan_iter(f"{PREFIX}*"):
            found[f"redis {key!r}"] = key + (client.dump(key) or b"")
    return found


def settings(args: argparse.Namespace) -> Config:
    key = base64.b64encode(b"leaks".ljust(32)).decode()
    update = {
        "database": Database.model_validate({"url": args.url}),
        "privacy": Privacy.model_validate({"keys": [f"k:{key}"], "index_key": key}),
        "identity": Identity(misses_per_minute=10_000),
        "redis": Redis.model_validate({"url": args.redis, "prefix": PREFIX}),
    }
    return fresh_config(Config.model_construct()).model_copy(update=update)


async def run(args: argparse.Namespace, people: list[Person]) -> dict[str, bytes]:
    config = settings(args)
    async with (
        serving(config, Library.load(Path("var/cache")), talk_or_fail) as server,
        telephone(door_of(config, server.url)) as phone,
    ):
        await use(server.service, phone, people, args)
        return places(args)  # while it runs: a WAL is there


def main(args: argparse.Namespace) -> int:
    if args.plain:
        unseal()
    people = seeds(args.seeds)
    with tempfile.TemporaryDirectory() as name:
        args.folder = Path(name)
        tempfile.tempdir = name
        args.url = args.url or f"sqlite:///{name}/leaks.db"
        log = args.folder / "service.log"
        with log.open("w", encoding="utf-8") as file, contextlib.redirect_stderr(file):
            logs.configure()
            left = asyncio.run(run(args, people))
        left[str(log)] = log.read_bytes()
    tempfile.tempdir = None
    search = Search(people)
    found = {place: hits for place, data in left.items() if (hits := search(data))}
    for place, hits in found.items():
        print(f"{Path(place).name}: {len(hits)} of the seeds")
    total, size = len(set().union(*found.values())), sum(map(len, left.values()))
    errors = left[str(log)].count(b"message failed")
    print(f"{args.url.partition(':')[0]}: {len(left)} places, {size / 1e6:.1f} MB, {errors} faults")
    print(f"{total} of {3 * len(people)} names and numbers found: {'FAILED' if total else 'held'}")
    return 1 if total or not errors else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--url", default="")
    parser.add_argument("--redis", default="")
    parser.add_argument("--seeds", type=int, default=2_000)
    parser.add_argument("--talkers", type=int, default=300)
    parser.add_argument("--plain", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(arguments()))
