"""`jcbot training demand FILE` and `needs`: what employers ask for, beside wishes and classes."""

from __future__ import annotations

import sys
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.acting import AsName, by_of
from bot.list_commands import AsJson, ConfigFile, DryRun, ListFile, Yes, as_json, put, tell_faults
from bot.on_database import run_on_database
from jcbot.clock import Clock
from jcbot.config import load_config
from jcbot.keyring import open_keyring
from jcbot.staff.result_acts import take_demands
from jcbot.training.demand_list import read_demands
from jcbot.training.needs import needs as look_up
from knowledge.columns import plain
from knowledge.training import load_training

if TYPE_CHECKING:
    from jcbot.storage.database import Database
    from jcbot.training.model import Need
    from knowledge.columns import Columns

HEADINGS = ("县区", "职业", "想学的人", "企业要的人", "能报的班", "空名额")
UNKNOWN = "（没写）"


def demand(
    file: ListFile,
    config: ConfigFile = None,
    as_name: AsName = "",
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Take in a list of what employers ask for; exit code 1 where a row was refused."""
    settings, book = load_config(config), load_training()
    now = Clock(settings.clock.fixed).now()
    found = read_demands(file, book, now.date())
    tell_faults(f"没有问题的岗位{len(found.rows)}个", found.faults, found.unknown)
    if dry_run:
        put("只是核对，什么也没有改。")
    elif found.faults and not yes:
        put("还没有导入。改好再导入，或者加 --yes 只导入没有问题的岗位。")
    else:

        async def work(database: Database) -> int:
            by = await by_of(database, as_name, now)
            return await database.run(partial(take_demands, by=by, rows=found.rows))

        replaced = run_on_database(settings, work, open_keyring(settings))
        put(f"已导入{len(found.rows)}个岗位，换掉以前的{replaced}个。")
    sys.exit(1 if found.faults else 0)


def needs(
    config: ConfigFile = None,
    *,
    county: Annotated[str, typer.Option(help="只看这个县区")] = "",
    json_: AsJson = False,
) -> None:
    """Print wishes, demand and classes by county and occupation."""
    settings = load_config(config)
    name = _county(county, load_training().columns)
    now = Clock(settings.clock.fixed).now()
    work = partial(look_up, now=now, county=name)
    rows = run_on_database(settings, lambda database: database.run(work))
    if json_:
        put(as_json(needs=[asdict(row) for row in rows]))
    elif rows:
        Console(width=None if sys.stdout.isatty() else 100).print(_table(rows))
    else:
        put("名册里没有培训意愿，也没有企业用工需求和能报的班。")


def _county(said: str, columns: Columns) -> str:
    column = columns.columns["county"]
    if said and plain(said) not in column.words:
        raise typer.BadParameter(column.hint, param_hint="--county")
    return column.words[plain(said)] if said else ""


def _table(rows: list[Need]) -> Table:
    table = Table(*HEADINGS[:2])
    for heading in HEADINGS[2:]:
        table.add_column(heading, justify="right")
    for row in rows:
        counts = (row.wishes, row.demand, row.classes, row.seats)
        table.add_row(row.county or UNKNOWN, row.occupation, *map(str, counts))
    return table
