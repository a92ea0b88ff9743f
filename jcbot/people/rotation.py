"""Sealing the registry anew with the active key (换密钥), in short pieces, while it is in use.

So are the cards that workers told (`rotate_told`), and what they sent of name and numbers.

What is sealed with the active key already is left alone, so a rotation that was stopped goes
on where it was. The old keys must stay in the settings until it is done.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, func, select, update

from jcbot.people import cards, pocket
from jcbot.people.keys import SEALED
from jcbot.people.patience import insist
from jcbot.storage.identity_tables import card_requests, pockets
from jcbot.storage.people_tables import generations, people

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Column, Connection, Row

    from jcbot.people.keys import PeopleKeys
    from jcbot.sealing import Sealer
    from jcbot.storage.database import Database

PIECE = 500
_SEALED = [people.c[column] for column in SEALED]
_READ = (
    select(people.c.id, people.c.id_key, *_SEALED)
    .where(people.c.id > bindparam("after"))
    .order_by(people.c.id)
    .limit(bindparam("most"))
    .with_for_update()
)
_WRITE = (
    update(people)
    .where(people.c.id == bindparam("person"))
    .values({column: bindparam(f"new_{column}") for column in SEALED})
)
_ALL = select(func.coalesce(func.sum(generations.c.people), 0))


async def rotate(database: Database, keys: PeopleKeys, progress: Callable[[int, int], None]) -> int:
    """Seal every person anew that another key sealed; return how many. `SealError`.

    `progress` is told how many people were looked at, of how many.
    """
    total: int = await insist(database, lambda conn: conn.execute(_ALL).scalar_one())
    seen = done = 0
    after: int | None = -1
    while after is not None:
        after, looked, sealed = await insist(database, partial(_piece, keys, after))
        seen, done = seen + looked, done + sealed
        progress(seen, max(seen, total))
    return done


class _Told(NamedTuple):
    """A table with one sealed cell: its key, its cell, what the cell is bound to."""

    key: Column[Any]
    cell: Column[Any]
    bound: Column[Any]
    place: Callable[[Any], bytes]
    first: Any


_TOLD = (
    _Told(card_requests.c.id, card_requests.c.sealed, card_requests.c.id_key, cards.place, -1),
    _Told(pockets.c.openid, pockets.c.sealed, pockets.c.openid, pocket.place, ""),
)


async def rotate_told(database: Database, keys: PeopleKeys) -> int:
    """Seal anew what workers told, cards and pockets; return how many. `SealError`."""
    done = 0
    for told in _TOLD:
        after: Any = told.first
        while after is not None:
            after, sealed = await insist(database, partial(_told_piece, told, keys.sealer, after))
            done += sealed
    return done


def _told_piece(told: _Told, sealer: Sealer, after: Any, conn: Connection) -> tuple[Any, int]:
    """Go over the cells behind `after`: the last one's key (None: no more), how many sealed."""
    chosen = select(told.key.label("k"), told.cell.label("cell"), told.bound.label("bound"))
    query = chosen.where(told.key > after).order_by(told.key).limit(PIECE).with_for_update()
    rows = conn.execute(query).all()
    made = [
        {"which": row.k, "new": sealer.seal(sealer.open(row.cell, place), place)}
        for row in rows
        if not row.cell.startswith(sealer.prefix) and (place := told.place(_plain(row.bound)))
    ]
    if made:
        write = update(told.cell.table).where(told.key == bindparam("which"))
        conn.execute(write.values({told.cell.name: bindparam("new")}), made)
    return (rows[-1].k if rows else None), len(made)


def _plain(value: Any) -> Any:
    """Return a driver's bytes as bytes."""
    return bytes(value) if isinstance(value, memoryview) else value


def _piece(keys: PeopleKeys, after: int, conn: Connection) -> tuple[int | None, int, int]:
    """Go over the people behind `after`: the last one (None: no more), how many, how many sealed.

    How much is looked at is bounded, not only how much is sealed: SQLite has one writer. The
    rows are locked, so that what another changes meanwhile is not written over.
    """
    rows = conn.execute(_READ, {"after": after, "most": PIECE}).all()
    made = [_anew(row, keys) for row in rows if _old(row, keys.sealer.prefix)]
    if made:
        conn.execute(_WRITE, made)
    return (rows[-1].id if rows else None), len(rows), len(made)


def _old(row: Row[Any], active: bytes) -> bool:
    """Tell whether any cell was sealed with another key than the active one."""
    cells = (getattr(row, column) for column in SEALED)
    return any(cell is not None and not cell.startswith(active) for cell in cells)


def _anew(row: Row[Any], keys: PeopleKeys) -> dict[str, Any]:
    made: dict[str, Any] = {"person": row.id}
    for column in SEALED:
        sealed = getattr(row, column)
        text = keys.open(sealed, row.id_key, column) if sealed else None
        made[f"new_{column}"] = keys.seal(text, row.id_key, column) if text else sealed
    return made
