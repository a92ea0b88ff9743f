"""What staff decide about messages that did not get through (重发): sent anew, or taken as arrived.

Sent anew is a message with another client id; what refuses for good, the person, is left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from jcbot.announcing.rows import DONE, MASS, SENDING, change, subject
from jcbot.announcing.service import reachable
from jcbot.ledger import FAILED, LISTED, NO_CHANNEL, SENT, UNKNOWN, UNREACHABLE
from jcbot.outbox import PROMISED
from jcbot.staff.model import StaffError
from jcbot.storage.training_tables import outbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from jcbot.staff.model import By

BLOCKED = "failed:user block"
"""What a finish event says of somebody who turned the account's messages off."""
_CLEARED = ("reason", "called", "ref", "settled", "client_id", "channel", "mass", "holder", "lease")
_O = outbox.c


def retry(
    conn: Connection, by: By, number: int, never: Sequence[str], *, unknown: bool = False
) -> int:
    """Send anew to whom it did not get through; return how many those are.

    `never` are the reasons that hold for good. `unknown`: also to whom it may have got through.
    """
    row = reachable(conn, by, number)
    if row.state not in (SENDING, DONE):
        raise StaffError(f"第{number}号通知没有在发，没有可重发的。")
    state = LISTED if row.road == MASS else PROMISED
    values = {"state": state, "due": int(by.at.timestamp()), "retried": _O.retried + 1, "tries": 0}
    where = _not_through(never, unknown=unknown)
    anew = sa.update(outbox).where(_O.announcement == number, where)
    many = conn.execute(anew.values(**values, **dict.fromkeys(_CLEARED))).rowcount
    if many:
        change(conn, number, state=SENDING, ended=None)
        by.note(conn, "announcements.retry", subject(number), before={"state": row.state},
                after={"recipients": many, "unknown": unknown})  # fmt: skip
    return many


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
