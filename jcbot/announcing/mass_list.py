"""Who goes into the next mass send (群发名单): of those who wait, without whom it may not reach.

Rows are named by `n` (the announcement's number), `at` (now, Unix time) and `last` (the last id).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from jcbot.announcing.rows import BY_STAFF, STOPPED
from jcbot.channels import TOO_LATE
from jcbot.ledger import DELIVERED, LISTED, SENDING, SENT, UNKNOWN, UNREACHABLE
from jcbot.outbox import PROMISED
from jcbot.storage.notice_tables import announcements, notice_wishes
from jcbot.storage.tables import followers
from jcbot.storage.training_tables import outbox
from knowledge.sending import MASS

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    from knowledge.sending import SendingRules

KIND = "announcement"
COUNTED = (SENDING, SENT, DELIVERED, UNKNOWN)
"""States in which a mass message may have reached somebody: it counts for the month."""
_O = outbox.c
_N: sa.BindParameter[int] = sa.bindparam("n")
_LAST: sa.BindParameter[int] = sa.bindparam("last")
AT: sa.BindParameter[int] = sa.bindparam("at")
_HERE = sa.and_(_O.announcement == _N, _O.state == LISTED, _O.due <= AT)
_IDS = sa.select(_O.id).where(_HERE).order_by(_O.id).limit(sa.bindparam("most"))
_SPAN = sa.select(sa.func.max(_IDS.subquery("ids").c.id))
THESE = sa.and_(_HERE, _O.id <= _LAST)
COUNT = sa.select(sa.func.count(), sa.func.max(_O.tries)).where(THESE)
_ABOUT = sa.select(announcements.c.about).where(announcements.c.number == _N).scalar_subquery()
_GONE = sa.select(followers.c.openid).where(sa.not_(followers.c.following))
_REFUSING = sa.select(notice_wishes.c.openid).where(
    notice_wishes.c.kind == _ABOUT, sa.not_(notice_wishes.c.on)
)
OVER = sa.update(outbox).where(THESE).values(state=STOPPED, settled=AT, reason=BY_STAFF)
_UNREACHED = (
    sa.update(outbox).where(THESE).values(state=UNREACHABLE, settled=AT, reason=sa.bindparam("why"))
)
_OLD = _UNREACHED.where(sa.func.coalesce(_O.first_due, _O.due) < sa.bindparam("since"))
_LEFT = _UNREACHED.where(_O.openid.in_(_GONE))
_REFUSED = _UNREACHED.where(_O.openid.in_(_REFUSING))
ORDINARY = sa.update(outbox).where(THESE).values(state=PROMISED)


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


def span(conn: Connection, number: int, at: int, most: int) -> dict[str, int]:
    """Return up to which id the first rows of an announcement go that wait for a mass send."""
    here = {"n": number, "at": at}
    return here | {"last": conn.execute(_SPAN, here | {"most": most}).scalar_one()}


def choose(conn: Connection, number: int, now: dt.datetime, rules: SendingRules) -> dict[str, int]:
    """Return which rows make the next call: `n`, `at` and the `last` id of a span of them."""
    at, mass = int(now.timestamp()), rules.mass
    # One more than a call's worth would leave one behind, too few for a call.
    for many in (mass.most + 1, mass.most + 1 - mass.least):
        here = span(conn, number, at, many)
        _take_out(conn, here, now, rules)
        if conn.execute(COUNT, here).one()[0] <= mass.most:
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
    conn.execute(ORDINARY.where(full), here)
