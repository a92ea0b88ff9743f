"""A pretend phone together with the WeChat behind it (模拟手机): signed, sealed XML over HTTP.

It seals and opens with wechatpy, not with our own code, so that each checks the other.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp
import xmltodict
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import WeChatSigner

if TYPE_CHECKING:
    from collections.abc import Mapping

TRY_SECONDS = 5.0
TRIES = 3
ACCOUNT = "gh_jcbot"
SUCCESS = ("success", "")
_numbers = itertools.count(time.time_ns() // 1_000)


class NoAnswerError(Exception):
    """The service refused, failed or did not answer; WeChat would tell the user it is broken."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where the service is and the secrets that WeChat shares with it; `aes_key` has 43 letters."""

    url: str
    app_id: str
    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    safe: bool = True


@dataclass(frozen=True, slots=True)
class Push:
    """One HTTP request as WeChat would make it."""

    query: dict[str, str]
    body: str


def signature(*parts: str) -> str:
    """Return WeChat's signature over the parts."""
    signer = WeChatSigner()
    signer.add_data(*parts)
    return str(signer.signature)


Lists = Sequence["Mapping[str, str]"]
"""The value of a field that holds lists, each of fields: what one popup says of each template."""


def to_xml(fields: Mapping[str, str | Lists]) -> str:
    """Write the fields as WeChat does, each value in a CDATA section."""
    return f"<xml>{_elements(fields)}</xml>"


def _elements(fields: Mapping[str, str | Lists]) -> str:
    parts = []
    for name, value in fields.items():
        if isinstance(value, str):
            inside = f"<![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]>"
        else:
            inside = "".join(f"<List>{_elements(each)}</List>" for each in value)
        parts.append(f"<{name}>{inside}</{name}>")
    return "".join(parts)


def push(door: Door, xml: str, timestamp: int | None = None) -> Push:
    """Sign the XML, and seal it in safe mode, under a fresh nonce and the machine's time."""
    when, nonce = str(timestamp or int(time.time())), secrets.token_hex(5)
    query = {"signature": signature(door.token, when, nonce), "timestamp": when, "nonce": nonce}
    if not door.safe:
        return Push(query, xml)
    crypto = WeChatCrypto(door.token, door.aes_key, door.app_id)
    sealed = xmltodict.parse(crypto.encrypt_message(xml, nonce, when))["xml"]
    query |= {"encrypt_type": "aes", "msg_signature": sealed["MsgSignature"]}
    return Push(query, to_xml({"ToUserName": ACCOUNT, "Encrypt": sealed["Encrypt"]}))


def read_reply(door: Door, body: str) -> str:
    """Return the text of an HTTP answer, "" for `success`; ValueError for anything odd."""
    if body in SUCCESS:
        return ""
    fields = xmltodict.parse(body)["xml"]
    if door.safe:
        crypto = WeChatCrypto(door.token, door.aes_key, door.app_id)
        proof = (fields["MsgSignature"], fields["TimeStamp"], fields["Nonce"])
        fields = xmltodict.parse(crypto.decrypt_message(body, *proof))["xml"]
    if fields["MsgType"] != "text":
        raise ValueError("不是文字回复")
    return str(fields["Content"])


class Phone:
    """One worker's phone; `openid` may be changed to be someone else."""

    def __init__(self, session: aiohttp.ClientSession, door: Door, openid: str) -> None:
        self._session = session
        self.door = door
        self.openid = openid
        self._last = ""

    async def send(self, fields: Mapping[str, str | Lists]) -> str:
        """Send a message or event; `fields` without sender, time and number. See `send_xml`."""
        head = {
            "ToUserName": ACCOUNT,
            "FromUserName": self.openid,
            "CreateTime": str(int(time.time())),
        }
        number = {} if fields["MsgType"] == "event" else {"MsgId": str(next(_numbers))}
        return await self.send_xml(to_xml(head | dict(fields) | number))

    async def say(self, text: str) -> str:
        """Send a text message and return the reply."""
        return await self.send({"MsgType": "text", "Content": text})

    async def retry(self) -> str:
        """Send the last message once more, as WeChat does when it saw no answer."""
        return await self.send_xml(self._last)

    async def send_xml(self, xml: str) -> str:
        """Push this XML with WeChat's patience (three tries of 5 s); the reply's text or ""."""
        self._last = xml
        for _ in range(TRIES):
            parcel = push(self.door, xml)
            try:
                return await self._post(parcel)
            except (TimeoutError, aiohttp.ServerDisconnectedError):
                continue
        raise NoAnswerError("三次都没有等到回复")

    async def _post(self, parcel: Push) -> str:
        try:
            async with asyncio.timeout(TRY_SECONDS):
                async with self._session.post(
                    self.door.url,
                    params=parcel.query,
                    data=parcel.body.encode(),
                    headers={"Content-Type": "text/xml"},
                ) as answer:
                    body = await answer.text()
        except aiohttp.ServerDisconnectedError:
            raise
        except aiohttp.ClientError as fault:
            raise NoAnswerError(f"连不上：{type(fault).__name__}") from None
        if answer.status != 200:  # noqa: PLR2004 - the only good one
            raise NoAnswerError(f"被拒绝，状态码{answer.status}")
        return read_reply(self.door, body)
