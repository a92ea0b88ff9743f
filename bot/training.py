"""`jcbot training …`: importing classes, listing them, looking at one (培训班)."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.on_database import run_on_database
from jcbot.clock import Clock
from jcbot.config import load_config
from jcbot.training.browsing import details, everything
from jcbot.training.class_list import read_classes
from jcbot.training.importing import Tally, put_in_all
from knowledge.training import load_training

if TYPE_CHECKING:
    from jcbot.config import Config
    from jcbot.storage.database import Database
    from jcbot.training.class_list import ClassList
    from jcbot.training.model import Course
    from knowledge.training import ClassColumns, TrainingBook

T = TypeVar("T")
app = typer.Typer(
    help="培训班：import 导入、list 列出、show 看一个班。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="配置文件（TOML）；不写就用 ./config.toml")
]


@app.command(
    "import", help="从 CSV 或 XLSX 导入培训班；编号已有的班会更新，名额增加就让候补的人递补。"
)
def import_(
    file: Annotated[Path, typer.Argument(help="班级表")],
    config: ConfigFile = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只核对，什么也不改")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="有问题的行跳过，其余的导入")] = False,
) -> None:
    """Import a list of classes; exit code 1 where a row was refused."""
    settings, book = load_config(config), load_training()
    found = read_classes(file, book)
    _report(found)
    if dry_run:
        _print("只是核对，什么也没有改。")
    elif found.faults and not yes:
        _print("还没有导入。改好再导入，或者加 --yes 只导入没有问题的班。")
    else:
        _print(_in_words(run_on_database(settings, partial(_put_in, settings, found, book))))
    sys.exit(1 if found.faults else 0)


@app.command("list", help="列出全部培训班，最近开的在前。")
def list_(config: ConfigFile = None) -> None:
    """Print one line for each class."""
    courses = run_on_database(load_config(config), lambda database: database.run(everything))
    columns = load_training().columns
    for course in courses:
        _print(_line(course, columns))
    if not courses:
        _print("还没有培训班。用 jcbot training import 导入。")


@app.command(help="看一个班的全部内容和报名人数（不显示是谁）。")
def show(
    number: Annotated[str, typer.Argument(help="班级编号")], config: ConfigFile = None
) -> None:
    """Print all about one class, and how many are in it."""
    course = run_on_database(
        load_config(config), lambda database: database.run(lambda conn: details(conn, number))
    )
    columns = load_training().columns
    _print(_line(course, columns))
    for key in ("place", "hours", "bring", "contact", "phone", "body", "plan", "teachers"):
        if value := getattr(course, key):
            _print(f"{columns.columns[key].names[0]}：{value}")
    _print(f"报名截止：{course.deadline:%Y-%m-%d %H:%M}之前")


async def _put_in(
    settings: Config, found: ClassList, book: TrainingBook, database: Database
) -> Tally:
    now = Clock(settings.clock.fixed).now()
    return await put_in_all(database, found.rows.values(), now, book.limits)


def _report(found: ClassList) -> None:
    refused = len({fault.row for fault in found.faults})
    _print(f"没有问题的班{len(found.rows)}个，有问题的行{refused}行。")
    if found.unknown:
        _print(f"表头里没有用到的列：{'、'.join(found.unknown)}")
    for fault in found.faults:
        _print(fault.sentence())


def _in_words(tally: Tally) -> str:
    parts = [f"已导入：新开{tally.new}个班，更新{tally.updated}个，没有变化{tally.same}个。"]
    if tally.off:
        parts.append(f"{tally.off}个班已经取消，没有改动。")
    if tally.promoted:
        parts.append(f"{tally.promoted}人从候补转为有名额，会收到消息。")
    if tally.told:
        parts.append(f"{tally.told}人会收到开班安排有变的消息。")
    if tally.over:
        parts.append(f"注意：有{tally.over}人的名额超出了新的名额数，没有取消他们。")
    return "\n".join(parts)


def _line(course: Course, columns: ClassColumns) -> str:
    state = "已取消" if course.state == "cancelled" else ""
    parts = (
        course.number, course.occupation, columns.say("level", course.level),
        columns.say("kind", course.kind), course.county,
        f"{course.first_day}至{course.last_day}",
        f"名额{course.seats} 已报{course.confirmed} 候补{course.waiting}", state,
    )  # fmt: skip
    return "  ".join(filter(None, parts))


def _print(text: str) -> None:
    print(text)  # noqa: T201 - the command's output
