"""What is remembered of a talk between two messages: the handlers' state, as JSON, for some days.

`load` keeps every other transaction from this openid's state until the end of its own, so two
messages of one worker in flight at once are taken one after the other and neither is lost.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select, update

from jcbot.storage.dialects import Upsert
from jcbot.storage.locks import hold
from jcbot.storage.tables import conversations

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection, Executable


def _replace(insert: Any) -> Executable:
    new = insert.excluded
    statement: Executable = insert.on_conflict_do_update(
        index_elements=["openid"], set_={"state": new.state, "at": new.at}
    )
    return statement


# ASCII escapes carry a lone surrogate or a NUL through every database.
_as_text = json.JSONEncoder(separators=(",", ":")).encode

_SAVE = Upsert(conversations, _replace)
_EMPTY = (
    update(conversations)
    .where(conversations.c.openid == bindparam("o"))
    .values(state=bindparam("s"), at=bindparam("when"))
)
_READ = (
    select(conversations.c.state, conversations.c.at)
    .where(conversations.c.openid == bindparam("o"))
    .with_for_update()
)
_FORGET = delete(conversations).where(conversations.c.openid == bindparam("o"))
_OLD = (
    select(conversations.c.openid)
    .where(conversations.c.at < bindparam("before"))
    .order_by(conversations.c.at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_PURGE = delete(conversations).where(conversations.c.openid.in_(_OLD.scalar_subquery()))


def load(conn: Connection, openid: str, since: dt.datetime | None = None) -> dict[str, Any]:
    """Return the state, or {} if there is none or it was last saved before `since`."""
    row = conn.execute(_READ, {"o": openid}).first()
    # No row, nothing to lock: hold the name instead and look again, for the very first message.
    if row is None and hold(conn, "conversation", openid):
        row = conn.execute(_READ, {"o": openid}).first()
    if row is None or (since is not None and row.at < since.timestamp()):
        return {}
    state: dict[str, Any] = json.loads(row.state)
    return state


def save(conn: Connection, openid: str, state: dict[str, Any], now: dt.datetime) -> None:
    """Keep the state; an empty one leaves of a talk only when it was, and begins none.

    When somebody wrote last decides how he may be written to; who was erased has no row to keep.
    """
    row = {"openid": openid, "state": _as_text(state), "at": int(now.timestamp())}
    if state:
        _SAVE.run(conn, row)
    else:
        conn.execute(_EMPTY, {"o": openid, "s": row["state"], "when": row["at"]})


def forget(conn: Connection, openid: str) -> None:
    """Drop the state of this openid."""
    conn.execute(_FORGET, {"o": openid})


def purge(conn: Connection, before: dt.datetime, most: int = 500) -> int:
    """Drop at most `most` states last saved before `before`; return how many it were."""
    return conn.execute(_PURGE, {"before": int(before.timestamp()), "most": most}).rowcount
