"""Announcements whose hour has come (定时): whoever sees it first lets them start.

Here too those go on whose command ended before everybody was in the outbox.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, or_, select

from jcbot.announcing.rows import SCHEDULED, SENDING, change, take
from jcbot.announcing.service import end, go
from jcbot.storage.notice_tables import announcements

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from jcbot.staff.model import By

_A = announcements.c
LEFT_S = 120
"""A command that has put nobody into the outbox for so long has ended, and is gone on with."""
_DUE = (
    select(_A.number)
    .where(
        or_(
            and_(_A.state == SCHEDULED, _A.starts <= bindparam("at")),
            and_(_A.state == SENDING, _A.queued.is_(None), _A.started <= bindparam("left")),
        )
    )
    .order_by(_A.number)
    .limit(1)
)


def due(conn: Connection, now: int) -> int | None:
    """Return one whose hour has come, or whose command ended half-way; None for none."""
    found: int | None = conn.execute(_DUE, {"at": now, "left": now - LEFT_S}).scalar()
    return found


def begin_due(conn: Connection, by: By, number: int) -> Row[Any] | None:
    """Let one start whose hour has come, or go on; None where somebody else has seen to it."""
    row, at = take(conn, number), int(by.at.timestamp())
    if row.state == SCHEDULED and row.starts is not None and row.starts <= at:
        go(conn, by, row, SENDING, started=at)
    elif row.state == SENDING and row.queued is None and row.started <= at - LEFT_S:
        change(conn, number, started=at)
    else:
        return None
    return take(conn, number)


def give_up(conn: Connection, by: By, number: int, why: str) -> None:
    """Stop one that cannot be put out any more: its class was called off, say."""
    if take(conn, number).state == SENDING:
        end(conn, replace(by, reason=why), take(conn, number))
