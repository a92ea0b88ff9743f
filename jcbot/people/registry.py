"""Looking people up in the live registry: by ID number, name, phone, or its last four digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from jcbot.people.generations import live_number
from jcbot.people.keys import SEALED, plain_name
from jcbot.storage.people_tables import ID, NAME, PHONE, TAIL, people, people_keys

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from jcbot.people.keys import PeopleKeys

_K = people_keys.c
_COUNTY = (
    select(people.c.county)
    .join(people_keys, people.c.id == _K.person)
    .where(_K.generation == live_number, _K.domain == ID, _K.key == bindparam("k"))
)


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the registry, opened; `row` has all plain columns of `people`."""

    name: str
    id_number: str
    phone: str
    note: str
    row: Row[Any]


def by_id(conn: Connection, keys: PeopleKeys, id_number: str) -> Person | None:
    """Return the person with this ID number (as `read_id` gives it)."""
    return next(iter(_find(conn, keys, ID, keys.id_key(id_number), 1)), None)


def by_key(conn: Connection, keys: PeopleKeys, id_key: bytes) -> Person | None:
    """Return the person whose ID number has this key."""
    return next(iter(_find(conn, keys, ID, id_key, 1)), None)


def nearest(conn: Connection, keys: PeopleKeys, id_key: bytes) -> Person | None:
    """Return the person with this key, or else another one: the work is the same.

    None only in an empty registry.
    """
    mine = (_K.generation == live_number, _K.domain == ID)
    query = select(people).join(people_keys, people.c.id == _K.person).order_by(_K.key).limit(1)
    row = conn.execute(query.where(*mine, _K.key >= id_key)).first()
    row = row or conn.execute(query.where(*mine)).first()  # behind the last key
    return _opened(row, keys) if row is not None else None


def by_name(conn: Connection, keys: PeopleKeys, name: str, most: int) -> list[Person]:
    """Return up to `most` people of this name."""
    found = _find(conn, keys, NAME, keys.name_key(name), most)
    return [person for person in found if plain_name(person.name) == plain_name(name)]


def by_phone(conn: Connection, keys: PeopleKeys, phone: str, most: int) -> list[Person]:
    """Return up to `most` people with this phone number (as `read_phone` gives it)."""
    found = _find(conn, keys, PHONE, keys.phone_key(phone), most)
    return [person for person in found if person.phone == phone]


def by_tail(conn: Connection, keys: PeopleKeys, tail: str, most: int) -> list[Person]:
    """Return up to `most` people whose phone number ends in these four digits."""
    found = _find(conn, keys, TAIL, keys.tail_key(tail), most)
    return [person for person in found if person.phone.endswith(tail)]


def county_of(conn: Connection, id_key: bytes) -> str:
    """Return the county of the person whose ID number has this key; "" if it is not known."""
    return conn.execute(_COUNTY, {"k": id_key}).scalar() or ""


def _find(conn: Connection, keys: PeopleKeys, domain: int, key: bytes, most: int) -> list[Person]:
    named = (_K.generation == live_number, _K.domain == domain, _K.key == key)
    joined = select(people).join(people_keys, people.c.id == _K.person).where(*named)
    return [_opened(row, keys) for row in conn.execute(joined.order_by(_K.person).limit(most))]


def _opened(row: Row[Any], keys: PeopleKeys) -> Person:
    cells = {column: getattr(row, column) for column in SEALED}
    texts = {
        column: keys.open(sealed, row.id_key, column) if sealed else ""
        for column, sealed in cells.items()
    }
    return Person(**texts, row=row)
