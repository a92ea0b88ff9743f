"""Changing the encryption key: in pieces, resumable, readable all the while."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import pytest
from lists import NEW, OLD, desk, id_number, people, write_list
from sqlalchemy import select

from jcbot.keyring import Keyring
from jcbot.people import registry, rotation
from jcbot.people.importing import import_list
from jcbot.people.keys import SEALED, PeopleKeys
from jcbot.people.rotation import rotate
from jcbot.sealing import SealError
from jcbot.storage import people_tables as tables

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from jcbot.storage.database import Database

ONLY_NEW = Keyring({"k2": NEW.keys["k2"]}, NEW.index_key)


def by_key(conn: Connection) -> dict[bytes, int]:
    """How many sealed cells there are of each key."""
    found: dict[bytes, int] = {}
    for row in conn.execute(select(*(tables.people.c[column] for column in SEALED))):
        for cell in row:
            name = bytes(cell[1 : 1 + cell[0]])
            found[name] = found.get(name, 0) + 1
    return found


def names(keyring: Keyring, conn: Connection) -> set[str]:
    keys = PeopleKeys(keyring)
    found = (registry.by_id(conn, keys, id_number(number)) for number in range(120))
    return {person.note for person in found if person}


@pytest.fixture
async def filled(database: Database, tmp_path: Path) -> Database:
    await import_list(desk(database), write_list(tmp_path / "a.csv", people(120)), lambda _: True)
    return database


async def test_afterwards_the_new_key_alone_opens_everything(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "PIECE", 50)
    told: list[tuple[int, int]] = []
    done = await rotate(filled, PeopleKeys(NEW), lambda done, total: told.append((done, total)))
    assert done == 120
    assert told[0] == (50, 120)
    assert await filled.run(by_key) == {b"k2": 480}
    assert len(await filled.run(partial(names, ONLY_NEW))) == 120
    assert await rotate(filled, PeopleKeys(NEW), lambda _done, _total: None) == 0


async def test_stopped_half_way_all_is_readable_and_the_rest_is_done_later(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "PIECE", 50)

    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await rotate(filled, PeopleKeys(NEW), stop)
    assert await filled.run(by_key) == {b"k2": 200, b"k1": 280}
    assert len(await filled.run(partial(names, NEW))) == 120
    assert await rotate(filled, PeopleKeys(NEW), lambda _done, _total: None) == 70
    assert await filled.run(by_key) == {b"k2": 480}


async def test_without_the_old_key_nothing_is_lost(filled: Database) -> None:
    with pytest.raises(SealError, match=r"privacy\.keys"):
        await rotate(filled, PeopleKeys(ONLY_NEW), lambda _done, _total: None)
    assert len(await filled.run(partial(names, OLD))) == 120


async def test_meanwhile_everything_stays_readable(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "PIECE", 5)
    rotating = asyncio.create_task(rotate(filled, PeopleKeys(NEW), lambda _done, _total: None))
    looked = 0
    while not rotating.done():
        assert len(await filled.run(partial(names, NEW))) == 120
        looked += 1
    assert await rotating == 120
    assert looked > 1
