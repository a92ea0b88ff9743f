"""Messages promised (发件箱): written in the same transaction as their cause, once for each key."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select

from jcbot.clock import SHANGHAI
from jcbot.storage.dialects import Upsert
from jcbot.storage.training_tables import outbox

if TYPE_CHECKING:
    from sqlalchemy import Connection

PROMISED = "promised"

_PROMISE = Upsert(outbox, lambda insert: insert.on_conflict_do_nothing(index_elements=["key"]))
_WITHDRAW = delete(outbox).where(outbox.c.key == bindparam("k"), outbox.c.state == PROMISED)
_FORGET = delete(outbox).where(outbox.c.openid == bindparam("o"))
_OPEN = (
    select(outbox)
    .where(outbox.c.state == PROMISED)
    .order_by(outbox.c.due, outbox.c.id)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Promise:
    """A message to `openid`: `key` names it once and for all, `kind` chooses its wording."""

    key: str
    kind: str
    openid: str
    payload: dict[str, Any]
    due: dt.datetime


def promise(conn: Connection, message: Promise) -> bool:
    """Write the promise; False if its key is promised already, or nobody is there to be told."""
    if not message.openid:
        return False
    row = {
        "key": message.key,
        "kind": message.kind,
        "openid": message.openid,
        "payload": json.dumps(message.payload, ensure_ascii=False),
        "due": int(message.due.timestamp()),
        "state": PROMISED,
    }
    return _PROMISE.run(conn, row)


def withdraw(conn: Connection, key: str) -> bool:
    """Take a promise back; False if there is none that is still open."""
    return conn.execute(_WITHDRAW, {"k": key}).rowcount > 0


def forget(conn: Connection, openid: str) -> None:
    """Drop all that was ever promised to an openid."""
    conn.execute(_FORGET, {"o": openid})


def promised(conn: Connection, most: int = 100) -> list[Promise]:
    """Return the open promises, the next due first."""
    return [
        Promise(
            row.key, row.kind, row.openid, json.loads(row.payload),
            dt.datetime.fromtimestamp(row.due, SHANGHAI),
        )
        for row in conn.execute(_OPEN, {"most": most})
    ]  # fmt: skip
