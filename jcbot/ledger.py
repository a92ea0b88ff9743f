"""The courier's book (派送台账): who has which message, and what became of it, forward only.

A row is claimed and written down as `sending`, with its client id and under a lease, in one
transaction before the call, and settled after it. What a dead courier held comes back when its
lease is over: it is sent again with the same client id where the channel knows it and the first
call is not too long ago, else it is `unknown`: it may have arrived, so it is never sent again by
itself.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, bindparam, case, cast, func, literal, or_, select, update

from jcbot.clock import SHANGHAI
from jcbot.outbox import PROMISED
from jcbot.storage.dialects import ForMany
from jcbot.storage.training_tables import outbox, pauses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Executable, Row

SENDING, SENT, DELIVERED = "sending", "sent", "delivered"
FAILED, UNREACHABLE, UNKNOWN = "failed", "unreachable", "unknown"
STOPPED = "stopped"
LISTED = "listed"
"""Waits for a mass send (jcbot/announcing/massing.py), not for a call of its own."""
NO_CHANNEL = "no channel is allowed"
"""Why somebody is unreachable now; another day he may be reached."""
OURS = "jcbot-"
"""How our client ids begin."""
LEASE_S = 30
REMEMBERED_S = 600
"""How long the other side remembers a client id: within it a repeat is the same message."""
MARGIN_S = 60
"""No repeat is begun so near the end of it: the call takes its time, clocks differ."""

Texts = dict[int, str | None]
"""Ids, each with the text that goes with it, if any."""

_O, _P = outbox.c, pauses.c
_DUE = (
    select(outbox)
    .where(_O.state == PROMISED, _O.due <= bindparam("at"))
    .order_by(_O.due)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_STALLED = (
    select(outbox)
    .where(_O.state == SENDING, _O.lease < bindparam("at"))
    .order_by(_O.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TAKE = ForMany(
    lambda among, _: (
        update(outbox).where(among(_O.id)).values(holder=bindparam("h"), lease=bindparam("until"))
    )
)
# What staff send anew is another message to the other side, else it would pass for a repeat.
_ANEW = case((_O.retried > 0, literal("-") + cast(_O.retried, Text)), else_=literal(""))
_WRITE_DOWN = ForMany(
    lambda among, _: (
        update(outbox)
        .where(among(_O.id))
        .values(
            state=SENDING,
            holder=bindparam("h"),
            channel=bindparam("ch"),
            client_id=literal(OURS) + cast(_O.id, Text) + _ANEW,
            reason=bindparam("why"),
            tries=_O.tries + 1,
            called=func.coalesce(_O.called, bindparam("at")),
            lease=bindparam("until"),
        )
    )
)
_OURS = (
    or_(_O.state == PROMISED, _O.state == SENDING),
    or_(_O.holder.is_(None), _O.holder == bindparam("h")),
)
_SETTLE = ForMany(
    lambda among, text: update(outbox)
    .where(among(_O.id), *_OURS)
    .values(
        state=bindparam("s"), ref=text(_O.id), reason=bindparam("why"),
        settled=bindparam("at"), holder=None, lease=None,
    )
)  # fmt: skip
_AGAIN = ForMany(
    lambda among, _: update(outbox)
    .where(among(_O.id), *_OURS)
    .values(
        state=PROMISED, due=bindparam("later"), reason=bindparam("why"),
        first_due=func.coalesce(_O.first_due, _O.due),
        tries=_O.tries - bindparam("free"), holder=None, lease=None, called=None,
    )
)  # fmt: skip
_LOST = (
    update(outbox)
    .where(_O.id == bindparam("i"), _O.state == SENDING)
    .values(
        state=UNKNOWN, reason=bindparam("why"), settled=bindparam("at"), holder=None, lease=None
    )
)
_COUNT = select(_O.state, func.count().label("many")).group_by(_O.state)


@dataclass(frozen=True, slots=True)
class Item:
    """One message in a courier's hands; `again` if a call may have been made before.

    `since` is when it was due first, however often it was put off.
    """

    id: int
    kind: str
    openid: str = field(repr=False)
    payload: dict[str, Any] = field(repr=False)
    tries: int
    again: bool
    channel: str
    since: dt.datetime
    retried: int = 0

    @property
    def client_id(self) -> str:
        """The id by which the other side knows a repeat; the same until staff send it anew."""
        return f"{OURS}{self.id}" + (f"-{self.retried}" if self.retried else "")


@dataclass(frozen=True, slots=True)
class Plan:
    """How an item is to be sent, and why so."""

    item: Item
    channel: str
    reason: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of an item: a state of this module, WeChat's id, why; `later`: try again then.

    `free`: the try was not the item's fault and does not count.
    """

    item: Item
    state: str
    ref: str = ""
    reason: str = ""
    later: dt.datetime | None = None
    free: bool = False


