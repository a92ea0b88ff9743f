"""`jcbot training seats | cancel | remove`: read back what will happen, then do it (改班级)."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.acting import AsName, Reason, Yes, agreed, by_of, read_person
from bot.on_database import run_on_database
from jcbot.clock import Clock
from jcbot.config import load_config
from jcbot.keyring import open_keyring
from jcbot.people.identity import mask_id
from jcbot.people.keys import PeopleKeys
from jcbot.staff import training_acts
from jcbot.training.browsing import details
from jcbot.training.model import CONFIRMED, Course
from jcbot.training.wording import name
from knowledge.training import load_training

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from jcbot.config import Config
    from jcbot.staff.model import By
    from jcbot.storage.database import Database

T = TypeVar("T")
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="配置文件（TOML）；不写就用 ./config.toml")
]
Number = Annotated[str, typer.Argument(help="班级编号")]


def seats(  # noqa: PLR0913 - one option each
    number: Number,
    wanted: Annotated[int, typer.Argument(metavar="N", help="新的名额数")],
    config: ConfigFile = None,
    as_name: AsName = "",
    reason: Reason = "",
    *,
    yes: Yes = False,
) -> None:
    """Set how many seats a class has."""
    settings, book = load_config(config), load_training()
    column = book.columns.columns["seats"]
    if not column.least <= wanted <= column.most:
        raise typer.BadParameter(column.hint, param_hint="N")

    async def work(database: Database, by: By) -> str:
        course = await _seen(database, by, "training.seats", number)
        if not agreed(_seats_ahead(course, wanted, by), yes=yes):
            return ""
        change = (course.seats, wanted)
        done = await database.run(
            lambda conn: training_acts.change_seats(conn, by, number, change, book.limits)
        )
        over = f"有{done.over}人超出名额，没有取消他们。" if done.over else ""
        return f"已改。{done.promoted}人从候补转为有名额。{over}"

    _act(settings, as_name, reason, work)


def cancel(
    number: Number,
    reason: Reason,
    config: ConfigFile = None,
    as_name: AsName = "",
    *,
    yes: Yes = False,
) -> None:
    """Call a class off."""

    async def work(database: Database, by: By) -> str:
        course = await _seen(database, by, "training.cancel", number)
        ahead = (
            f"要取消{name(course)}：有名额的{course.confirmed}人、候补的{course.waiting}人"
            "都会收到取消的消息。取消以后不能恢复。"
        )
        if not agreed(ahead, yes=yes):
            return ""
        told = await database.run(lambda conn: training_acts.cancel_class(conn, by, number))
        return f"已取消，{told}人会收到消息。"

    _act(load_config(config), as_name, reason, work)


def remove(
    number: Number,
    config: ConfigFile = None,
    as_name: AsName = "",
    reason: Reason = "",
    *,
    yes: Yes = False,
) -> None:
    """Take a person, whose ID number is on standard input, out of a class."""
    settings, limits = load_config(config), load_training().limits
    id_number = read_person()
    person = PeopleKeys(open_keyring(settings)).id_key(id_number)

    async def work(database: Database, by: By) -> str:
        course = await _seen(database, by, "training.remove", number)
        found = await database.run(lambda conn: training_acts.holding(conn, course, person))
        has = "有名额" if found.state == CONFIRMED else f"候补第{found.place}位"
        ahead = (
            f"要把证件号{mask_id(id_number)}的人移出{name(course)}：现在{has}。"
            f"本人会收到消息，候补{course.waiting}人依次往前。"
        )
        if not agreed(ahead, yes=yes):
            return ""
        done = await database.run(
            lambda conn: training_acts.remove_person(conn, by, number, person, limits)
        )
        return f"已移出。{done.promoted}人从候补转为有名额。"

    _act(settings, as_name, reason, work)


def _act(
    settings: Config,
    as_name: str,
    reason: str,
    work: Callable[[Database, By], Awaitable[str]],
) -> None:
    """Run it on the database under a name; print what was done, exit code 1 if nothing was."""
    now = Clock(settings.clock.fixed).now()

    async def run(database: Database) -> str:
        return await work(database, await by_of(database, as_name, now, reason))

    done = run_on_database(settings, run, open_keyring(settings))
    if not done:
        sys.exit(1)
    sys.stdout.write(done + "\n")


async def _seen(database: Database, by: By, permission: str, number: str) -> Course:
    """Return the class as it is now, if it is open and within reach."""
    course = await database.run(partial(details, number=number))
    by.require(permission, course.county, course.body)
    training_acts.check_open(course)
    return course


def _seats_ahead(course: Course, wanted: int, by: By) -> str:
    ahead = training_acts.foresee(course, wanted, by.at)
    lines = [
        f"要把{name(course)}的名额从{course.seats}改成{wanted}。",
        f"现在有名额的{course.confirmed}人，候补的{course.waiting}人。",
    ]
    if ahead.promoted:
        lines.append(f"会有{ahead.promoted}人从候补转为有名额，并收到消息。")
    if ahead.over:
        lines.append(f"会有{ahead.over}人超出名额，不会取消他们。")
    return "\n".join(lines)
