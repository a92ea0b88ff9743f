"""Mass sends (群发): one call for many people, written down with them before it is made.

The people of an announcement that goes this way wait as `listed`. A call's worth of one
announcement is gathered at a time: who left, refuses its kind, or got the month's share already
is taken out, the others are bound to the send and are `sending`, in one transaction before the
call. Who is in a send never changes, so a repeat under its client id is the same send.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from jcbot.announcing import mass_list
from jcbot.announcing.mass_list import KIND
from jcbot.announcing.rows import STOPPED, take
from jcbot.ledger import (
    LEASE_S,
    LISTED,
    OURS,
    SENDING,
    SENT,
    UNKNOWN,
    Item,
)
from jcbot.pauses import paused
from jcbot.storage.locks import hold
from jcbot.storage.notice_tables import mass_sends
from jcbot.storage.training_tables import outbox
from knowledge.sending import MASS

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection, Row

    from jcbot.ledger import Settled
    from knowledge.sending import SendingRules

_O, _M = outbox.c, mass_sends.c
_NEXT = (
    sa.select(_O.announcement)
    .where(_O.state == LISTED, _O.due <= mass_list.AT)
    .order_by(_O.due, _O.id)
    .limit(1)
)
_BIND = (
    sa.update(outbox)
    .where(mass_list.THESE)
    .values(
        state=SENDING, channel=MASS, mass=sa.bindparam("m"), client_id=sa.bindparam("cid"),
        called=mass_list.AT, reason="mass send", tries=_O.tries + 1,
    )
)  # fmt: skip
_STALLED = (
    sa.select(mass_sends)
    .where(_M.state == SENDING, _M.lease < mass_list.AT)
    .order_by(_M.number)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_PEOPLE = sa.select(_O.openid).where(_O.mass == sa.bindparam("m")).order_by(_O.id)
_HELD = sa.and_(_M.number == sa.bindparam("m"), _M.state == SENDING, _M.holder == sa.bindparam("h"))
_OF = sa.select(mass_sends).where(_M.announcement == sa.bindparam("n")).order_by(_M.number)


@dataclass(frozen=True, slots=True)
class MassSend(Item):
    """One send in a courier's hands; `id` is its own number, `payload` names its announcement."""

    openids: tuple[str, ...] = field(default=(), repr=False)

    @property
    def client_id(self) -> str:
        """The id by which the other side knows a repeat."""
        return _client_id(self.id)


def gather(
    conn: Connection, holder: str, now: dt.datetime, rules: SendingRules
) -> tuple[bool, MassSend | None]:
    """Take the next send: one whose courier stalled, or a new one, written down.

    The first of the two says whether anything was due, be it only set aside.
    """
    hold(conn, "mass send")  # two that gather at once would each leave too few for a call
    if MASS in paused(conn, now):
        return False, None
    at = int(now.timestamp())
    stalled = conn.execute(_STALLED, {"at": at}).first()
    if stalled is not None:
        return True, _again(conn, holder, stalled, now, rules)
    if rules.not_before(KIND, now) > now:
        return False, None
    number = conn.execute(_NEXT, {"at": at}).scalar()
    return number is not None, None if number is None else _new(conn, holder, number, now, rules)


def settle(conn: Connection, holder: str, send: MassSend, what: Settled, now: dt.datetime) -> None:
    """Write down what became of a send and its people; one that is not ours is left alone."""
    at = int(now.timestamp())
    key = {"m": send.id, "h": holder}
    if what.later is not None:
        if conn.execute(sa.delete(mass_sends).where(_HELD), key).rowcount:
            _put_back(conn, send, what)
        return
    values = {"state": what.state, "ref": what.ref or None, "reason": what.reason, "settled": at}
    done = conn.execute(
        sa.update(mass_sends).where(_HELD).values(**values, holder=None, lease=None), key
    )
    if done.rowcount:
        settle_people(conn, send.id, **values)


def settle_people(conn: Connection, send: int, **values: Any) -> None:
    """Settle the people of a send, forward only."""
    open_ = _O.state.in_((SENDING, UNKNOWN, SENT))
    conn.execute(sa.update(outbox).where(_O.mass == send, open_).values(**values))


def sends_of(conn: Connection, announcement: int) -> list[Row[Any]]:
    """Return the sends of an announcement, the first first."""
    return list(conn.execute(_OF, {"n": announcement}))


def _client_id(number: int) -> str:
    return f"{OURS}m{number}"


def _again(
    conn: Connection, holder: str, row: Row[Any], now: dt.datetime, rules: SendingRules
) -> MassSend | None:
    """Take over a stalled send; too late for a repeat to be known, it may have arrived or not."""
    at = int(now.timestamp())
    one = sa.update(mass_sends).where(_M.number == row.number)
    if at - row.called >= rules.mass.hours * 3_600:
        why = "no clear answer for too long"
        conn.execute(one.values(state=UNKNOWN, reason=why, settled=at, holder=None, lease=None))
        settle_people(conn, row.number, state=UNKNOWN, reason=why, settled=at)
        return None
    conn.execute(one.values(holder=holder, lease=at + LEASE_S))
    return _read(conn, (row.number, row.announcement), now, row.tries, again=True)


def _new(
    conn: Connection, holder: str, number: int, now: dt.datetime, rules: SendingRules
) -> MassSend | None:
    """Gather a call's worth of an announcement; None where too few are left for one."""
    if take(conn, number).state == STOPPED:  # a stop meanwhile waits, and then finds them sent
        conn.execute(
            mass_list.OVER, mass_list.span(conn, number, int(now.timestamp()), rules.mass.most)
        )
        return None
    here = mass_list.choose(conn, number, now, rules)
    left, tries = conn.execute(mass_list.COUNT, here).one()
    if left < rules.mass.least:  # too few for a call: to each by the channel open to him
        conn.execute(mass_list.ORDINARY, here)
        return None
    row = {"announcement": number, "state": SENDING, "people": left, "tries": tries,
           "called": here["at"], "holder": holder, "lease": here["at"] + LEASE_S}  # fmt: skip
    key = conn.execute(sa.insert(mass_sends).values(row)).inserted_primary_key
    send = int(key[0]) if key else 0
    conn.execute(_BIND, here | {"m": send, "cid": _client_id(send)})
    return _read(conn, (send, number), now, tries, again=False)


def _put_back(conn: Connection, send: MassSend, what: Settled) -> None:
    """Let its people wait for another send; nothing was done for this one."""
    later = int(what.later.timestamp()) if what.later else 0
    conn.execute(
        sa.update(outbox)
        .where(_O.mass == send.id, _O.state == SENDING)
        .values(
            state=LISTED, due=later, reason=what.reason, tries=_O.tries - int(what.free),
            first_due=sa.func.coalesce(_O.first_due, _O.due),
            mass=None, channel=None, client_id=None, called=None,
        )
    )  # fmt: skip


def _read(
    conn: Connection, which: tuple[int, int], now: dt.datetime, tries: int, *, again: bool
) -> MassSend:
    """Read who is in a send, given by its number and its announcement's."""
    send, announcement = which
    openids = tuple(conn.execute(_PEOPLE, {"m": send}).scalars())
    payload = {"announcement": announcement}
    return MassSend(send, KIND, "", payload, tries, again, MASS, now, openids=openids)
