"""Erasing a person from the registry (删除资料): from every generation that is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, or_, select, update

from jcbot.errors import JcbotError
from jcbot.people.generations import FILLING, LIVE, PREVIOUS
from jcbot.storage.locks import hold
from jcbot.storage.people_tables import ID, NAME, PHONE, TAIL, generations, people, people_keys

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from jcbot.people.keys import PeopleKeys

_K, _G = people_keys.c, generations.c


class RegistryFillingError(JcbotError):
    """An import is under way, or was broken off, and may hold the person's row."""

    sentence = "名册正在导入，或者上次导入没有做完：请先把导入做完，再删除。"


def rows_of(conn: Connection, id_key: bytes) -> list[Row[Any]]:
    """Return the person's sealed rows: that of the live generation first, then the previous."""
    kept = select(_G.number, _G.state).where(_G.state.in_((LIVE, PREVIOUS))).subquery()
    mine = and_(_K.generation == kept.c.number, _K.domain == ID, _K.key == id_key)
    found = (
        select(people)
        .join(people_keys, people.c.id == _K.person)
        .join(kept, mine)
        .order_by(people.c.id.desc())
    )
    return list(conn.execute(found))


def erase(conn: Connection, keys: PeopleKeys, id_number: str) -> int:
    """Drop a person's rows and what they are found by; return how many rows. Not to be undone.

    `RegistryFillingError` while a generation is half full.
    """
    hold(conn, "registry")
    if conn.execute(select(_G.number).where(_G.state == FILLING)).first():
        raise RegistryFillingError
    found = rows_of(conn, keys.id_key(id_number))
    for row in found:
        conn.execute(delete(people_keys).where(_keys_of(row, keys)))
        conn.execute(delete(people).where(people.c.id == row.id))
        fewer = update(generations).where(_G.number == row.generation)
        conn.execute(fewer.values(people=_G.people - 1))
    return len(found)


def _keys_of(row: Row[Any], keys: PeopleKeys) -> Any:
    """Where the keys of this row are, by their whole key: there is no way to them by person."""
    held = [(ID, row.id_key), (NAME, keys.name_key(keys.open(row.name, row.id_key, "name")))]
    if row.phone:
        phone = keys.open(row.phone, row.id_key, "phone")
        held += [(PHONE, keys.phone_key(phone)), (TAIL, keys.tail_key(phone))]
    each = [and_(_K.domain == domain, _K.key == key) for domain, key in held]
    return and_(_K.generation == row.generation, _K.person == row.id, or_(*each))
