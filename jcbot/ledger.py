"""The courier's book (派送台账): who has which message, and what became of it, forward only.

A row is claimed under a lease, written down as `sending` with its client id before the call, and
settled after it. What a dead courier held comes back when its lease is over: rows it had only
claimed as they were; rows written down as sending are sent again with the same client id where
the channel knows it and the first call is not too long ago, else they are `unknown`: they may
have arrived, so they are never sent again by themselves.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, or_, select, update

from jcbot.clock import SHANGHAI
from jcbot.outbox import PROMISED
from jcbot.storage.dialects import Upsert
from jcbot.storage.training_tables import outbox, pauses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Executable, Row

SENDING, SENT, DELIVERED = "sending", "sent", "delivered"
FAILED, UNREACHABLE, UNKNOWN = "failed", "unreachable", "unknown"
LEASE_S = 30
REMEMBERED_S = 600
"""How long the other side remembers a client id: within it a repeat is the same message."""

_O, _P = outbox.c, pauses.c
_DUE = (
    select(_O.id)
    .where(
        _O.state == PROMISED,
        _O.due <= bindparam("at"),
        or_(_O.lease.is_(None), _O.lease < bindparam("at")),
    )
    .order_by(_O.due, _O.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_STALLED = (
    select(_O.id, _O.channel, _O.called)
    .where(_O.state == SENDING, _O.lease < bindparam("at"))
    .order_by(_O.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TAKE = (
    update(outbox)
    .where(_O.id == bindparam("i"))
    .values(holder=bindparam("h"), lease=bindparam("until"))
)
_READ = select(outbox).where(_O.id.in_(bindparam("ids", expanding=True))).order_by(_O.due, _O.id)
_WRITE_DOWN = (
    update(outbox)
    .where(_O.id == bindparam("i"), _O.holder == bindparam("h"), _O.state.in_([PROMISED, SENDING]))
    .values(
        state=SENDING,
        channel=bindparam("ch"),
        client_id=bindparam("cid"),
        reason=bindparam("why"),
        tries=_O.tries + 1,
        called=func.coalesce(_O.called, bindparam("at")),
        lease=bindparam("until"),
    )
)
_SETTLE = (
    update(outbox)
    .where(_O.id == bindparam("i"), _O.holder == bindparam("h"))
    .values(
        state=bindparam("s"), ref=bindparam("r"), reason=bindparam("why"),
        settled=bindparam("at"), holder=None, lease=None,
    )
)  # fmt: skip
_AGAIN = (
    update(outbox)
    .where(_O.id == bindparam("i"), _O.holder == bindparam("h"))
    .values(
        state=PROMISED, due=bindparam("later"), reason=bindparam("why"),
        holder=None, lease=None, called=None,
    )
)  # fmt: skip
_LOST = (
    update(outbox)
    .where(_O.id == bindparam("i"), _O.state == SENDING)
    .values(
        state=UNKNOWN, reason=bindparam("why"), settled=bindparam("at"), holder=None, lease=None
    )
)
_BY_REF = select(_O.id, _O.state).where(_O.ref == bindparam("r"), _O.openid == bindparam("o"))
_FINISH = (
    update(outbox)
    .where(_O.id == bindparam("i"), _O.state.in_([SENDING, SENT, UNKNOWN]))
    .values(state=bindparam("s"), reason=bindparam("why"), settled=bindparam("at"))
)
_COUNT = select(_O.state, func.count().label("many")).group_by(_O.state)


def _later_pause(insert: Any) -> Executable:
    new = insert.excluded
    statement: Executable = insert.on_conflict_do_update(
        index_elements=["channel"], set_={"until": new.until, "reason": new.reason}
    )
    return statement


_PAUSE = Upsert(pauses, _later_pause)


@dataclass(frozen=True, slots=True)
class Item:
    """One message in a courier's hands; `again` if a call may have been made before."""

    id: int
    kind: str
    openid: str = field(repr=False)
    payload: dict[str, Any] = field(repr=False)
    tries: int
    again: bool
    channel: str

    @property
    def client_id(self) -> str:
        """The id by which the other side knows a repeat; the same for ever."""
        return f"jcbot-{self.id}"


