"""What a worker has sent of name and numbers before all of it is there (待用), sealed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select

from jcbot.sealing import SealError
from jcbot.storage.dialects import Upsert
from jcbot.storage.identity_tables import pockets

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection, Executable

    from jcbot.sealing import Sealer

_P = pockets.c
_READ = select(_P.sealed).where(_P.openid == bindparam("o"))
_EMPTY = delete(pockets).where(_P.openid == bindparam("o"))
_OLD = select(_P.openid).where(_P.at < bindparam("before")).limit(bindparam("most"))
_PURGE = delete(pockets).where(_P.openid.in_(_OLD.scalar_subquery()))


def _put(insert: Any) -> Executable:
    new = insert.excluded
    statement: Executable = insert.on_conflict_do_update(
        index_elements=["openid"], set_={"sealed": new.sealed, "at": new.at}
    )
    return statement


_WRITE = Upsert(pockets, _put)


@dataclass(slots=True)
class Pocket:
    """Name, 18-character ID number, phone's last four digits, whole phone; "" what is not there.

    `no_phone` is set once the worker said that no phone was left with the office.
    """

    name: str = field(default="", repr=False)
    id_number: str = field(default="", repr=False)
    tail: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    no_phone: bool = False


def look(conn: Connection, sealer: Sealer, openid: str) -> Pocket:
    """Return what there is; an empty one if nothing, or if its key is gone."""
    sealed = conn.execute(_READ, {"o": openid}).scalar()
    if sealed is None:
        return Pocket()
    try:
        return Pocket(**json.loads(sealer.open(sealed, place(openid))))
    except SealError:
        return Pocket()


def keep(conn: Connection, sealer: Sealer, openid: str, pocket: Pocket, now: dt.datetime) -> None:
    """Keep it, sealed, until it is emptied or grows old."""
    text = json.dumps(asdict(pocket), ensure_ascii=False)
    sealed = sealer.seal(text, place(openid))
    _WRITE.run(conn, {"openid": openid, "sealed": sealed, "at": int(now.timestamp())})


def empty(conn: Connection, openid: str) -> None:
    """Drop it."""
    conn.execute(_EMPTY, {"o": openid})


def purge(conn: Connection, before: dt.datetime, most: int = 500) -> int:
    """Drop at most `most` last filled before `before`; return how many it were."""
    return conn.execute(_PURGE, {"before": int(before.timestamp()), "most": most}).rowcount


def place(openid: str) -> bytes:
    """Return what binds a sealed pocket to its openid."""
    return b"pocket\0" + openid.encode("utf-8", "replace")
