"""Failed tries (限次): so many, then a lock that doubles; kept in the database, for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select

from jcbot.storage.dialects import Upsert
from jcbot.storage.identity_tables import strikes

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection, Executable

    from jcbot.settings import Identity

MINUTE, DAY = 60, 86_400
_S = strikes.c
_READ = select(strikes).where(_S.key == bindparam("k"))
_CLEAR = delete(strikes).where(_S.key == bindparam("k"))
_OLD = select(_S.key).where(_S.at < bindparam("before")).limit(bindparam("most"))
_PURGE = delete(strikes).where(_S.key.in_(_OLD.scalar_subquery()))


def _put(insert: Any) -> Executable:
    new = insert.excluded
    values = {name: new[name] for name in ("misses", "locks", "until", "at")}
    statement: Executable = insert.on_conflict_do_update(index_elements=["key"], set_=values)
    return statement


def _one_more(insert: Any) -> Executable:
    statement: Executable = insert.on_conflict_do_update(
        index_elements=["key"], set_={"misses": _S.misses + insert.excluded.misses}
    )
    return statement


_WRITE, _COUNT = Upsert(strikes, _put), Upsert(strikes, _one_more)


def locked(conn: Connection, key: bytes, now: dt.datetime) -> bool:
    """Say whether this key is locked now."""
    row = conn.execute(_READ, {"k": key}).first()
    return row is not None and row.until > now.timestamp()


def miss(
    conn: Connection, key: bytes, now: dt.datetime, limits: Identity, *, counts: bool = True
) -> None:
    """Count a failed try, which may lock the key. The caller holds the key.

    The first lock lasts `limits.lock_minutes`, each further one twice as long, up to a day; a
    day without a try after it and all is forgotten. A try that does not count takes as long.
    """
    at = int(now.timestamp())
    row = conn.execute(_READ, {"k": key}).mappings().first()
    fresh: dict[str, Any] = {"key": key, "misses": 0, "locks": 0, "until": 0, "at": at}
    before = {**row} if row else fresh
    if at > max(before["at"], before["until"]) + DAY:
        before = fresh
    _WRITE.run(conn, _one_miss_more(before, at, limits) if counts else before)


def _one_miss_more(row: dict[str, Any], at: int, limits: Identity) -> dict[str, Any]:
    misses, locks, until = row["misses"] + 1, row["locks"], row["until"]
    if misses >= limits.tries:
        seconds = min(limits.lock_minutes * MINUTE << min(locks, 20), DAY)
        misses, locks, until = 0, locks + 1, at + seconds
    return row | {"misses": misses, "locks": locks, "until": until, "at": at}


def clear(conn: Connection, key: bytes) -> None:
    """Forget the failed tries of a key."""
    conn.execute(_CLEAR, {"k": key})


def in_this_minute(conn: Connection, now: dt.datetime) -> int:
    """Return how many tries failed in this minute, over everybody."""
    row = conn.execute(_READ, {"k": _minute(now)}).first()
    return row.misses if row else 0


def count_minute(conn: Connection, now: dt.datetime, *, counts: bool = True) -> int:
    """Count a failed try of anybody; return how many it are in this minute."""
    row = {"key": _minute(now), "locks": 0, "until": 0, "at": int(now.timestamp())}
    _COUNT.run(conn, row | {"misses": int(counts)})
    return in_this_minute(conn, now)


def purge(conn: Connection, before: dt.datetime, most: int = 500) -> int:
    """Forget at most `most` keys not tried since `before`; return how many it were."""
    return conn.execute(_PURGE, {"before": int(before.timestamp()), "most": most}).rowcount


def _minute(now: dt.datetime) -> bytes:
    return b"minute %d" % (int(now.timestamp()) // MINUTE)
