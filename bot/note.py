"""The note a running demo leaves (演示的便条): where it is and the keys to talk with it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from bot.fresh import door_of, invent_account
from bot.wechat.simulator import Door
from jcbot.errors import ConfigError
from jcbot.settings import WeChat

if TYPE_CHECKING:
    from jcbot.config import Config

NOTE = Path("var/demo.json")
"""Readable by its owner only."""


def read_note() -> Door:
    """Return the way in to the running demo; `ConfigError` where there is none."""
    try:
        note = json.loads(NOTE.read_text(encoding="utf-8"))
        return Door(note["url"] + "/wechat", note["app_id"], note["token"], note["aes_key"])
    except (OSError, ValueError, KeyError, TypeError):
        fault = "没有正在运行的演示。先运行 make demo，或者用 --config 指明配置文件"
        raise ConfigError(str(NOTE), "", fault) from None


def with_own_account(config: Config) -> Config:
    """Return the demo's settings with an account, its own where none is set.

    It is made once and kept, so that a restart does not cut off who is talking.
    """
    if config.wechat.token.get_secret_value():
        return config
    try:
        door = read_note()
        kept = {"app_id": door.app_id, "token": door.token, "aes_key": door.aes_key}
        account = WeChat.model_validate(kept)
    except (ConfigError, ValueError):
        account = invent_account()
    return config.model_copy(update={"wechat": account})


def leave_note(config: Config, url: str) -> None:
    """Write where the demo is and its keys for `jcbot chat`, for the owner's eyes only."""
    door = door_of(config, url)
    note = {"url": url, "app_id": door.app_id, "token": door.token, "aes_key": door.aes_key}
    NOTE.parent.mkdir(parents=True, exist_ok=True)
    draft = NOTE.with_suffix(f".{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(note, file)
    draft.replace(NOTE)
