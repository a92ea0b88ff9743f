"""What the demo is filled with at its first start (演示数据), the same way as by the commands.

Nothing is loaded twice: people only while there is no registry, classes only when hardly any
begins in the days to come.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.demo_classes import few_ahead, fill_classes, write_classes
from bot.demo_people import write_people
from jcbot.errors import JcbotError
from jcbot.people import generations, registry
from jcbot.people.identity import read_id
from jcbot.people.importing import Desk, import_list
from jcbot.people.keys import PeopleKeys
from jcbot.training.class_list import read_classes
from jcbot.training.importing import put_in_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from bot.app import Service
    from knowledge.demo import DemoBook, Sample

PEOPLE, CLASSES = "演示名册.csv", "演示班级.csv"


class DemoDataError(JcbotError):
    """The invented lists do not read; only a fault in knowledge/demo can do that."""

    sentence = "演示数据没有装好，请检查 knowledge/demo 里的文件。"


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many people and classes this start loaded; 0 where they were there already."""

    people: int
    classes: int


async def load_demo_data(
    service: Service, book: DemoBook, tell: Callable[[str, int, int], None]
) -> Loaded:
    """Fill an empty demo; `tell` hears (stage, done, of how many). Call it with the service open.

    `DemoDataError`; `ImportBusyError` while another process fills the same database.
    """
    database, today = service.desk.database, service.clock.today()
    people = classes = 0
    with tempfile.TemporaryDirectory() as folder:
        if await database.run(generations.live) is None:
            people = await _load_people(service, book, Path(folder) / PEOPLE, tell)
        if await database.run(partial(few_ahead, today=today)):
            classes = await _load_classes(service, book, Path(folder) / CLASSES)
    return Loaded(people, classes)


def samples_there(service: Service, book: DemoBook, conn: Connection) -> list[Sample]:
    """Return those of the people by name whom the live registry knows."""
    keys = PeopleKeys(service.keyring)
    heading = service.desk.library.registry.columns["id_number"].name
    numbers = [(sample, read_id(sample.cells[heading])) for sample in book.people.samples]
    return [sample for sample, number in numbers if registry.by_id(conn, keys, number)]


async def _load_people(
    service: Service, book: DemoBook, path: Path, tell: Callable[[str, int, int], None]
) -> int:
    columns = service.desk.library.registry
    write_people(book.people, columns, service.clock.today(), path)
    desk = Desk(service.desk.database, columns, service.keyring, service.clock, tell)
    report = await import_list(desk, path, lambda _: False)
    if not report.live:
        raise DemoDataError
    return report.good


async def _load_classes(service: Service, book: DemoBook, path: Path) -> int:
    database, training = service.desk.database, service.desk.library.training
    now = service.clock.now()
    write_classes(book.classes, training, now.date(), path)
    found = read_classes(path, training)
    if found.faults:
        raise DemoDataError
    await put_in_all(database, found.rows.values(), now, training.limits)
    live = await database.run(generations.live)
    if live is not None and live.source == PEOPLE:  # never other people's
        skip = len(book.people.samples)
        await fill_classes(database, book.classes, now, training.limits, skip)
    return len(found.rows)
