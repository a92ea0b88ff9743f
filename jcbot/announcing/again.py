"""What staff decide about messages that did not get through (重发): sent anew, or taken as arrived.

Sent anew is a message with another client id; what refuses for good, the person, is left alone.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from jcbot.announcing.rows import DONE, MASS, SENDING, change, subject
from jcbot.announcing.sending import PIECE
from jcbot.announcing.service import reachable
from jcbot.ledger import FAILED, LISTED, NO_CHANNEL, SENT, UNKNOWN, UNREACHABLE
from jcbot.outbox import PROMISED
from jcbot.people.patience import gently
from jcbot.staff.model import StaffError
from jcbot.storage.training_tables import outbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from jcbot.staff.model import By
    from jcbot.storage.database import Database

BLOCKED = "failed:user block"
"""What a finish event says of somebody who turned the account's messages off."""
_CLEARED = (
    "reason", "called", "ref", "settled", "client_id", "channel", "mass", "holder", "lease",
    "first_due",
)  # fmt: skip
_O = outbox.c


async def retry(
    database: Database, by: By, number: int, never: Sequence[str], *, unknown: bool = False
) -> int:
    """Send anew to whom it did not get through; return how many those are.

    `never` are the reasons that hold for good. `unknown`: also to whom it may have got through.
    The rows follow in pieces; killed half-way, the command is just given again.
    """
    which = sa.and_(_O.announcement == number, _not_through(never, unknown=unknown))
    many, road = await database.run(partial(_begin, by, number, which))
    anew = {
        "state": LISTED if road == MASS else PROMISED,
        "due": int(by.at.timestamp()), "retried": _O.retried + 1, "tries": 0,
    } | dict.fromkeys(_CLEARED)  # fmt: skip
    above: int | None = 0 if many else None
    while above is not None:
        above = await gently(database, partial(_piece, anew, which, above))
    return many


def _begin(by: By, number: int, which: sa.ColumnElement[bool], conn: Connection) -> tuple[int, str]:
    """Note the act; return how many it is for, and the announcement's road."""
    row = reachable(conn, by, number)
    if row.state not in (SENDING, DONE):
        raise StaffError(f"第{number}号通知没有在发，没有可重发的。")
    counted = sa.select(_O.state, sa.func.count()).where(which).group_by(_O.state)
    why = {row[0]: int(row[1]) for row in conn.execute(counted)}
    if why:
        change(conn, number, state=SENDING, ended=None)
        by.note(conn, "announcements.retry", subject(number), before=why,
                after={"recipients": sum(why.values())})  # fmt: skip
    return sum(why.values()), row.road


def _piece(
    anew: Mapping[str, Any], which: sa.ColumnElement[bool], above: int, conn: Connection
) -> int | None:
    """Put some of them back, those after the id `above`; return the last one's, None at the end."""
    ids = sa.select(_O.id).where(which, _O.id > above).order_by(_O.id).limit(PIECE)
    upto: int | None = conn.execute(sa.select(sa.func.max(ids.subquery().c.id))).scalar()
    if upto is not None:
        here = sa.update(outbox).where(which, _O.id > above, _O.id <= upto)
        conn.execute(here.values(**anew))
    return upto


def arrived(conn: Connection, by: By, number: int) -> int:
    """Take as arrived what may have; return how many those are."""
    reachable(conn, by, number)
    unknown = sa.update(outbox).where(_O.announcement == number, _O.state == UNKNOWN)
    many = conn.execute(unknown.values(state=SENT, reason="taken as arrived by staff")).rowcount
    if many:
        by.note(conn, "announcements.arrived", subject(number), after={"recipients": many})
    return many


def _not_through(never: Sequence[str], *, unknown: bool) -> sa.ColumnElement[bool]:
    for_good = sa.or_(*(_O.reason.startswith(each, autoescape=True) for each in (*never, BLOCKED)))
    failed = sa.and_(_O.state == FAILED, sa.not_(for_good))
    unreached = sa.and_(_O.state == UNREACHABLE, _O.reason == NO_CHANNEL)
    parts = [failed, unreached] + ([_O.state == UNKNOWN] if unknown else [])
    return sa.and_(sa.or_(*parts), sa.not_(_O.key.startswith("erased:")))
