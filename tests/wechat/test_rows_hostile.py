"""Rows P9–P13, P19, P20: XML bombs, endless bodies, dribblers, odd HTTP, hostile texts."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import resource
import time
from typing import TYPE_CHECKING

import pytest
import structlog
from worlds import World, a_world, changed, text_xml

from bot import logs
from bot.fresh import fresh_config
from bot.wechat import simulator
from bot.wechat.render import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

DRIBBLERS = int(os.environ.get("JCBOT_TEST_DRIBBLERS", "60"))
"""The benchmark sends 500; the suite a few, with shorter deadlines."""
SHORT_S = 1.5

XXE = """<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY x SYSTEM "{target}">]>"""
STEPS = zip("abcdefgh", "bcdefghi", strict=True)
LAUGHS = (
    '<!DOCTYPE xml [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {name} "{f"&{part};" * 10}">' for part, name in STEPS)
    + "]>"
)


async def everywhere(world: World, xml: str) -> list[int]:
    """Post the XML sealed, as the outer body, and in the outer body before the seal."""
    push = simulator.push(world.door, text_xml())
    sealed = simulator.push(world.door, xml)
    bodies = [sealed, dataclasses.replace(push, body=xml)]
    bodies.append(dataclasses.replace(push, body=xml.split("<xml>", maxsplit=1)[0] + push.body))
    return [(await world.post(parcel))[0] for parcel in bodies]


async def test_p9_external_entities_are_neither_read_nor_fetched(
    world: World, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("PASSWORD")
    visitors: list[object] = []
    server = await asyncio.start_server(lambda r, _w: visitors.append(r), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for target in (secret.as_uri(), f"http://127.0.0.1:{port}/x"):
        xml = XXE.format(target=target) + text_xml().replace("<![CDATA[你好]]>", "&x;")
        assert set(await everywhere(world, xml)) <= {400, 403}
    server.close()
    assert visitors == []
    assert world.step.seen == []


BOMBS = {
    "billion laughs": LAUGHS + text_xml().replace("<![CDATA[你好]]>", "&i;"),
    "20000 nested": "<xml>" + "<a>" * 20_000 + "</a>" * 20_000 + "</xml>",
    "nested to the cap": "<xml>" + "<a>" * 6_500 + "</a>" * 6_500 + "</xml>",
    "50000 attributes": "<xml " + " ".join(f'a{n}=""' for n in range(50_000)) + "></xml>",
    "attributes to the cap": "<xml " + " ".join(f'a{n}=""' for n in range(4_500)) + "></xml>",
    "many elements": "<xml>" + "<a/>" * 11_000 + "</xml>",
}


@pytest.mark.parametrize("bomb", BOMBS)
async def test_p10_bombs_cost_nothing(world: World, bomb: str) -> None:
    push = simulator.push(world.door, text_xml())
    parcels = [simulator.push(world.door, BOMBS[bomb]), dataclasses.replace(push, body=BOMBS[bomb])]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for parcel in parcels:
        start = time.perf_counter()
        status, _ = await world.post(parcel)
        assert 400 <= status < 500
        assert time.perf_counter() - start < 0.2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000
    assert world.step.seen == []


async def connect(world: World) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = world.server.url.removeprefix("http://").split(":")
    return await asyncio.open_connection(host, int(port))


async def feed(writer: asyncio.StreamWriter, chunks: AsyncIterator[bytes]) -> int:
    """Write until the chunks end or the other side hangs up; how many bytes went through."""
    sent = 0
    with contextlib.suppress(ConnectionError):
        async for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            sent += len(chunk)
    return sent


async def endless(chunk: bytes, most: int) -> AsyncIterator[bytes]:
    for _ in range(most // len(chunk)):
        yield chunk
        await asyncio.sleep(0)


HEADS = {
    "10 MB": b"Content-Length: 10000000\r\n\r\n",
    "length lies low": b"Content-Length: 10\r\n\r\n",
    "length lies high": b"Content-Length: 999999999999\r\n\r\n",
    "chunked without end": b"Transfer-Encoding: chunked\r\n\r\n",
}


@pytest.mark.parametrize("head", HEADS)
async def test_p11_a_huge_body_is_cut_off_early(world: World, head: str) -> None:
    reader, writer = await connect(world)
    writer.write(b"POST /wechat?timestamp=1 HTTP/1.1\r\nHost: x\r\n" + HEADS[head])
    await writer.drain()
    chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n" if head.startswith("chunked") else b"x" * 4096
    feeding = asyncio.create_task(feed(writer, endless(chunk, 10_000_000)))
    answer = b""
    with contextlib.suppress(ConnectionError):
        answer = await asyncio.wait_for(reader.read(), 5)
    sent = await asyncio.wait_for(feeding, 5)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
    # What the kernel's buffers on both sides take is not read by us, so it counts as sent.
    assert sent < 8_000_000
    assert await world.phone.say("好") == "收到：好"
    writer.close()


async def dribble(world: World, start: bytes, drop: bytes) -> float:
    """Send `start`, then a little now and then; seconds until the service hung up."""
    reader, writer = await connect(world)
    begun = time.perf_counter()
    writer.write(start)
    try:
        while not reader.at_eof() and time.perf_counter() - begun < 40:
            writer.write(drop)
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reader.read(65_536), 0.3)
    except ConnectionError:
        pass
    finally:
        writer.close()
    return time.perf_counter() - begun


POST = b"POST /wechat HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
STARTS = {
    "header": (b"POST /wechat HTTP/1.1\r\n", b"X-A: b\r\n"),
    "silent": (b"", b""),
    "body": (POST + b"Content-Length: 60000\r\n\r\n", b"x"),
    "chunk": (
        POST + CHUNKED,
        b"1\r\nx\r\n",
    ),
    "second": (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nPOST /wechat HTTP/1.1\r\n", b"X-A: b\r\n"),
    "elsewhere": (b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n", b"x"),
}


@pytest.mark.parametrize("start", STARTS)
async def test_p12_dribblers_are_gone_and_the_honest_are_served(start: str) -> None:
    config = fresh_config()
    limit = config.limits.header_timeout_s
    if DRIBBLERS < 500:
        limit = SHORT_S
        config = changed(config, "limits", header_timeout_s=limit, body_timeout_s=limit)
    async with a_world(config) as world:
        dribblers = [asyncio.create_task(dribble(world, *STARTS[start])) for _ in range(DRIBBLERS)]
        times = []
        while not all(task.done() for task in dribblers):
            begun = time.perf_counter()
            await world.phone.say("好")
            times.append(time.perf_counter() - begun)
            await asyncio.sleep(0.05)
        gone = max([await task for task in dribblers])
    assert gone < min(30, limit + 2)
    assert sorted(times)[int(len(times) * 0.99)] < 0.5


async def test_p12_without_the_deadlines_a_dribbler_stays() -> None:
    slow = changed(fresh_config(), "limits", header_timeout_s=3630, body_timeout_s=3630)
    async with a_world(slow) as world:
        for start in ("header", "body"):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(dribble(world, *STARTS[start]), 2 * SHORT_S)


async def test_a_flood_of_refusals_is_a_line_and_a_number(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure()
    for _ in range(50):
        async with world.session.post(world.door.url, data=b"x") as answer:
            assert answer.status == 403
    assert len(capsys.readouterr().err.splitlines()) == 1
    async with world.session.get(world.server.url + "/metrics") as answer:
        assert 'jcbot_refusals_total{reason="query"} 50.0' in await answer.text()


ODD = {
    "json": {"headers": {"Content-Type": "application/json"}},
    "no type": {"headers": {"Content-Type": ""}},
    "charset": {"headers": {"Content-Type": "text/xml; charset=utf-99"}},
    "gzip said": {"headers": {"Content-Encoding": "gzip"}},
}


@pytest.mark.parametrize("odd", ODD)
async def test_p13_an_odd_content_type_is_no_server_error(world: World, odd: str) -> None:
    status, _ = await world.post(simulator.push(world.door, text_xml()), **ODD[odd])
    assert status < 500


@pytest.mark.parametrize("method", ["PUT", "HEAD", "DELETE", "OPTIONS", "TRACE", "BREW"])
async def test_p13_an_odd_method_is_refused(world: World, method: str) -> None:
    push = simulator.push(world.door, text_xml())
    async with world.session.request(
        method, world.door.url, params=push.query, data=push.body.encode()
    ) as answer:
        assert 400 <= answer.status < 500
    assert world.step.seen == []


RAW = {
    "64 KB header": b"POST /wechat HTTP/1.1\r\nX: " + b"a" * 65_536 + b"\r\n\r\n",
    "64 KB query": b"GET /wechat?echostr=" + b"a" * 65_536 + b" HTTP/1.1\r\n\r\n",
    "5000 headers": b"POST /wechat HTTP/1.1\r\n" + b"X: a\r\n" * 5_000 + b"\r\n",
    "no http": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "broken chunk": POST + CHUNKED + b"ZZ\r\n\r\n",
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "bad escape": b"POST /wechat?nonce=%ff%00%zz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "multipart": POST + b"Content-Type: multipart/form-data; boundary=b\r\n"
    b"Content-Length: 5\r\n\r\n--b--",
    "upgrade": POST.replace(b"POST", b"GET") + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
}


@pytest.mark.parametrize("raw", RAW)
async def test_p13_odd_bytes_are_no_server_error(
    world: World, raw: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure()
    reader, writer = await connect(world)
    writer.write(RAW[raw])
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n"), 5)
    assert b" 4" in answer[:13]
    writer.close()
    assert "Traceback" not in capsys.readouterr().err


async def test_p13_multipart_with_a_good_query_is_refused(world: World) -> None:
    push = simulator.push(world.door, text_xml())
    status, _ = await world.post(push, data={"file": push.body})
    assert 400 <= status < 500


TEXTS = {
    "null byte": "你\x00好",
    "cdata end": "a]]>b<![CDATA[c",
    "bidi": "abc\u202eexe.txt\u2066",
    "family": "👨‍👩‍👧‍👦" * 200,
    "flags": "🇨🇳" * 600,
    "20000 letters": "x" * 20_000,
    "12000 characters": "长" * 12_000,  # more does not fit into 64 KiB once sealed
    "accents": "e" + "\u0301" * 5_000,
    "control": "\x01\x02\x1b[31m红",
    "tags": "<script>&amp;&lt;</script>",
}


@pytest.mark.parametrize("text", TEXTS)
async def test_p19_hostile_characters_come_back_well_formed(world: World, text: str) -> None:
    world.step.answer = lambda _turn: TEXTS[text] * 3
    reply = await world.phone.say(TEXTS[text].replace("\x00", "").replace("\x01\x02\x1b", ""))
    assert 0 < len(reply.encode()) <= MOST_BYTES
    assert not set(reply) & set("\x00\x01\x02\x1b\u202e\u2066\ufffd")
    if text == "family":
        assert len(reply) % len("👨‍👩‍👧‍👦") == 0
    if text == "flags":
        assert len(reply) % 2 == 0
    if text == "cdata end":
        assert reply == TEXTS[text] * 3


@pytest.mark.parametrize(
    "raw", [b"\xed\xa0\xbd", b"\xff\xfe", b"\x00", b"&#xD800;", b"&#0;", b"\xef\xbf\xbf"]
)
async def test_p19_bytes_that_are_no_text(world: World, raw: bytes) -> None:
    marked = text_xml("MARK")
    if raw.startswith(b"&"):
        marked = marked.replace("<![CDATA[MARK]]>", "MARK")
    sealed = simulator_push_bytes(world, marked.encode().replace(b"MARK", "你".encode() + raw))
    status, _ = await world.post(sealed)
    assert status in ({400} if raw.startswith(b"&") else {200})
    assert await world.phone.say("好") == "收到：好"


def simulator_push_bytes(world: World, xml: bytes) -> simulator.Push:
    """wechatpy takes bytes as they are."""
    return simulator.push(world.door, xml)  # type: ignore[arg-type]


LITERAL = {
    "sql": "'; DROP TABLE inbox; --",
    "template": "{{7*7}} ${7*7} <%= 7*7 %>",
    "format": "%s %n {0.__class__} {turn}",
    "log": '好\n{"event": "forged", "level": "error"}\r\n2026 forged',
    "regex": "a" * 30 + "!" + "失业保险" * 300,
    "nines": "9" * 1_900,
    "path": "../../../../etc/passwd\\..\\",
}


@pytest.mark.parametrize("text", LITERAL)
async def test_p20_hostile_texts_are_only_text(
    world: World, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure()
    start = time.perf_counter()
    reply = await world.phone.say(LITERAL[text])
    assert time.perf_counter() - start < 0.5
    wanted = f"收到：{LITERAL[text]}".replace("\r\n", "\n").encode()[:MOST_BYTES]
    assert reply == wanted.decode("utf-8", "ignore")
    structlog.get_logger("test").error("said", text=LITERAL[text] + "990101199001011234")
    lines = capsys.readouterr().err.splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["said"]
    assert "990101199001011234" not in lines[0]
