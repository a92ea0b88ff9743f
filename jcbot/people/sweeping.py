"""Deleting dropped generations in short pieces, while everything else goes on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from jcbot.people.generations import DROPPED
from jcbot.people.patience import insist
from jcbot.storage.people_tables import (
    ID,
    NAME,
    PHONE,
    ROW_BITS,
    TAIL,
    generations,
    people,
    people_keys,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.storage.database import Database

PIECE = 2_000


async def sweep(database: Database) -> None:
    """Delete the people and keys of all dropped generations; may be stopped and started again."""
    for number in await insist(database, _dropped):
        for domain in (ID, NAME, PHONE, TAIL):
            key: bytes | None = b""
            while key is not None:
                key = await insist(database, partial(_drop_keys, number, domain, key))
        person: int | None = number << ROW_BITS
        while person is not None:
            person = await insist(database, partial(_drop_people, number, person))
        await insist(database, partial(_note_empty, number))


def _dropped(conn: Connection) -> list[int]:
    full = (generations.c.state == DROPPED, generations.c.row > 0)
    return list(conn.execute(select(generations.c.number).where(*full)).scalars())


def _drop_keys(number: int, domain: int, after: bytes, conn: Connection) -> bytes | None:
    """Delete a piece from key `after` on; return where the next begins, None at the end."""
    key = people_keys.c.key
    mine = (people_keys.c.generation == number, people_keys.c.domain == domain, key >= after)
    last = conn.execute(select(key).where(*mine).order_by(key).offset(PIECE).limit(1)).scalar()
    stretch = mine if last is None else (*mine, key <= last)
    conn.execute(delete(people_keys).where(*stretch))
    return last


def _drop_people(number: int, after: int, conn: Connection) -> int | None:
    """Delete a piece from person `after` on; return where the next begins, None at the end."""
    mine = (people.c.id >= after, people.c.id < (number + 1) << ROW_BITS)
    some = select(people.c.id).where(*mine).order_by(people.c.id).offset(PIECE).limit(1)
    last = conn.execute(some).scalar()
    stretch = mine if last is None else (*mine, people.c.id <= last)
    conn.execute(delete(people).where(*stretch))
    return last


def _note_empty(number: int, conn: Connection) -> None:
    mine = generations.c.number == number
    conn.execute(update(generations).where(mine).values(row=0, keyed=0, people=0))
