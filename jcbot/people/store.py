"""One person of the live registry written by itself (单个登记): added, revised, dropped.

The caller holds the registry (`hold_registry`), so that no import goes live meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from jcbot.errors import JcbotError
from jcbot.people.generations import live
from jcbot.people.keys import SEALED
from jcbot.people.records import COLUMNS, keys_of, record_of
from jcbot.storage.locks import hold
from jcbot.storage.people_tables import GROUPS, ROW_BITS, generations, people, people_keys

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    from jcbot.lists.rows import Values
    from jcbot.people.keys import PeopleKeys
    from jcbot.people.registry import Person

_K = people_keys.c
_LAST = select(func.max(people.c.id)).where(
    people.c.id >= bindparam("first"), people.c.id < bindparam("end")
)
_UNKEY = delete(people_keys).where(
    _K.generation == bindparam("g"), _K.domain == bindparam("d"), _K.key == bindparam("k"),
    _K.person == bindparam("p"),
)  # fmt: skip


class NoRegistryError(JcbotError):
    """There is no live registry to write to."""

    sentence = "还没有名册，请先用 jcbot people import 导入。"


def hold_registry(conn: Connection) -> None:
    """Keep imports from going live to the end of this transaction."""
    hold(conn, "registry")


def add(conn: Connection, keys: PeopleKeys, values: Values, source: str, now: dt.datetime) -> None:
    """Add a person to the live generation; `values` as an import reads them. `NoRegistryError`."""
    generation = live(conn)
    if generation is None:
        raise NoRegistryError
    id_key = keys.id_key(values["id_number"])
    first = generation.number << ROW_BITS
    last = conn.execute(_LAST, {"first": first, "end": first + (1 << ROW_BITS)}).scalar()
    number = (first if last is None else last) + 1
    record = record_of(values, id_key, keys, number, int(now.timestamp()))
    conn.execute(insert(people), dict(zip(COLUMNS, record, strict=True)) | {"source": source})
    _key(conn, number, set(), set(keys_of(values, id_key, keys)))
    _count(conn, generation.number, 1)


def revise(
    conn: Connection, keys: PeopleKeys, person: Person, cells: dict[str, Any], now: dt.datetime
) -> None:
    """Write new cells of a person; what is named in `cells` changes, also to None.

    `cells` maps columns of `people` to values, names and numbers in clear (see `flat`).
    """
    id_key, number = bytes(person.row.id_key), person.row.id
    sealed = {
        column: keys.seal(cells[column], id_key, column) if cells[column] else None
        for column in SEALED
        if column in cells
    }
    changed = cells | sealed | {"at": int(now.timestamp())}
    conn.execute(update(people).where(people.c.id == number).values(**changed))
    before: Values = {"name": person.name, "phone": person.phone}
    after = before | {key: cells[key] for key in before if key in cells}
    old, new = (set(keys_of(values, id_key, keys)) for values in (before, after))
    _key(conn, number, old - new, new - old)


def drop(conn: Connection, keys: PeopleKeys, person: Person) -> None:
    """Take a person out of the registry."""
    id_key, number = bytes(person.row.id_key), person.row.id
    values: Values = {"name": person.name, "phone": person.phone}
    _key(conn, number, set(keys_of(values, id_key, keys)), set())
    conn.execute(delete(people).where(people.c.id == number))
    _count(conn, number >> ROW_BITS, -1)


def flat(values: Values) -> dict[str, Any]:
    """Return all cells that a list can fill, as `revise` takes them; what is not there is None."""
    groups = values.get("groups") or {}
    cells = {f"groups__{group}": groups.get(group) for group in GROUPS}
    named = {"id", "generation", "id_key", "source", "at", *cells}
    return cells | {column: values.get(column) for column in COLUMNS if column not in named}


def _count(conn: Connection, generation: int, more: int) -> None:
    counted = {"people": generations.c.people + more}
    conn.execute(update(generations).where(generations.c.number == generation).values(**counted))


def _key(
    conn: Connection, person: int, gone: set[tuple[int, bytes]], new: set[tuple[int, bytes]]
) -> None:
    generation = person >> ROW_BITS
    for domain, key in gone:
        conn.execute(_UNKEY, {"g": generation, "d": domain, "k": key, "p": person})
    rows = [
        {"generation": generation, "domain": domain, "key": key, "person": person}
        for domain, key in new
    ]
    if rows:
        conn.execute(insert(people_keys), rows)
