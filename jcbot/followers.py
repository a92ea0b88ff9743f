"""Who follows the account: the event with the latest CreateTime decides, whatever came last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select

from jcbot.storage.dialects import Upsert
from jcbot.storage.tables import followers

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Container, Iterable
    from typing import Any

    from sqlalchemy import Connection, Executable


TOGETHER = 2_000
"""How many are looked at in one transaction."""


def _later_wins(insert: Any) -> Executable:
    new = insert.excluded
    statement: Executable = insert.on_conflict_do_update(
        index_elements=["openid"],
        set_={"following": new.following, "created": new.created, "at": new.at},
        where=followers.c.created <= new.created,
    )
    return statement


_RECORD = Upsert(followers, _later_wins)
_READ = select(followers.c.following).where(followers.c.openid == bindparam("o"))
_FOLLOWING = (
    select(followers.c.openid)
    .where(
        followers.c.following,
        followers.c.openid > bindparam("above"),
        followers.c.created <= bindparam("created"),
    )
    .order_by(followers.c.openid)
    .limit(bindparam("most"))
)
_FORGET = delete(followers).where(followers.c.openid == bindparam("o"))


def record(
    conn: Connection, openid: str, *, following: bool, created: int, now: dt.datetime
) -> bool:
    """Note a subscribe or unsubscribe event; False if a later one is known already.

    `created` is the event's CreateTime as `inbox.read_create_time` gives it; of two with the
    same one the later arrival counts.
    """
    row = {"openid": openid, "following": following, "created": created}
    return _RECORD.run(conn, row | {"at": int(now.timestamp())})


def record_all(conn: Connection, openids: Iterable[str], created: int, now: dt.datetime) -> None:
    """Note that these follow, as WeChat told at the Unix time `created`; later events stand."""
    row = {"following": True, "created": created, "at": int(now.timestamp())}
    _RECORD.run_all(conn, [{"openid": each} | row for each in openids])


def left(
    conn: Connection, above: str, listed: Container[str], created: int, now: dt.datetime
) -> tuple[str, int]:
    """Note that who is not `listed` has left, some at a time: those after the openid `above`.

    Returns the last openid looked at, "" at the end, and how many had left.
    """
    here = {"above": above, "most": TOGETHER, "created": created}
    openids = list(conn.execute(_FOLLOWING, here).scalars())
    row = {"following": False, "created": created, "at": int(now.timestamp())}
    gone = [{"openid": each} | row for each in openids if each not in listed]
    _RECORD.run_all(conn, gone)
    return (openids[-1] if len(openids) == TOGETHER else ""), len(gone)


def follows(conn: Connection, openid: str) -> bool | None:
    """Tell whether this openid follows the account; None if no event of it was ever seen."""
    found: bool | None = conn.execute(_READ, {"o": openid}).scalar()
    return found


def forget(conn: Connection, openid: str) -> None:
    """Drop what is known of this openid."""
    conn.execute(_FORGET, {"o": openid})
