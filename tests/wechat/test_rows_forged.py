"""Rows P1–P8, P24, P25, T1: whoever cannot prove to be WeChat is told nothing and does nothing."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import random
import time
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr
from sqlalchemy import update
from wechatpy.crypto.base import WeChatCipher
from worlds import OPENID, World, a_world, changed, event_xml, text_xml, with_query

from bot import logs
from bot.fresh import fresh_config, invent_aes_key
from bot.wechat import sealing, simulator
from bot.wechat.simulator import Door, Push
from jcbot import ledger
from jcbot.clock import SHANGHAI
from jcbot.outbox import Promise, promise
from jcbot.storage.training_tables import outbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

ONE_HOUR = 3_600


def sealed_as(door: Door, sealed: str) -> Push:
    """A push with this ciphertext under good signatures: only the seal itself is wrong."""
    when, nonce = str(int(time.time())), "n0nce"
    query = {
        "signature": simulator.signature(door.token, when, nonce),
        "timestamp": when,
        "nonce": nonce,
        "encrypt_type": "aes",
        "msg_signature": simulator.signature(door.token, when, nonce, sealed),
    }
    return Push(query, simulator.to_xml({"ToUserName": simulator.ACCOUNT, "Encrypt": sealed}))


def ciphertext(door: Door, plain: bytes) -> str:
    """Any bytes, encrypted with the account's key and no padding of ours."""
    key = sealing.decode_key(door.aes_key)
    return base64.b64encode(WeChatCipher(key).encrypt(plain)).decode()


def framed(door: Door, length: int | None = None, pad: bytes | None = None) -> str:
    """A message whose length field or padding may lie."""
    xml = text_xml().encode()
    body = b"r" * 16 + (length if length is not None else len(xml)).to_bytes(4, "big")
    body += xml + door.app_id.encode()
    count = 32 - len(body) % 32
    return ciphertext(door, body + (pad * count if pad else bytes([count]) * count))


def flip(text: str) -> str:
    """One digit off."""
    return text[:-1] + ("0" if text[-1] != "0" else "1")


SIGNATURES: dict[str, Callable[[str], str | None]] = {
    "missing": lambda _s: None,
    "empty": lambda _s: "",
    "one digit off": flip,
    "upper case": lambda s: s.upper() if s.upper() != s else flip(s),
    "other token": lambda _s: simulator.signature("another", "1", "2"),
    "not ascii": lambda _s: "签名",
    "long": lambda s: s * 100,
}


async def refused(world: World, push: Push, **options: Any) -> None:
    status, body = await world.post(push, **options)
    assert 400 <= status < 500, (status, body)
    assert body == ""
    assert world.step.seen == []


@pytest.mark.parametrize("wrong", SIGNATURES)
@pytest.mark.parametrize("which", ["signature", "msg_signature"])
async def test_p1_a_wrong_signature_gets_no_reply(world: World, wrong: str, which: str) -> None:
    push = simulator.push(world.door, text_xml())
    await refused(world, with_query(push, **{which: SIGNATURES[wrong](push.query[which])}))


STAMPS = {
    "an hour ago": lambda: str(int(time.time()) - ONE_HOUR),
    "an hour ahead": lambda: str(int(time.time()) + ONE_HOUR),
    "400 digits": lambda: "1" * 400,
    "letters": lambda: "soon",
    "other digits": lambda: "１７９５４６００００",
    "negative": lambda: "-1",
    "empty": lambda: "",
}


@pytest.mark.parametrize("stamp", STAMPS)
async def test_p2_a_timestamp_outside_the_window_gets_no_reply(world: World, stamp: str) -> None:
    door, when = world.door, STAMPS[stamp]()
    push = simulator.push(door, text_xml())
    sealed = push.body.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    nonce = push.query["nonce"]
    signed = with_query(
        push,
        timestamp=when,
        signature=simulator.signature(door.token, when, nonce),
        msg_signature=simulator.signature(door.token, when, nonce, sealed),
    )
    await refused(world, signed)


@pytest.mark.parametrize("name", ["timestamp", "nonce", "signature", "encrypt_type"])
async def test_p2_a_missing_parameter_gets_no_reply(world: World, name: str) -> None:
    await refused(world, with_query(simulator.push(world.door, text_xml()), **{name: None}))


async def test_p2_a_parameter_given_twice_gets_no_reply(world: World) -> None:
    push = simulator.push(world.door, text_xml())
    query = [*push.query.items(), ("timestamp", push.query["timestamp"])]
    await refused(world, dataclasses.replace(push, query=query))  # type: ignore[arg-type]


