"""Row K7: a stop answers what is open and is over within ten seconds."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import aiohttp
import pytest
from worlds import text_xml

from bot.wechat import simulator
from bot.wechat.simulator import Door

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SCRIPT = Path(__file__).parent / "stand_in.py"
REQUESTS = 100


@contextlib.asynccontextmanager
async def stand_in(folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, Door]]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, str(SCRIPT), str(folder), stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    try:
        yield child, Door(**json.loads(await child.stdout.readline()))
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def post(session: aiohttp.ClientSession, door: Door, number: int) -> str:
    push = simulator.push(door, text_xml(f"第{number}", str(number + 1)))
    async with session.post(door.url, params=push.query, data=push.body.encode()) as answer:
        assert answer.status == 200
        return simulator.read_reply(door, await answer.text())


async def test_k7_a_hundred_open_requests_are_all_answered(tmp_path: Path) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with stand_in(tmp_path) as (child, door), aiohttp.ClientSession(connector=connector) as s:
        posts = [asyncio.create_task(post(s, door, number)) for number in range(REQUESTS)]
        await asyncio.sleep(0.5)
        assert sum(task.done() for task in posts) < REQUESTS / 2
        child.send_signal(signal.SIGTERM)
        begun = time.perf_counter()
        assert await asyncio.gather(*posts) == [f"收到：第{n}" for n in range(REQUESTS)]
        assert await asyncio.wait_for(child.wait(), 10) == 0
        assert time.perf_counter() - begun < 10


async def test_k7_a_body_still_on_its_way_is_waited_for(tmp_path: Path) -> None:
    async with stand_in(tmp_path) as (child, door):
        push = simulator.push(door, text_xml("慢慢发"))
        body = push.body.encode()
        host, port = door.url.removeprefix("http://").removesuffix("/wechat").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = f"POST /wechat?{urlencode(push.query)} HTTP/1.1\r\nHost: x\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:50])
        await asyncio.sleep(0.3)
        child.send_signal(signal.SIGTERM)
        await asyncio.sleep(1)
        writer.write(body[50:])
        answer = (await asyncio.wait_for(reader.read(), 5)).decode()
        assert answer.startswith("HTTP/1.1 200")
        assert "connection: close" in answer.lower()
        assert simulator.read_reply(door, answer.split("\r\n\r\n", 1)[1]) == "收到：慢慢发"
        assert await asyncio.wait_for(child.wait(), 10) == 0
        writer.close()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
async def test_k7_an_idle_service_stops_at_once(tmp_path: Path, name: str) -> None:
    async with stand_in(tmp_path) as (child, _):
        child.send_signal(getattr(signal, name))
        assert await asyncio.wait_for(child.wait(), 3) == 0


async def test_k7_a_hanging_body_does_not_hold_the_stop(tmp_path: Path) -> None:
    async with stand_in(tmp_path) as (child, door):
        host, port = door.url.removeprefix("http://").removesuffix("/wechat").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /wechat HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nx")
        await asyncio.sleep(0.3)
        child.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(child.wait(), 10) == 0
        writer.close()
