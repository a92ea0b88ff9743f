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

from jcbot.announcing.rows import BY_STAFF, STOPPED, take
from jcbot.channels import TOO_LATE
from jcbot.ledger import (
    DELIVERED,
    LEASE_S,
    LISTED,
    OURS,
    SENDING,
    SENT,
    UNKNOWN,
    UNREACHABLE,
    Item,
)
from jcbot.outbox import PROMISED
from jcbot.pauses import paused
from jcbot.storage.locks import hold
from jcbot.storage.notice_tables import announcements, mass_sends, notice_wishes
from jcbot.storage.tables import followers
from jcbot.storage.training_tables import outbox
from knowledge.sending import MASS

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection, Row

    from jcbot.ledger import Settled
    from knowledge.sending import SendingRules

KIND = "announcement"
COUNTED = (SENDING, SENT, DELIVERED, UNKNOWN)
"""States in which a mass message may have reached somebody: it counts for the month."""

_O, _M = outbox.c, mass_sends.c
_N: sa.BindParameter[int] = sa.bindparam("n")
_LAST: sa.BindParameter[int] = sa.bindparam("last")
_AT: sa.BindParameter[int] = sa.bindparam("at")
_NEXT = (
    sa.select(_O.announcement)
    .where(_O.state == LISTED, _O.due <= _AT)
    .order_by(_O.due, _O.id)
    .limit(1)
)
_HERE = sa.and_(_O.announcement == _N, _O.state == LISTED, _O.due <= _AT)
_IDS = sa.select(_O.id).where(_HERE).order_by(_O.id).limit(sa.bindparam("most"))
_SPAN = sa.select(sa.func.max(_IDS.subquery("ids").c.id))
_THESE = sa.and_(_HERE, _O.id <= _LAST)
_COUNT = sa.select(sa.func.count(), sa.func.max(_O.tries)).where(_THESE)
_ABOUT = sa.select(announcements.c.about).where(announcements.c.number == _N).scalar_subquery()
_GONE = sa.select(followers.c.openid).where(sa.not_(followers.c.following))
_REFUSING = sa.select(notice_wishes.c.openid).where(
    notice_wishes.c.kind == _ABOUT, sa.not_(notice_wishes.c.on)
)
_OVER = sa.update(outbox).where(_THESE).values(state=STOPPED, settled=_AT, reason=BY_STAFF)
_UNREACHED = (
    sa.update(outbox)
    .where(_THESE)
    .values(state=UNREACHABLE, settled=_AT, reason=sa.bindparam("why"))
)
_OLD = _UNREACHED.where(sa.func.coalesce(_O.first_due, _O.due) < sa.bindparam("since"))
_LEFT = _UNREACHED.where(_O.openid.in_(_GONE))
_REFUSED = _UNREACHED.where(_O.openid.in_(_REFUSING))
_ORDINARY = sa.update(outbox).where(_THESE).values(state=PROMISED)
_BIND = (
    sa.update(outbox)
    .where(_THESE)
    .values(
        state=SENDING, channel=MASS, mass=sa.bindparam("m"), client_id=sa.bindparam("cid"),
        called=_AT, reason="mass send", tries=_O.tries + 1,
    )
)  # fmt: skip
_STALLED = (
    sa.select(mass_sends)
    .where(_M.state == SENDING, _M.lease < _AT)
    .order_by(_M.number)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_PEOPLE = sa.select(_O.openid).where(_O.mass == sa.bindparam("m")).order_by(_O.id)
_HELD = sa.and_(_M.number == sa.bindparam("m"), _M.state == SENDING, _M.holder == sa.bindparam("h"))
_OF = sa.select(mass_sends).where(_M.announcement == _N).order_by(_M.number)


def received(openid: sa.ColumnElement[str], since: int) -> sa.ScalarSelect[int]:
    """Return how many mass messages somebody may have got since the Unix time `since`."""
    mine = outbox.alias("of_the_month")
    # Not among the conditions: PostgreSQL would go by the index of states, through all of them.
    counted = sa.case((mine.c.state.in_(COUNTED), 1))
    query = sa.select(sa.func.count(counted)).where(
        mine.c.openid == openid, mine.c.channel == MASS, mine.c.called >= since
    )
    return query.correlate_except(mine).scalar_subquery()


def month_start(now: dt.datetime) -> int:
    """Return when the calendar month began, as Unix time."""
    return int(now.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp())


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
        conn.execute(_OVER, _span(conn, number, int(now.timestamp()), rules.mass.most))
        return None
    here = _choose(conn, number, now, rules)
    left, tries = conn.execute(_COUNT, here).one()
    if left < rules.mass.least:  # too few for a call: to each by the channel open to him
        conn.execute(_ORDINARY, here)
        return None
    row = {"announcement": number, "state": SENDING, "people": left, "tries": tries,
           "called": here["at"], "holder": holder, "lease": here["at"] + LEASE_S}  # fmt: skip
    key = conn.execute(sa.insert(mass_sends).values(row)).inserted_primary_key
    send = int(key[0]) if key else 0
    conn.execute(_BIND, here | {"m": send, "cid": _client_id(send)})
    return _read(conn, (send, number), now, tries, again=False)


def _span(conn: Connection, number: int, at: int, most: int) -> dict[str, int]:
    """Return up to which id the first rows of an announcement go that wait for a mass send."""
    here = {"n": number, "at": at}
    return here | {"last": conn.execute(_SPAN, here | {"most": most}).scalar_one()}


def _choose(conn: Connection, number: int, now: dt.datetime, rules: SendingRules) -> dict[str, int]:
    """Return which rows make the next call: `n`, `at` and the `last` id of a span of them."""
    at, mass = int(now.timestamp()), rules.mass
    # One more than a call's worth would leave one behind, too few for a call.
    for many in (mass.most + 1, mass.most + 1 - mass.least):
        here = _span(conn, number, at, many)
        _take_out(conn, here, now, rules)
        if conn.execute(_COUNT, here).one()[0] <= mass.most:
            break
    return here


def _take_out(
    conn: Connection, here: dict[str, int], now: dt.datetime, rules: SendingRules
) -> None:
    """Leave out who left, who refuses, and for whom it comes too late by now.

    Who got the month's share already goes the ordinary way.
    """
    since = int((now - rules.kinds[KIND].worth).timestamp())
    conn.execute(_OLD, here | {"why": TOO_LATE, "since": since})
    conn.execute(_LEFT, here | {"why": "does not follow the account"})
    conn.execute(_REFUSED, here | {"why": "unsubscribed"})
    full = received(_O.openid, month_start(now)) >= rules.mass.a_month
    conn.execute(_ORDINARY.where(full), here)


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