async def test_p3_a_replay_has_one_effect_and_one_reply(world: World) -> None:
    push = simulator.push(world.door, text_xml("算一算"))
    replies = {world.reply((await world.post(push))[1]) for _ in range(100)}
    assert replies == {"收到：算一算"}
    assert len(world.step.seen) == 1


async def test_p4_a_captured_query_with_another_body_gets_no_reply(world: World) -> None:
    captured = simulator.push(world.door, text_xml("一"))
    other = simulator.push(world.door, text_xml("二"))
    await refused(world, dataclasses.replace(captured, body=other.body))


@pytest.mark.parametrize("kind", [None, "raw", "AES", "aes,raw", ""])
@pytest.mark.parametrize("plain", [True, False])
async def test_p5_safe_mode_is_not_talked_down(
    world: World, kind: str | None, *, plain: bool
) -> None:
    push = simulator.push(world.door, text_xml())
    body = text_xml() if plain else push.body
    await refused(world, with_query(dataclasses.replace(push, body=body), encrypt_type=kind))


async def test_p5_a_plain_body_under_good_safe_mode_signatures_gets_no_reply(world: World) -> None:
    push = simulator.push(world.door, text_xml())
    sealed = push.body.split("<Encrypt>")[1].split("</Encrypt>")[0]
    both = text_xml().replace("</xml>", f"<Encrypt>{sealed}</Encrypt></xml>")
    for body in (text_xml(), both.replace("</xml>", "<MsgType>text</MsgType></xml>")):
        await refused(world, dataclasses.replace(push, body=body))


async def test_p5_plain_mode_is_there_when_the_settings_say_so() -> None:
    async with a_world(changed(fresh_config(), "wechat", mode="plain")) as world:
        status, body = await world.post(simulator.push(world.door, text_xml("明文")))
        assert (status, world.reply(body)) == (200, "收到：明文")
        unsigned = with_query(simulator.push(world.door, text_xml()), signature="0" * 40)
        assert (await world.post(unsigned))[0] == 403
        assert len(world.step.seen) == 1


@pytest.mark.parametrize("wrong", SIGNATURES)
async def test_p6_a_good_signature_does_not_excuse_a_bad_msg_signature(
    world: World, wrong: str
) -> None:
    push = simulator.push(world.door, text_xml())
    bad = SIGNATURES[wrong](push.query["msg_signature"])
    await refused(world, with_query(push, msg_signature=bad))


@pytest.mark.parametrize("field", ["app_id", "aes_key"])
async def test_p7_sealed_for_someone_else(world: World, field: str) -> None:
    value = "wx0000" if field == "app_id" else invent_aes_key()
    stranger = dataclasses.replace(world.door, **{field: value})
    await refused(world, simulator.push(stranger, text_xml()))


async def test_p7_the_key_being_rotated_out_still_opens_and_seals() -> None:
    config, old = fresh_config(), invent_aes_key()
    async with a_world(changed(config, "wechat", previous_aes_key=SecretStr(old))) as world:
        former = dataclasses.replace(world.door, aes_key=old)
        for door in (world.door, former):
            _, body = await world.post(
                simulator.push(door, text_xml(door.aes_key[:5], door.aes_key[:6]))
            )
            assert simulator.read_reply(door, body) == f"收到：{door.aes_key[:5]}"


