"""Calls of WeChat's from the command line, and QR codes drawn from its answers."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, TypeVar

import segno

from bot.logs import configure
from bot.metrics import Metrics
from bot.wechat.client import open_client
from bot.wechat.outcomes import Ok, Refused
from jcbot.clock import Clock
from jcbot.errors import JcbotError
from jcbot.shared import open_shared
from knowledge.wechat import load_wechat

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from bot.wechat.client import WeChatClient
    from bot.wechat.outcomes import Outcome
    from jcbot.config import Config

T = TypeVar("T")
SIDE_PIXELS = 16
"""How many pixels of the picture a dot of the code takes: sharp on an A4 poster."""


class CallError(JcbotError):
    """WeChat did not do what was asked, or did not say so."""


def ask(settings: Config, work: Callable[[WeChatClient], Awaitable[T]]) -> T:
    """Work with a client of the account of the settings."""
    return asyncio.run(with_client(settings, work))


async def with_client(settings: Config, work: Callable[[WeChatClient], Awaitable[T]]) -> T:
    """Work with a client of the account of the settings, which is closed after it."""
    configure(logging.CRITICAL)  # what is wrong is told in a sentence
    shared, clock = open_shared(settings.redis), Clock(settings.clock.fixed)
    try:
        client = open_client(settings, load_wechat(), shared, clock, Metrics())
        async with client:
            return await work(client)
    finally:
        await shared.close()


def data_of(outcome: Outcome) -> dict[str, Any]:
    """Return WeChat's answer; `CallError` where it is none."""
    match outcome:
        case Ok(data=data):
            return data
        case Refused(code=code, means=means):
            raise CallError(f"微信没有办：{means}" + (f"（错误码{code}）。" if code else "。"))
        case _:
            raise CallError("微信没有回话，不知道办了没有。过一会儿再试一次。")


def draw(text: str, file: Path) -> None:
    """Draw `text` as a QR code into a PNG or SVG file."""
    code = segno.make_qr(text, error="m")
    try:
        code.save(
            str(file), kind=file.suffix[1:].lower(), scale=SIDE_PIXELS, border=4, light="#fff"
        )
    except OSError:
        raise CallError(f"写不了文件 {file}。") from None
