"""The account's tags (标签) as WeChat told last: who of the followers has which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, select

from jcbot.storage.dialects import Upsert
from jcbot.storage.notice_tables import follower_tags

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from sqlalchemy import Connection, Executable

_T = follower_tags.c


def _seen(insert: Any) -> Executable:
    statement: Executable = insert.on_conflict_do_update(
        index_elements=["tag", "openid"], set_={"seen": insert.excluded.seen}
    )
    return statement


_PUT = Upsert(follower_tags, _seen)
_SWEEP = delete(follower_tags).where(_T.tag == bindparam("t"), _T.seen < bindparam("before"))
_OTHERS = delete(follower_tags).where(_T.tag.not_in(bindparam("tags", expanding=True)))
_FORGET = delete(follower_tags).where(_T.openid == bindparam("o"))
_KNOWN = select(_T.tag, func.count()).group_by(_T.tag).order_by(_T.tag)


def put(conn: Connection, tag: str, openids: Iterable[str], seen: int) -> None:
    """Note that these have the tag, as told at the Unix time `seen`."""
    _PUT.run_all(conn, [{"tag": tag, "openid": each, "seen": seen} for each in openids])


def sweep(conn: Connection, tag: str, before: int) -> int:
    """Drop whoever was not told to have the tag since; return how many."""
    return conn.execute(_SWEEP, {"t": tag, "before": before}).rowcount


def only(conn: Connection, names: Iterable[str]) -> int:
    """Drop tags that are not among these any more."""
    return conn.execute(_OTHERS, {"tags": list(names)}).rowcount


def known(conn: Connection) -> dict[str, int]:
    """Return the tags that anybody has, and how many have each."""
    return {row[0]: row[1] for row in conn.execute(_KNOWN)}


def forget(conn: Connection, openid: str) -> None:
    """Drop the tags of somebody."""
    conn.execute(_FORGET, {"o": openid})