BROKEN: dict[str, Callable[[Door], str]] = {
    "truncated block": lambda d: framed(d)[:-44],
    "truncated byte": lambda d: framed(d)[:-1],
    "half": lambda d: framed(d)[: len(framed(d)) // 2],
    "not base64": lambda _d: "这不是密文" * 20,
    "other alphabet": lambda d: framed(d).replace("A", "-").replace("B", "_"),
    "empty": lambda _d: "",
    "one block": lambda _d: base64.b64encode(b"x" * 16).decode(),
    "zero pad": lambda d: framed(d, pad=b"\x00"),
    "big pad": lambda d: framed(d, pad=b"\xff"),
    "uneven pad": lambda d: ciphertext(d, b"r" * 63 + b"\x20"),
    "long length": lambda d: framed(d, length=2**31),
    "short length": lambda d: framed(d, length=3),
    "full length": lambda d: framed(d, length=2**32 - 1),
    "noise": lambda _d: base64.b64encode(random.Random(1).randbytes(320)).decode(),
}


@pytest.mark.parametrize("broken", BROKEN)
async def test_p8_a_broken_seal_is_refused(world: World, broken: str) -> None:
    await refused(world, sealed_as(world.door, BROKEN[broken](world.door)))


@pytest.mark.parametrize("at", range(0, 400, 37))
async def test_p8_a_flipped_bit_is_refused(world: World, at: int) -> None:
    data = bytearray(base64.b64decode(framed(world.door)))
    data[at % len(data)] ^= 1 << (at % 8)
    status, _ = await world.post(sealed_as(world.door, base64.b64encode(data).decode()))
    # A flipped bit garbles one block: of the XML, of the frame, or of the 16 random bytes, which
    # carry nothing. Whatever of it still reads is the signed sender's doing, never a 5xx.
    assert status < 500


async def test_p8_padding_and_app_id_failures_look_alike(world: World) -> None:
    stranger = dataclasses.replace(world.door, app_id="wx" + "0" * (len(world.door.app_id) - 2))
    answers = {
        await world.post(sealed_as(world.door, sealed))
        for sealed in (framed(world.door, pad=b"\x00"), framed(stranger), framed(world.door, 5))
    }
    assert answers == {(403, "")}


async def test_p24_the_handshake_is_silent_unless_signed(world: World) -> None:
    when = str(int(time.time()))
    good = simulator.signature(world.door.token, when, "n")
    script = "<script>alert(1)</script>"
    query = {"timestamp": when, "nonce": "n", "echostr": script, "signature": "0" * 40}
    async with world.session.get(world.door.url, params=query) as answer:
        assert (answer.status, await answer.text()) == (403, "")
    for echo in (script, "e" * 10_240):
        signed = query | {"signature": good, "echostr": echo}
        async with world.session.get(world.door.url, params=signed) as answer:
            assert (answer.status, await answer.text()) == (200, echo)
            assert answer.content_type == "text/plain"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_p25_a_forged_finish_event_is_refused(world: World) -> None:
    xml = event_xml("TEMPLATESENDJOBFINISH", MsgID="200163836", Status="success")
    push = simulator.push(world.door, xml)
    run = world.server.service.desk.database.run
    await run(sent_before)
    await refused(world, dataclasses.replace(push, body=xml))
    await refused(world, with_query(push, msg_signature="0" * 40))
    assert await run(ledger.counts) == {ledger.SENT: 1}
    late = event_xml("TEMPLATESENDJOBFINISH", MsgID="200163836", Status="failed: system failed")
    for each in (push, push, simulator.push(world.door, late)):  # forward only, once
        status, body = await world.post(each)
        assert status == 200, body
        assert await run(ledger.counts) == {ledger.DELIVERED: 1}
    assert world.step.seen == []


def sent_before(conn: Connection) -> None:
    """A template message of ours that WeChat took."""
    promise(conn, Promise("k", "class_reminder", OPENID, {}, dt.datetime.now(SHANGHAI)))
    sent = {"state": ledger.SENT, "channel": "template", "ref": "200163836"}
    conn.execute(update(outbox).values(sent))


@pytest.mark.parametrize(
    ("minutes", "taken"), [(-4.9, True), (4.9, True), (-60, False), (60, False)]
)
async def test_t1_a_clock_off_by_minutes_works_and_by_an_hour_alarms(
    world: World, minutes: float, *, taken: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure()
    push = simulator.push(world.door, text_xml(), int(time.time() + minutes * 60))
    status, _ = await world.post(push)
    assert (status == 200, len(world.step.seen) == 1) == (taken, taken)
    assert ("校准服务器时间" in capsys.readouterr().err) is not taken


async def test_a_thousand_mutated_posts_none_accepted(world: World) -> None:
    rng = random.Random(20261123)
    for number in range(1_000):
        push = simulator.push(world.door, text_xml(f"第{number}条", str(5_000 + number)))
        status, body = await world.post(mutated(rng, push))
        assert 400 <= status < 500, (number, status, body)
        assert body == ""
    assert world.step.seen == []
    assert await world.phone.say("还在吗") == "收到：还在吗"


def mutated(rng: random.Random, push: Push) -> Push:
    """Change one thing of a good push that a forger or a bad line might change."""
    query, body = dict(push.query), push.body
    kind = rng.randrange(4)
    if kind == 0:
        del query[rng.choice(sorted(query))]
    elif kind == 1:
        name = rng.choice(sorted(query))
        query[name] = another(rng, query[name])
    elif kind == 2:
        body = another(rng, body)
    else:
        start = rng.randrange(len(body))
        body = body[:start] + body[start + rng.randint(1, 20) :]
    return Push(query, body)


def another(rng: random.Random, text: str) -> str:
    """The text with one character replaced, doubled or taken out."""
    at = rng.randrange(len(text))
    new = chr(ord(text[at]) ^ (1 << rng.randrange(6)))
    choices = {new, text[at] * 2, "", "\x00", "<", "é"} - {text[at]}
    middle = rng.choice(sorted(choices))
    return text[:at] + middle + text[at + 1 :]
