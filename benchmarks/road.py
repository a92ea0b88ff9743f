"""What one message costs on the whole road, beside a bare echo in the same run.

`python -m benchmarks.road [SECONDS]`: the real service on SQLite (each message asks for an
estimate, is understood, calculated, answered and committed to disk) and `benchmarks.echo` are
pushed to in turns by this process over loopback, requests sealed beforehand. Once with a new
connection for each push, as WeChat does, and once on connections that stay open.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from bot.demo import SAMPLE
from bot.fresh import invent_account
from bot.wechat import simulator
from bot.wechat.simulator import Door

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 5
CONNECTIONS = 64
WORKERS = 500
"""Different workers asking, in turn."""
LIKELY_RATE = 7_000
"""Requests a second made ready for a round; more than either will take."""
_numbers = itertools.count(10**15)
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Contestant:
    """A server process and what was measured of it."""

    name: str
    process: subprocess.Popen[str]
    door: Door
    ready_s: float
    rates: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)
    slowest_ms: list[float] = field(default_factory=list)

    def cpu_s(self) -> float:
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(stat[11]) + int(stat[12])) / TICKS

    def resident_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


@contextlib.contextmanager
def started(name: str, command: list[str], door: Door, folder: Path) -> Iterator[Contestant]:
    """Start a server and wait for its `ready URL`."""
    begun = time.perf_counter()
    root = Path(__file__).parent.parent
    surroundings = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(  # noqa: S603 - our own command lines
        command,
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env=surroundings | {"JCBOT_FILES__CACHE": str(folder / "cache")},
    )
    try:
        line = next(text for text in process.stdout if text.startswith("ready "))
        took = time.perf_counter() - begun
        url = line.split()[1].strip() + "/wechat"
        yield Contestant(name, process, Door(url, door.app_id, door.token, door.aes_key), took)
    finally:
        process.terminate()
        process.wait(15)
        process.stdout.close()


def requests(door: Door, count: int) -> list[bytes]:
    """HTTP requests as bytes, each another message, sealed and signed."""
    return [
        request_of(door, f"o-bench-{number % WORKERS}", SAMPLE, number)
        for number in itertools.islice(_numbers, count)
    ]


def request_of(door: Door, openid: str, text: str, number: int) -> bytes:
    """The HTTP request of one text message, sealed and signed; `number` is its MsgId."""
    xml = simulator.to_xml(
        {
            "ToUserName": simulator.ACCOUNT,
            "FromUserName": openid,
            "CreateTime": str(int(time.time())),
            "MsgType": "text",
            "Content": text,
            "MsgId": str(number),
        }
    )
    push = simulator.push(door, xml)
    body = push.body.encode()
    head = f"POST /wechat?{urlencode(push.query)} HTTP/1.1\r\nHost: bench\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Client(asyncio.Protocol):
    """Sends the next request as soon as the answer to the last is whole.

    Unless it is to `stay`, it hangs up after one answer.
    """

    def __init__(
        self, work: Iterator[bytes], end: float, times: list[float], *, stay: bool
    ) -> None:
        self.work, self.end, self.times, self.stay = work, end, times, stay
        self.done = asyncio.get_running_loop().create_future()
        self.buffer = b""
        self.last = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.next()

    def next(self) -> None:
        request = next(self.work, None) if time.perf_counter() < self.end else None
        if request is None:
            self.transport.close()
            return
        self.begun = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        if len(body) < length:
            return
        assert head.startswith(b"HTTP/1.1 200"), head
        self.times.append(time.perf_counter() - self.begun)
        self.last, self.buffer = body, b""
        if self.stay:
            self.next()
        else:
            self.transport.close()

    def connection_lost(self, _exc: Exception | None) -> None:
        self.done.set_result(self.last)


async def push_to(contestant: Contestant, work: list[bytes], seconds: float, *, stay: bool) -> str:
    """Push for some seconds, note rate and CPU, and return the last reply's text."""
    host, port = contestant.door.url.removeprefix("http://").split("/")[0].split(":")
    todo, times, loop = iter(work), [], asyncio.get_running_loop()
    cpu, begun = contestant.cpu_s(), time.perf_counter()

    async def caller() -> bytes:
        last = b""
        while time.perf_counter() < begun + seconds:
            make = partial(Client, todo, begun + seconds, times, stay=stay)
            _, client = await loop.create_connection(make, host, int(port))
            last = await client.done or last
        return last

    bodies = await asyncio.gather(*(caller() for _ in range(CONNECTIONS)))
    spent = time.perf_counter() - begun
    contestant.rates.append(len(times) / spent)
    contestant.cpu_us.append((contestant.cpu_s() - cpu) / len(times) * 1e6)
    contestant.slowest_ms.append(statistics.quantiles(times, n=100)[98] * 1e3)
    return simulator.read_reply(contestant.door, max(bodies).decode())


def main(seconds: float = 3.0) -> None:
    account = invent_account()
    token, key = account.token.get_secret_value(), account.aes_key.get_secret_value()
    door = Door("", account.app_id, token, key)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "bench.toml"
        config.write_text(
            f'[wechat]\napp_id = "{door.app_id}"\ntoken = "{token}"\naes_key = "{key}"\n'
            f'[server]\nport = 0\n[database]\nurl = "sqlite:///{folder / "bench.db"}"\n'
        )
        serve = [sys.executable, "-m", "bot.cli", "serve", "--config", str(config)]
        echo = [sys.executable, "-m", "benchmarks.echo", token, key, door.app_id]
        with started("first start", serve, door, folder) as first:
            first_s = first.ready_s
        with started("jcbot", serve, door, folder) as ours:
            fresh_mb = ours.resident_mb()
            with started("echo", echo, door, folder) as bare:
                for stay in (False, True):
                    asyncio.run(compare(ours, bare, seconds, stay=stay))
                    report(ours, bare, "connections stay" if stay else "a connection per push")
        print(f"start to ready: {ours.ready_s:.2f} s, first start {first_s:.2f} s (aim: 2.5 s)")
        print(f"resident at ready: {fresh_mb:.0f} MB (aim: 200 MB)")


async def compare(ours: Contestant, bare: Contestant, seconds: float, *, stay: bool) -> None:
    """Push to both in turns; the first, warming round does not count."""
    for round_number in range(ROUNDS + 1):
        for contestant in (ours, bare):
            work = requests(contestant.door, int(LIKELY_RATE * seconds))
            reply = await push_to(contestant, work, seconds, stay=stay)
            assert "2000元" in reply, reply
            if round_number == 0:
                for noted in (contestant.rates, contestant.cpu_us, contestant.slowest_ms):
                    noted.clear()


def report(ours: Contestant, bare: Contestant, how: str) -> None:
    print(how)
    for contestant in (ours, bare):
        rate, cpu = statistics.median(contestant.rates), statistics.median(contestant.cpu_us)
        print(
            f"  {contestant.name:6} {rate:6.0f} requests/s ({min(contestant.rates):.0f}–"
            f"{max(contestant.rates):.0f})  {cpu:5.0f} µs CPU each  "
            f"p99 {statistics.median(contestant.slowest_ms):5.1f} ms  "
            f"{contestant.resident_mb():4.0f} MB"
        )
    ratio = statistics.median(ours.rates) / statistics.median(bare.rates)
    print(f"  ratio  {ratio:.2f} of the bare echo's requests/s (aim: 0.5)")


if __name__ == "__main__":
    main(*(float(argument) for argument in sys.argv[1:2]))
