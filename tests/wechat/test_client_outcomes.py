"""Rows D8, D9, D12–D16: what each answer of WeChat comes to, and what stays unknown."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import typing
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from apis import APP_ID, BOOK, MONDAY, SECRET, calling, figures, short, template

from bot.wechat.answers import read_answer
from bot.wechat.outcomes import Ambiguous, Ok, Outcome, Refused
from bot.wechat.pretend.faults import Fault
from bot.wechat.pretend.rules import Rules
from bot.wechat.pretend.world import ROUTES, pretending
from jcbot.clock import Clock
from knowledge import wechat

if TYPE_CHECKING:
    from pathlib import Path

CODES = {
    -1: "temporary busy",
    45011: "temporary too_fast",
    45066: "temporary repeated_too_soon",
    45009: "limit daily_quota",
    45028: "limit mass_quota",
    45015: "limit window_closed",
    45047: "limit window_used_up",
    40003: "permanent bad_openid",
    43004: "permanent not_following",
    43101: "permanent refused_by_user",
    47003: "permanent bad_value",
    48001: "permanent no_permission",
    45065: "ok again",
    99999: "temporary unknown",
}
WAITS = {45009: "tomorrow", 45011: "slower", 45015: "user", 43101: "never", -1: "moment"}


@pytest.mark.parametrize(("code", "means"), CODES.items())
async def test_each_code_is_what_the_table_says(code: int, means: str) -> None:
    async with pretending() as pretend, calling(pretend.url) as client:
        pretend.faults.set(Fault(call="template", code=code))
        assert await template(client) == means
        assert pretend.calls("template") == 1
        label = {99999: "unknown", 45065: "again"}.get(code, code)
        assert f'jcbot_api_calls_total{{call="template",code="{label}"}} 1.0' in figures(client)


@pytest.mark.parametrize(("code", "wait"), WAITS.items())
async def test_a_refusal_says_until_when(code: int, wait: str) -> None:
    answer = read_answer(200, b'{"errcode":%d}' % code, BOOK.errors)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.wait) == (code, wait)


def test_every_code_of_the_table_is_a_refusal_or_done_and_staff_can_read_it() -> None:
    for code, known in BOOK.errors.items():
        answer = read_answer(200, b'{"errcode":%d}' % code, BOOK.errors)
        assert not isinstance(answer, Ambiguous), code
        assert isinstance(answer, Ok) == (known.kind == "done"), code
        assert known.means, code
    assert {each.kind for each in BOOK.errors.values()} == set(typing.get_args(wechat.Kind))


SPOILED = {
    "ambiguous dropped": [Fault(drop="before"), Fault(drop="after"), Fault(drop="middle")],
    "ambiguous html": [Fault(body="html"), Fault(body="html", delivers=True)],
    "ambiguous not_json": [Fault(body="half")],
    "ambiguous no_errcode": [Fault(body="no_errcode")],
    "ambiguous http_502": [Fault(status=502)],
    "ambiguous timeout": [Fault(hang_s=30), Fault(delay_s=30)],
    "temporary unavailable": [Fault(status=503)],
    "temporary too_fast": [Fault(status=429)],
}


@pytest.mark.parametrize(
    ("means", "fault"), [(means, each) for means, faults in SPOILED.items() for each in faults]
)
async def test_d12_d13_an_answer_that_cannot_be_read_is_never_a_success(
    means: str, fault: Fault
) -> None:
    async with pretending() as pretend, calling(pretend.url, api_timeout_s=0.5) as client:
        pretend.faults.set(fault)
        fault.call = "template"
        assert await template(client) == means
        delivered = fault.drop in ("after", "middle") or bool(fault.delivers or fault.hang_s)
        assert len(pretend.journal.received("o-worker")) == delivered


def body(text: str, status: int = 200, proof: str = "") -> str:
    answer = read_answer(status, text.encode(), BOOK.errors, proof)
    assert isinstance(answer, Outcome)
    return short(answer)


def test_only_a_plain_success_is_one() -> None:
    assert body('{"errcode":0,"errmsg":"ok"}') == "ok"
    assert body('{"menu":{}}', proof="menu") == "ok"
    for odd in ('{"errcode":"0"}', '{"errcode":null}', '{"errcode":false}', '{"menu":{}}', "{}"):
        assert body(odd) == "ambiguous no_errcode", odd
    for odd in ("", "[]", "0", '"ok"', "\x00", "[" * 100_000):
        assert body(odd) == "ambiguous not_json", odd[:9]
    assert body('{"errcode":0}', proof="url") == "ambiguous no_errcode"
    assert body('{"errcode":0}', status=302) == "ambiguous http_302"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://no-such-host.invalid"])
async def test_d14_what_never_left_may_be_tried_again(url: str) -> None:
    async with calling(url) as client:
        client.tokens._token, client.tokens._until = "t", float("inf")
        assert await template(client) == "temporary unreachable"
        assert await client.quota_left("template") == BOOK.quotas["template"]


async def test_d14_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own_certificate(tmp_path))
    runner = web.AppRunner(web.Application())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    async with calling(f"https://127.0.0.1:{runner.addresses[0][1]}") as client:
        assert await template(client) == "temporary certificate"
    await runner.cleanup()


async def test_without_a_token_nothing_was_sent() -> None:
    async with pretending() as pretend, calling(pretend.url, api_timeout_s=0.5) as client:
        pretend.faults.set(Fault(call="token", drop="after"))
        assert await template(client) == "temporary no_token"
        pretend.faults.set(Fault(call="token", code=-1))
        assert await template(client) == "temporary busy"
        assert pretend.calls("template") == 0


async def test_d9_a_used_up_quota_is_left_alone_until_midnight() -> None:
    clock = Clock(MONDAY)
    rules = Rules(quotas={"template": 3})
    async with (
        pretending(rules, clock=clock) as pretend,
        calling(pretend.url, clock=clock) as client,
    ):
        sent = [await template(client, client_id=str(number)) for number in range(20)]
        assert sent == ["ok"] * 3 + ["limit daily_quota"] * 17
        assert pretend.calls("template") == 4
        assert await client.quota_left("template") == 0
        pretend.wrote("o-worker")
        assert short(await client.custom_text("o-worker", "好")) == "ok"
        clock.advance(dt.timedelta(hours=14))
        assert await template(client, client_id="next day") == "ok"
        # The token had ended overnight: the call that was told so counts too.
        assert await client.quota_left("template") == BOOK.quotas["template"] - 2


async def test_calls_are_counted_for_all_processes() -> None:
    async with pretending() as pretend, calling(pretend.url) as client:
        await asyncio.gather(*(template(client, f"o-{number}") for number in range(50)))
        assert await client.quota_left("template") == BOOK.quotas["template"] - 50
        assert await client.quota_left("menu") is None
        async with calling(pretend.url, client.tokens._shared) as other:
            assert await other.quota_left("template") == BOOK.quotas["template"] - 50


async def test_every_call_reaches_the_address_it_is_named_after() -> None:
    async with pretending(Rules(consents=False)) as pretend, calling(pretend.url) as client:
        pretend.wrote("o-1")
        tag = await client.create_tag("高平市")
        assert isinstance(tag, Ok)
        number = tag.data["tag"]["id"]
        mass = await client.mass_by_tag(number, "通知", client_id="a1")
        assert isinstance(mass, Ok)
        picture = b"\x89PNG\r\n\x1a\n" + b"0" * 100
        for outcome in (
            await client.custom_text("o-1", "好"),
            await client.template("o-1", "tpl", {"thing1": "好"}, client_id="1", url="https://a/"),
            await client.subscription("o-1", "tpl", {"thing1": "好"}, page="pages/a"),
            await client.mass_by_list(["o-1", "o-2"], "通知", client_id="a2"),
            await client.mass_delete(mass.data["msg_id"]),
            await client.mass_state(mass.data["msg_id"]),
            await client.tags(),
            await client.tag(number, ["o-1", "o-2"]),
            await client.untag(number, ["o-2"]),
            await client.tags_of("o-1"),
            await client.tag_members(number),
            await client.create_menu(BOOK.menu),
            await client.menu(),
            await client.create_qr("session_DG-2026-12"),
            await client.create_qr("county_高平市", expire_s=3600),
            await client.user("o-1"),
            await client.users(),
            await client.users("o-1"),
            await client.upload_image("1.png", picture),
        ):
            assert short(outcome) == "ok"
        assert {name for name, _ in pretend.counts} == set(ROUTES)
        assert pretend.people.get("o-1", pretend.rules).tags == {number}
        assert list(pretend.account.pictures.values()) == [picture]
        assert set(pretend.account.scenes.values()) == {"session_DG-2026-12", "county_高平市"}


async def test_what_wechat_would_never_take_is_not_asked_for() -> None:
    async with calling("http://127.0.0.1:9") as client:
        with pytest.raises(ValueError, match="50"):
            await client.tag(1, ["o"] * 51)
        with pytest.raises(ValueError, match="10,000"):
            await client.mass_by_list(["o"], "好", client_id="1")
        with pytest.raises(ValueError, match="32"):
            await client.template("o", "t", {}, client_id="长" * 11)


async def test_nothing_secret_is_logged_or_counted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with pretending() as pretend, calling(pretend.url, api_timeout_s=0.5) as client:
        for fault in (None, *(each for faults in SPOILED.values() for each in faults)):
            pretend.faults.set(*[fault] if fault else [])
            client.tokens._until = 0
            await template(client, "o-very-own")
        said = caplog.text + figures(client)
        for secret in (SECRET, pretend.tokens.present, "o-very-own", "access_token"):
            assert secret not in said
        assert APP_ID in client.tokens._prefix  # names keys of the store only


def own_certificate(folder: Path) -> Path:
    """A key and a certificate signed by nobody but itself."""
    from cryptography import x509  # noqa: PLC0415 - used here only
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1)
    made = made.not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
    file = folder / "own.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    return file
