"""`jcbot training …`: classes, what became of people in them, employers' demand (培训班)."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot import class_changes
from bot.acting import AsName, by_of
from bot.demands import demand, needs
from bot.list_commands import ConfigFile, DryRun, ListFile, Yes, put, tell_faults
from bot.on_database import run_on_database
from bot.results import results
from jcbot.clock import Clock
from jcbot.config import load_config
from jcbot.keyring import open_keyring
from jcbot.staff.training_acts import import_classes
from jcbot.training.browsing import details, everything
from jcbot.training.class_list import read_classes
from jcbot.training.importing import TOGETHER, Tally
from knowledge.training import load_training

if TYPE_CHECKING:
    from jcbot.config import Config
    from jcbot.storage.database import Database
    from jcbot.training.class_list import ClassList
    from jcbot.training.model import Course
    from knowledge.columns import Columns
    from knowledge.training import TrainingBook

T = TypeVar("T")
app = typer.Typer(
    help="培训班：import 导入、list 列出、show 看一个班、seats 改名额、cancel 取消、remove 移人、"
    "results 登记结果；企业用工：demand 导入、needs 和意愿、班次并排看。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for name, command, told in (
    ("results", results, "从 CSV 或 XLSX 登记到课、考试、证书、就业、补贴；空着的格子不改。"),
    ("demand", demand, "从 CSV 或 XLSX 导入企业用工需求；同一企业同一岗位以前的会换掉。"),
    ("needs", needs, "按县区和职业并排看：多少人想学、企业要多少人、有多少班和空名额。"),
):
    app.command(name, help=told)(command)


@app.command(
    "import", help="从 CSV 或 XLSX 导入培训班；编号已有的班会更新，名额增加就让候补的人递补。"
)
def import_(
    file: ListFile,
    config: ConfigFile = None,
    as_name: AsName = "",
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Import a list of classes; exit code 1 where a row was refused."""
    settings, book = load_config(config), load_training()
    found = read_classes(file, book)
    tell_faults(f"没有问题的班{len(found.rows)}个", found.faults, found.unknown)
    if dry_run:
        put("只是核对，什么也没有改。")
    elif found.faults and not yes:
        put("还没有导入。改好再导入，或者加 --yes 只导入没有问题的班。")
    else:
        work = partial(_put_in, settings, as_name, (found, book))
        put(_in_words(run_on_database(settings, work, open_keyring(settings))))
    sys.exit(1 if found.faults else 0)


@app.command("list", help="列出全部培训班，最近开的在前。")
def list_(config: ConfigFile = None) -> None:
    """Print one line for each class."""
    courses = run_on_database(load_config(config), lambda database: database.run(everything))
    columns = load_training().columns
    for course in courses:
        put(_line(course, columns))
    if not courses:
        put("还没有培训班。用 jcbot training import 导入。")


@app.command(help="看一个班的全部内容和报名人数（不显示是谁）。")
def show(
    number: Annotated[str, typer.Argument(help="班级编号")], config: ConfigFile = None
) -> None:
    """Print all about one class, and how many are in it."""
    course = run_on_database(
        load_config(config), lambda database: database.run(lambda conn: details(conn, number))
    )
    columns = load_training().columns
    put(_line(course, columns))
    for key in ("place", "hours", "bring", "contact", "phone", "body", "plan", "teachers"):
        if value := getattr(course, key):
            put(f"{columns.columns[key].names[0]}：{value}")
    put(f"报名截止：{course.deadline:%Y-%m-%d %H:%M}之前")


app.command(help="改一个班的名额：多了让候补的人递补，少了不取消已有的人。")(class_changes.seats)
app.command(help="取消一个班，班里和候补的人都会收到消息。")(class_changes.cancel)
app.command(help="把一个人移出培训班；身份证号从标准输入给，不要写在命令里。")(class_changes.remove)


async def _put_in(
    settings: Config, as_name: str, what: tuple[ClassList, TrainingBook], database: Database
) -> Tally:
    found, book = what
    by = await by_of(database, as_name, Clock(settings.clock.fixed).now())
    rows = sorted(found.rows.values(), key=lambda each: str(each["number"]))
    for each in rows:  # before the first is in, not only when its turn comes
        by.require("training.import", each["county"], each["body"])
    tally = Tally()
    for start in range(0, len(rows), TOGETHER):
        part = rows[start : start + TOGETHER]
        work = partial(import_classes, by=by, rows=part, limits=book.limits)
        tally.add(await database.run(work))
    return tally


def _in_words(tally: Tally) -> str:
    parts = [f"已导入：新开{tally.new}个班，更新{tally.updated}个，没有变化{tally.same}个。"]
    if tally.off:
        parts.append(f"{tally.off}个班已经取消，没有改动。")
    if tally.promoted:
        parts.append(f"{tally.promoted}人从候补转为有名额，会收到消息。")
    if tally.told:
        parts.append(f"{tally.told}人会收到开班安排有变的消息。")
    if tally.wished:
        parts.append("等着这样的班的人，会在微信里收到消息。")
    if tally.over:
        parts.append(f"注意：有{tally.over}人的名额超出了新的名额数，没有取消他们。")
    return "\n".join(parts)


def _line(course: Course, columns: Columns) -> str:
    state = "已取消" if course.state == "cancelled" else ""
    parts = (
        course.number, course.occupation, columns.say("level", course.level),
        columns.say("kind", course.kind), course.county,
        f"{course.first_day}至{course.last_day}",
        f"名额{course.seats} 已报{course.confirmed} 候补{course.waiting}", state,
    )  # fmt: skip
    return "  ".join(filter(None, parts))
