"""`jcbot staff wechat …`: one's own WeChat bound to an account by scanning a code (扫码绑定)."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import segno
import typer

from bot.acting import AsName, by_of
from bot.asking import ask, data_of, draw
from bot.list_commands import ConfigFile, put
from bot.on_database import run_on_database
from jcbot.clock import Clock
from jcbot.config import load_config
from jcbot.keyring import open_keyring
from jcbot.staff.wechat_acts import make_code, take_off
from jcbot.staff.wechats import VALID_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from jcbot.config import Config
    from jcbot.staff.model import By
    from jcbot.storage.database import Database

T = TypeVar("T")
MINUTES = VALID_S // 60
KINDS = (".png", ".svg")
OutFile = Annotated[
    Path | None, typer.Option("--out", help="二维码画进文件，.png 或 .svg；不写就画在终端里")
]


def wechat(
    name: Annotated[str, typer.Argument(help="账号的名字")],
    config: ConfigFile = None,
    as_name: AsName = "",
    out: OutFile = None,
    *,
    remove: Annotated[bool, typer.Option("--remove", help="解绑这个账号的微信")] = False,
) -> None:
    """Make a code that binds whoever scans it first, or take the WeChat off."""
    settings = load_config(config)
    if out is not None and out.suffix.lower() not in KINDS:
        raise typer.BadParameter("文件名应当以 .png 或 .svg 结尾", param_hint="--out")
    if remove:
        _act(settings, as_name, partial(take_off, name=name))
        put(f"账号{name}的微信解绑了。")
        return
    scene = _act(settings, as_name, partial(make_code, name=name))
    if not (settings.wechat.app_id and settings.wechat.app_secret.get_secret_value()):
        put("没有填公众号的 app_id 和 app_secret，做不了真的二维码。")
        put(f"排练：在 jcbot chat 里输入 /scan {scene}，{MINUTES}分钟内有效，只能用一次。")
        return
    url = data_of(ask(settings, lambda client: client.create_qr(scene, expire_s=VALID_S)))["url"]
    if out is None:
        segno.make_qr(url, error="m").terminal(sys.stdout, compact=True)
    else:
        draw(url, out)
        put(f"二维码已经写到 {out}，别给别人：谁先扫，就绑谁的微信。")
    put(f"请{name}本人用微信扫码，{MINUTES}分钟内有效，只能用一次；绑过别的微信，以新扫的为准。")


def _act(settings: Config, as_name: str, work: Callable[[Connection, By], T]) -> T:
    now = Clock(settings.clock.fixed).now()

    async def run(database: Database) -> T:
        by = await by_of(database, as_name, now)
        return await database.run(lambda conn: work(conn, by))

    return run_on_database(settings, run, open_keyring(settings))
