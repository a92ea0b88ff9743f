"""A city's own registry in the middle of a unit of work: asked by rolling back, then kept."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING

import pytest
from lists import OLD, desk, id_number, people, write_list

from jcbot.clock import SHANGHAI
from jcbot.people import bindings, generations, pocket, registry
from jcbot.people.importing import import_list
from jcbot.people.keys import PeopleKeys
from jcbot.people.live import AWAY, Answers, Found, LookUp, RegistryAwayError
from jcbot.people.pocket import Pocket
from jcbot.people.service import PeopleService
from jcbot.settings import Identity

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from jcbot.storage.database import Database

KEYS = PeopleKeys(OLD)
NOW = dt.datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
WHOSE = id_number(3)
CARD = {
    "name": "钱进", "id_number": WHOSE, "phone": "13900009999", "county": "沁水县",
    "birth": dt.date(1980, 1, 15), "sex": "female", "groups": {"veteran": True},
}  # fmt: skip
CLAIM = Pocket("钱进", WHOSE, "9999")


def service(conn: Connection, answers: Answers, now: dt.datetime = NOW) -> PeopleService:
    return PeopleService(conn, KEYS, "worker", now, Identity(), answers)


def prove(answers: Answers, conn: Connection) -> bool:
    asked = service(conn, answers)
    asked.keep(CLAIM)
    return asked.prove(CLAIM)


def told(found: Found) -> Answers:
    answers = Answers()
    answers.put(WHOSE, found)
    return answers


async def test_a_question_keeps_nothing_and_the_second_run_all(database: Database) -> None:
    with pytest.raises(LookUp):
        await database.run(partial(prove, Answers()))
    left = await database.run(lambda conn: pocket.look(conn, KEYS.sealer, "worker"))
    assert left == Pocket()
    assert await database.run(partial(prove, told(Found(CARD))))

    def read(conn: Connection) -> None:
        person = service(conn, Answers()).myself()  # fresh: no question
        assert person is not None
        assert (person.name, person.row.county, person.row.groups__veteran) == (
            "钱进",
            "沁水县",
            True,
        )
        assert generations.count(conn) == 1
        assert bindings.owner(conn, KEYS.id_key(WHOSE)) == "worker"

    await database.run(read)


async def test_what_was_imported_before_gives_way(database: Database, tmp_path: Path) -> None:
    await import_list(desk(database), write_list(tmp_path / "a.csv", people(9)), lambda _: True)
    assert not await database.run(partial(prove, told(Found(None))))  # the city's word counts
    assert await database.run(partial(prove, told(Found(CARD))))

    def read(conn: Connection) -> None:
        person = registry.by_id(conn, KEYS, WHOSE)
        assert person is not None
        assert (person.name, person.note, person.row.source) == ("钱进", "", "service")
        assert registry.by_phone(conn, KEYS, "13900000003", 9) == []
        assert generations.count(conn) == 9

    await database.run(read)


async def test_after_a_day_asked_again_and_away_is_as_last_known(database: Database) -> None:
    assert await database.run(partial(prove, told(Found(CARD))))
    later = NOW + dt.timedelta(days=1)

    def county(answers: Answers, conn: Connection) -> str | None:
        person = service(conn, answers, later).myself()
        return person.row.county if person else None

    with pytest.raises(LookUp):
        await database.run(partial(county, Answers()))
    assert await database.run(partial(county, told(AWAY))) == "沁水县"
    assert await database.run(partial(county, told(Found(None)))) is None
    moved = Found(CARD | {"county": "陵川县"})
    assert await database.run(partial(county, told(moved))) == "陵川县"
    assert await database.run(partial(county, Answers())) == "陵川县"


async def test_away_raises_and_writes_nothing(database: Database) -> None:
    with pytest.raises(RegistryAwayError):
        await database.run(partial(prove, told(AWAY)))
    assert await database.run(generations.count) == 0