@dataclass(frozen=True, slots=True)
class Plan:
    """How an item is to be sent, and why so."""

    item: Item
    channel: str
    reason: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of an item: a state of this module, WeChat's id, why; `later`: try again then."""

    item: Item
    state: str
    ref: str = ""
    reason: str = ""
    later: dt.datetime | None = None


def claim(conn: Connection, holder: str, now: dt.datetime, most: int) -> list[Item]:
    """Take up to `most` messages that are due, for half a minute; others pass them by."""
    at = int(now.timestamp())
    ids = list(conn.execute(_DUE, {"at": at, "most": most}).scalars())
    return _take(conn, ids, holder, at)


def reclaim(
    conn: Connection, holder: str, now: dt.datetime, most: int, with_ids: Sequence[str]
) -> list[Item]:
    """Take over what a stalled courier had written down; without a client id it is `unknown`.

    `with_ids` are the channels that know a repeat by its client id.
    """
    at = int(now.timestamp())
    ids = []
    for row in conn.execute(_STALLED, {"at": at, "most": most}).all():
        if row.channel in with_ids and at - row.called < REMEMBERED_S - LEASE_S:
            ids.append(row.id)
        else:
            conn.execute(_LOST, {"i": row.id, "at": at, "why": "courier stalled during the call"})
    return _take(conn, ids, holder, at)


def write_down(
    conn: Connection, holder: str, plans: Sequence[Plan], now: dt.datetime
) -> list[Plan]:
    """Commit to send these; return those that are still ours."""
    at = int(now.timestamp())
    kept = []
    for plan in plans:
        values = {
            "i": plan.item.id, "h": holder, "ch": plan.channel, "cid": plan.item.client_id,
            "why": plan.reason, "at": at, "until": at + LEASE_S,
        }  # fmt: skip
        if conn.execute(_WRITE_DOWN, values).rowcount:
            kept.append(plan)
    return kept


def settle(conn: Connection, holder: str, outcomes: Sequence[Settled], now: dt.datetime) -> None:
    """Write down what became of each; an item that is not ours any more is left alone."""
    at = int(now.timestamp())
    for each in outcomes:
        key = {"i": each.item.id, "h": holder, "why": each.reason}
        if each.later is not None:
            conn.execute(_AGAIN, key | {"later": int(each.later.timestamp())})
        else:
            conn.execute(_SETTLE, key | {"s": each.state, "r": each.ref or None, "at": at})


@dataclass(frozen=True, slots=True)
class Finish:
    """A finish event: the message `ref` of `openid` arrived, or why it did not."""

    openid: str = field(repr=False)
    ref: str
    delivered: bool
    reason: str


def finish(conn: Connection, event: Finish, now: dt.datetime) -> bool:
    """Take a finish event: forward only, so that a late or repeated one changes nothing."""
    row = conn.execute(_BY_REF, {"r": event.ref, "o": event.openid}).first()
    if row is None:
        return False
    state = DELIVERED if event.delivered else FAILED
    values = {"i": row.id, "s": state, "why": event.reason, "at": int(now.timestamp())}
    return conn.execute(_FINISH, values).rowcount > 0


def pause(conn: Connection, channel: str, until: dt.datetime, reason: str) -> None:
    """Let a channel rest."""
    row = {"channel": channel, "until": int(until.timestamp()), "reason": reason}
    _PAUSE.run(conn, row)


def paused(conn: Connection, now: dt.datetime) -> dict[str, dt.datetime]:
    """Return the channels that rest, and until when."""
    rows = conn.execute(select(pauses).where(_P.until > int(now.timestamp())))
    return {row.channel: dt.datetime.fromtimestamp(row.until, SHANGHAI) for row in rows}


def counts(conn: Connection) -> dict[str, int]:
    """Return how many messages there are in each state."""
    return {row.state: row.many for row in conn.execute(_COUNT)}


def _take(conn: Connection, ids: list[int], holder: str, at: int) -> list[Item]:
    if not ids:
        return []
    conn.execute(_TAKE, [{"i": each, "h": holder, "until": at + LEASE_S} for each in ids])
    return [_item(row) for row in conn.execute(_READ, {"ids": ids})]


def _item(row: Row[Any]) -> Item:
    payload = json.loads(row.payload)
    again = row.state == SENDING
    return Item(row.id, row.kind, row.openid, payload, row.tries, again, row.channel or "")
