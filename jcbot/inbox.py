"""`once`: the first time a message comes it is worked on, every later time it gets that reply.

Insert first, then work, then keep the reply, all in the caller's one transaction: whoever
comes second, even from another process, waits at the unique key and reads what the first kept.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select, update

from jcbot.clock import machine_time
from jcbot.storage.dialects import Upsert
from jcbot.storage.locks import hold
from jcbot.storage.tables import inbox

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from sqlalchemy import Connection

DAY = 86_400
OPPOSITE = {"subscribe": "unsubscribe", "unsubscribe": "subscribe"}

_CLAIM = Upsert(inbox, lambda insert: insert.on_conflict_do_nothing())
_READ = select(inbox.c.reply).where(inbox.c.key == bindparam("k"))
_KEEP = update(inbox).where(inbox.c.key == bindparam("k")).values(reply=bindparam("r"))
_FORGET = delete(inbox).where(
    inbox.c.thread == bindparam("t"), inbox.c.created <= bindparam("until")
)
_OLD = (
    select(inbox.c.key)
    .where(inbox.c.at < bindparam("before"))
    .order_by(inbox.c.at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_PURGE = delete(inbox).where(inbox.c.key.in_(_OLD.scalar_subquery()))


@dataclass(frozen=True, slots=True)
class Key:
    """What makes a message the same message, as hashes.

    For follow events `thread` names the openid's events of this kind, `ends` those of the
    opposite kind, whose memory this one ends; `created` is its CreateTime.
    """

    value: bytes
    thread: bytes | None = None
    ends: bytes | None = None
    created: int | None = None


@dataclass(frozen=True, slots=True)
class StoredReply:
    """The reply of a message; `fresh` if it was worked out just now, not read back."""

    text: str
    fresh: bool


def message_key(account: str, openid: str, msg_id: str) -> Key:
    """Build the key of a message. `msg_id` is taken as the string it came as."""
    return Key(_hash("message", account, openid, msg_id))


def event_key(account: str, openid: str, create_time: str, event: str, key: str = "") -> Key:
    """Build the key of an event, which has no MsgId. `key` is its EventKey."""
    event = event.lower()
    value = _hash("event", account, openid, create_time, event, key)
    if event not in OPPOSITE:
        return Key(value)
    thread = _hash("thread", account, openid, event)
    ends = _hash("thread", account, openid, OPPOSITE[event])
    return Key(value, thread, ends, read_create_time(create_time))


def read_create_time(text: str) -> int:
    """Read WeChat's CreateTime in Unix seconds for putting events in order, never for business.

    What is no number is 0; a time further ahead than a day counts as a day ahead, so that one
    bad event cannot outrank all later ones.
    """
    try:
        number = int(text[:20])
    except ValueError:
        return 0
    return max(0, min(number, int(machine_time()) + DAY))


def once(conn: Connection, key: Key, work: Callable[[], str], now: dt.datetime) -> StoredReply:
    """Return the reply of this message, calling `work` only if it has none yet.

    If `work` raises, nothing is kept and a repeat is worked on again.
    """
    if key.ends is not None:
        hold(conn, "follow", min(key.ends, key.thread or b"").hex())
    row = {"key": key.value, "thread": key.thread, "created": key.created}
    if not _CLAIM.run(conn, row | {"at": int(now.timestamp())}):
        kept = conn.execute(_READ, {"k": key.value}).scalar_one() or b""
        return StoredReply(kept.decode("utf-8", "surrogatepass"), fresh=False)
    if key.ends is not None:
        conn.execute(_FORGET, {"t": key.ends, "until": key.created})
    text = work()
    conn.execute(_KEEP, {"k": key.value, "r": text.encode("utf-8", "surrogatepass")})
    return StoredReply(text, fresh=True)


def reply_of(conn: Connection, key: bytes) -> str | None:
    """Return the kept reply of a message, None where it has none (yet, or any more)."""
    kept: bytes | None = conn.execute(_READ, {"k": key}).scalar()
    return None if kept is None else kept.decode("utf-8", "surrogatepass")


def purge(conn: Connection, before: dt.datetime, most: int = 500) -> int:
    """Forget at most `most` messages seen before `before`; return how many it were."""
    return conn.execute(_PURGE, {"before": int(before.timestamp()), "most": most}).rowcount


def _hash(*parts: str) -> bytes:
    """Hash the parts so that no two different lists of parts can meet."""
    return hashlib.sha256(json.dumps(parts).encode("ascii")).digest()
