"""The demo fills itself once, through the services of the commands, with people who are nobody."""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from bot.app import build
from bot.demo import may_be_filled
from bot.demo_data import Loaded, load_demo_data, samples_there
from bot.fresh import fresh_config
from jcbot.config import Config
from jcbot.people import generations, registry
from jcbot.people.importing import Desk, import_list
from jcbot.people.keys import PeopleKeys
from jcbot.settings import Database, Demo
from jcbot.storage.people_tables import people
from jcbot.storage.training_tables import enrolments, outbox, training_bodies
from jcbot.training.browsing import everything
from knowledge.demo import FOLDER, load_demo
from knowledge.reading import KnowledgeError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sqlalchemy import Connection

    from bot.app import Service
    from knowledge.library import Library

BOOK = load_demo()


def quiet(_stage: str, _done: int, _total: int) -> None: ...


@pytest.fixture
async def service(library: Library, tmp_path: Path) -> AsyncIterator[Service]:
    url = Database.model_validate({"url": f"sqlite:///{tmp_path}/demo.db"})
    built = build(fresh_config().model_copy(update={"database": url}), library)
    await built.desk.database.migrate()
    yield built
    await built.desk.database.close()


async def test_it_is_filled_once_and_samples_are_found(service: Service) -> None:
    run = service.desk.database.run
    stages = set()
    tell = lambda stage, _done, _total: stages.add(stage)  # noqa: E731
    assert await load_demo_data(service, BOOK, tell) == Loaded(5000, 60)
    assert stages == {"核对", "建索引"}
    assert await run(generations.count) == 5000
    before = await run(everything)
    assert len(before) == 60
    assert await load_demo_data(service, BOOK, quiet) == Loaded(0, 0)
    assert (await run(generations.count), await run(everything)) == (5000, before)
    _look_at_classes(before, service.clock.today())
    await run(_look_at_bodies)
    await run(_look_at_people)
    await run(partial(_look_at_samples, service))


def _look_at_classes(courses: list[Any], today: dt.date) -> None:
    assert len({course.county for course in courses}) == 7
    assert len({course.kind for course in courses}) == 7
    assert len({course.occupation for course in courses}) >= 20
    for course in courses:
        assert all((course.place, course.hours, course.bring, course.plan, course.teachers))
    past = [course for course in courses if course.last_day < today]
    running = [course for course in courses if course.first_day <= today <= course.last_day]
    ahead = [course for course in courses if course.first_day > today]
    assert min(len(past), len(running), len(ahead)) >= 5
    full = [course for course in ahead if 0 < course.seats == course.confirmed]
    nearly = [course for course in ahead if course.seats - course.confirmed == 1]
    assert min(len(full), len(nearly)) >= 2
    assert any(course.seats == 0 and course.waiting for course in ahead)
    assert any(course.waiting for course in full)
    wanted = sum(session.taken for session in BOOK.classes.sessions)
    assert sum(course.confirmed + course.waiting for course in courses) == wanted


def _look_at_bodies(conn: Connection) -> None:
    rows = conn.execute(select(training_bodies)).all()
    assert all(row.contact and row.phone.startswith("1390000") for row in rows)
    openids = set(conn.execute(select(enrolments.c.openid)).scalars())
    openids |= set(conn.execute(select(outbox.c.openid)).scalars())
    assert all(openid.startswith("demo-") for openid in openids)


def _look_at_people(conn: Connection) -> None:
    def shares(column: Any) -> Counter[Any]:
        rows = conn.execute(select(column, func.count()).group_by(column))
        return Counter({row[0]: row[1] for row in rows})

    assert len(shares(people.c.county)) == 7
    statuses = shares(people.c.card_status)
    assert set(statuses) == {"none", "pending", "done", "stale"}
    assert 100 < shares(people.c.phone)[None] < 1000
    assert shares(people.c.groups__poor_labor)[None] > 1000
    undated = select(func.count()).where(people.c.card_date.is_(None))
    assert conn.execute(undated).scalar_one() == statuses["none"]


def _look_at_samples(service: Service, conn: Connection) -> None:
    assert samples_there(service, BOOK, conn) == list(BOOK.people.samples)
    keys = PeopleKeys(service.keyring)
    numbers = [sample.cells["身份证号"] for sample in BOOK.people.samples]
    assert all(number.startswith("99") for number in numbers)
    first, second, third = (registry.by_id(conn, keys, number) for number in numbers)
    assert first
    assert second
    assert third
    assert (first.name, first.phone) == ("王桂英", "13900000001")
    assert (first.row.household_type, first.row.groups__poor_labor) == ("rural", True)
    assert second.row.card_status == "stale"
    groups = [value for key, value in third.row._mapping.items() if key.startswith("groups__")]
    assert set(groups) == {None}


async def test_when_the_days_are_over_new_classes_come(service: Service) -> None:
    run = service.desk.database.run
    await load_demo_data(service, BOOK, quiet)
    service.clock.advance(dt.timedelta(days=30))
    assert await load_demo_data(service, BOOK, quiet) == Loaded(0, 0)
    service.clock.advance(dt.timedelta(days=40))
    assert await load_demo_data(service, BOOK, quiet) == Loaded(0, 60)
    assert len(await run(everything)) == 120


async def test_a_registry_of_ones_own_is_left_alone(service: Service, tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("姓名,身份证号\n王小二,990503198503120023\n", encoding="utf-8")
    database = service.desk.database
    desk = Desk(database, service.desk.library.registry, service.keyring, service.clock)
    await import_list(desk, own, lambda _: False)
    assert await load_demo_data(service, BOOK, quiet) == Loaded(0, 60)
    assert await database.run(generations.count) == 1
    signed_up = select(func.count()).select_from(enrolments)
    assert await database.run(lambda conn: conn.execute(signed_up).scalar_one()) == 0


OWN_URL = {"url": "sqlite:///x.db"}


@pytest.mark.parametrize(
    ("database", "demo", "filled"),
    [({}, {}, True), (OWN_URL, {}, False), (OWN_URL, {"enabled": True}, True)],
)
def test_a_real_database_never_gets_invented_people(
    database: dict[str, str], demo: dict[str, bool], *, filled: bool
) -> None:
    sections = {"database": Database.model_validate(database), "demo": Demo(**demo)}
    assert may_be_filled(Config.model_construct(**sections)) is filled  # type: ignore[arg-type]


FAULTS = {
    "real area": ("people.toml", 'area = "990501"', 'area = "140502"', "county[1].area"),
    "no town": ("people.toml", "phones = 92", "phones = 192", "phones"),
    "unknown": ("people.toml", "seed = 2020", "sead = 2020", "seed"),
    "no body": ("classes.toml", '"普惠制", "城区"', '"普惠制", "长治"', "sessions[1]"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_data_is_named(tmp_path: Path, fault: str) -> None:
    name, old, new, key = FAULTS[fault]
    folder = tmp_path / "demo"
    shutil.copytree(FOLDER, folder)
    file = folder / name
    file.write_text(file.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(KnowledgeError) as told:
        load_demo(folder)
    assert told.value.key == key
