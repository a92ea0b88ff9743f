"""`jcbot people export | erase | unlock`: what is kept of one person, and his lock (本人资料)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.acting import AsName, Reason, Yes, agreed, by_of, read_person
from bot.on_database import run_on_database
from jcbot.clock import Clock
from jcbot.config import load_config
from jcbot.keyring import open_keyring
from jcbot.people.identity import mask_id
from jcbot.people.keys import PeopleKeys
from jcbot.staff.registry_acts import Erased, erase_person, export_person, unlock_person
from knowledge.training import load_training

if TYPE_CHECKING:
    from jcbot.storage.database import Database

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="配置文件（TOML）；不写就用 ./config.toml")
]
COMES_BACK = "办公室以后再导入含有这个人的名册，资料会重新进来；备份里的要等备份过期。"


def export(
    reason: Reason,
    config: ConfigFile = None,
    as_name: AsName = "",
    *,
    full: Annotated[bool, typer.Option("--full", help="不打码，交给本人时才用")] = False,
) -> None:
    """Print all that is kept of a person, whose ID number is on standard input, as JSON."""
    settings = load_config(config)
    id_number, keyring = read_person(), open_keyring(settings)
    now = Clock(settings.clock.fixed).now()

    async def work(database: Database) -> dict[str, Any]:
        by, keys = await by_of(database, as_name, now, reason), PeopleKeys(keyring)
        return await database.run(lambda conn: export_person(conn, by, keys, id_number, full=full))

    kept = run_on_database(settings, work, keyring)
    sys.stdout.write(json.dumps(kept, ensure_ascii=False, indent=2) + "\n")


def erase(
    reason: Reason,
    config: ConfigFile = None,
    as_name: AsName = "",
    *,
    yes: Yes = False,
) -> None:
    """Drop all that is kept of a person, whose ID number is on standard input."""
    settings, limits = load_config(config), load_training().limits
    id_number, keyring = read_person(), open_keyring(settings)
    now = Clock(settings.clock.fixed).now()
    ahead = (
        f"要删除证件号{mask_id(id_number)}的人：名册里的资料（现在的和上一份），报名和候补"
        f"（没开班的会退出，名额让给候补），还没发的消息。删了不能恢复。\n{COMES_BACK}"
    )

    async def work(database: Database) -> Erased | None:
        by = await by_of(database, as_name, now, reason)
        if not agreed(ahead, yes=yes):
            return None
        return await erase_person(database, by, keyring, id_number, limits)

    done = run_on_database(settings, work, keyring)
    if done is None:
        sys.exit(1)
    sys.stdout.write(f"已删除：名册{done.rows}份，报名{done.enrolments}项。\n")


def unlock(
    reason: Reason,
    config: ConfigFile = None,
    as_name: AsName = "",
    *,
    unbind: Annotated[
        bool, typer.Option("--unbind", help="同时解除绑定：被别人绑走了、微信号不用了")
    ] = False,
) -> None:
    """Let a person, whose ID number is on standard input, prove himself again at once."""
    settings = load_config(config)
    id_number, keyring = read_person(), open_keyring(settings)
    now = Clock(settings.clock.fixed).now()

    async def work(database: Database) -> bool:
        by, keys = await by_of(database, as_name, now, reason), PeopleKeys(keyring)
        return await database.run(
            lambda conn: unlock_person(conn, by, keys, id_number, unbind=unbind)
        )

    was_bound = run_on_database(settings, work, keyring)
    freed = "，绑定已解除" if unbind and was_bound else ""
    sys.stdout.write(f"证件号{mask_id(id_number)}可以重新核对了{freed}。\n")