def claim(conn: Connection, holder: str, now: dt.datetime, most: int) -> list[Item]:
    """Take up to `most` messages that are due, others pass them by.

    Each has to be written down or settled in this same transaction: only it keeps others away.
    """
    at = int(now.timestamp())
    return _readable(conn, holder, conn.execute(_DUE, {"at": at, "most": most}).all(), at)


def reclaim(
    conn: Connection, holder: str, now: dt.datetime, most: int, with_ids: Sequence[str]
) -> list[Item]:
    """Take over what a stalled courier had written down; where no repeat is safe: `unknown`.

    `with_ids` are the channels that know a repeat by its client id.
    """
    at = int(now.timestamp())
    rows, lost = [], []
    for row in conn.execute(_STALLED, {"at": at, "most": most}).all():
        if row.channel not in with_ids:
            lost.append({"i": row.id, "at": at, "why": "courier stalled during the call"})
        elif at - row.called >= REMEMBERED_S - MARGIN_S:
            lost.append({"i": row.id, "at": at, "why": "no clear answer for too long"})
        else:
            rows.append(row)
    _each(conn, _LOST, lost)
    _TAKE.run(conn, {row.id: None for row in rows}, {"h": holder, "until": at + LEASE_S})
    return _readable(conn, holder, rows, at)


def write_down(conn: Connection, holder: str, plans: Sequence[Plan], now: dt.datetime) -> None:
    """Commit to send these, claimed in this same transaction."""
    at = int(now.timestamp())
    alike: defaultdict[tuple[str, str], Texts] = defaultdict(dict)
    for plan in plans:
        alike[plan.channel, plan.reason][plan.item.id] = None
    for (channel, reason), ids in alike.items():
        values = {"h": holder, "ch": channel, "why": reason, "at": at, "until": at + LEASE_S}
        _WRITE_DOWN.run(conn, ids, values)


def settle(conn: Connection, holder: str, outcomes: Sequence[Settled], now: dt.datetime) -> None:
    """Write down what became of each; an item that is not ours any more is left alone."""
    at = int(now.timestamp())
    done: defaultdict[tuple[str, str], Texts] = defaultdict(dict)
    again: defaultdict[tuple[int, int, str], Texts] = defaultdict(dict)
    for each in outcomes:
        if each.later is not None:
            later = int(each.later.timestamp())
            again[later, int(each.free), each.reason][each.item.id] = None
        else:
            done[each.state, each.reason][each.item.id] = each.ref or None
    for (state, why), refs in done.items():
        _SETTLE.run(conn, refs, {"h": holder, "s": state, "why": why, "at": at})
    for (later, free, why), ids in again.items():
        _AGAIN.run(conn, ids, {"h": holder, "later": later, "free": free, "why": why})


def counts(conn: Connection) -> dict[str, int]:
    """Return how many messages there are in each state."""
    return {row.state: row.many for row in conn.execute(_COUNT)}


def _each(conn: Connection, statement: Executable, rows: list[dict[str, Any]]) -> None:
    if rows:
        conn.execute(statement, rows)


def _readable(conn: Connection, holder: str, rows: Sequence[Row[Any]], at: int) -> list[Item]:
    """Make the items; a row whose payload cannot be read is set aside."""
    items, broken = [], Texts()
    for row in rows:
        try:
            payload = dict(json.loads(row.payload))
        except (TypeError, ValueError):
            broken[row.id] = None
            continue
        again = row.state == SENDING
        channel, since = (
            row.channel or "",
            dt.datetime.fromtimestamp(row.first_due or row.due, SHANGHAI),
        )
        item = (row.id, row.kind, row.openid, payload, row.tries, again, channel, since)
        items.append(Item(*item, retried=row.retried))
    why = "its payload cannot be read"
    _SETTLE.run(conn, broken, {"h": holder, "s": FAILED, "why": why, "at": at})
    return items
