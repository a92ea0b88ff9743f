"""Sealing the registry anew with the active key (换密钥), in short pieces, while it is in use.

What is sealed with the active key already is left alone, so a rotation that was stopped goes
on where it was. The old keys must stay in the settings until it is done.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, or_, select, update

from jcbot.people.keys import SEALED
from jcbot.people.patience import insist
from jcbot.storage.people_tables import people

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Row

    from jcbot.people.keys import PeopleKeys
    from jcbot.storage.database import Database

PIECE = 500
_SEALED = [people.c[column] for column in SEALED]
_WRITE = (
    update(people)
    .where(people.c.id == bindparam("person"), people.c.name == bindparam("old_name"))
    .values({column: bindparam(f"new_{column}") for column in SEALED})
)


async def rotate(database: Database, keys: PeopleKeys, progress: Callable[[int, int], None]) -> int:
    """Seal every person anew that another key sealed; return how many. `SealError`.

    `progress` is told how many are done, of how many.
    """
    total: int = await insist(database, partial(_left, keys))
    done = 0
    after: int | None = -1
    while after is not None:
        after, sealed = await insist(database, partial(_piece, keys, after))
        done += sealed
        progress(done, total)
    return done


def _old(keys: PeopleKeys) -> Any:
    """Where any sealed column does not begin with the active key's name."""
    prefix = keys.sealer.prefix
    return or_(*(func.substr(cell, 1, len(prefix)) != prefix for cell in _SEALED))


def _left(keys: PeopleKeys, conn: Connection) -> int:
    counted = select(func.count()).select_from(people).where(_old(keys))
    return conn.execute(counted).scalar_one()


def _piece(keys: PeopleKeys, after: int, conn: Connection) -> tuple[int | None, int]:
    """Seal a piece of the people behind `after`; return the last of it (None: none), how many."""
    some = select(people.c.id, people.c.id_key, *_SEALED).where(people.c.id > after, _old(keys))
    rows = conn.execute(some.order_by(people.c.id).limit(PIECE)).all()
    if not rows:
        return None, 0
    conn.execute(_WRITE, [_anew(row, keys) for row in rows])
    return rows[-1].id, len(rows)


def _anew(row: Row[Any], keys: PeopleKeys) -> dict[str, Any]:
    made: dict[str, Any] = {"person": row.id, "old_name": row.name}
    for column in SEALED:
        sealed = getattr(row, column)
        text = keys.open(sealed, row.id_key, column) if sealed else None
        made[f"new_{column}"] = keys.seal(text, row.id_key, column) if text else sealed
    return made
