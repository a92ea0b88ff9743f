"""What WeChat tells of a mass send when it is through (群发结果)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from jcbot.announcing.massing import settle_people
from jcbot.ledger import DELIVERED, FAILED, SENDING, SENT, UNKNOWN
from jcbot.storage.notice_tables import mass_sends

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection, Row

FINISHED = "finished"
_M = mass_sends.c


@dataclass(frozen=True, slots=True)
class MassFinish:
    """WeChat's word on a send: how many it was asked for, kept after its rules, reached, failed."""

    ref: str
    status: str
    total: int
    filtered: int
    reached: int
    failed: int

    @property
    def good(self) -> bool:
        """Whether it was carried out."""
        return self.status.strip().lower() == "send success"


def finish(conn: Connection, event: MassFinish, now: dt.datetime) -> bool:
    """Take a finish event, forward only; False where it is none of ours or comes again.

    It names nobody: people count as `delivered` only where all were reached.
    """
    row = _finished(conn, event)
    if row is None:
        return False
    at, state = int(now.timestamp()), FINISHED if event.good else FAILED
    told = {"total": event.total, "filtered": event.filtered, "reached": event.reached,
            "failed": event.failed}  # fmt: skip
    conn.execute(
        sa.update(mass_sends)
        .where(_M.number == row.number)
        .values(
            state=state, ref=event.ref, reason=event.status, settled=at, holder=None, lease=None,
            **told,
        )
    )  # fmt: skip
    every = event.reached == row.people
    theirs = (DELIVERED if every else SENT) if event.good else FAILED
    why = "mass send" if event.good else f"mass send failed: {event.status}"
    settle_people(conn, row.number, state=theirs, ref=event.ref, reason=why, settled=at)
    return True


def _finished(conn: Connection, event: MassFinish) -> Row[Any] | None:
    """Find the send an event speaks of; it may overtake the answer that brings the send's id.

    What staff send by hand on the platform brings such events too: then the number of people
    has to be the same, and no other send without an id may be meant.
    """
    open_ = _M.state.in_((SENDING, SENT, UNKNOWN))
    known = conn.execute(
        sa.select(mass_sends).where(_M.ref == event.ref, open_).with_for_update()
    ).first()
    if known is not None or not event.ref:
        return known
    if conn.execute(sa.select(_M.number).where(_M.ref == event.ref)).first():
        return None
    nameless = conn.execute(
        sa.select(mass_sends)
        .where(_M.ref.is_(None), _M.state.in_((SENDING, UNKNOWN)), _M.people == event.total)
        .with_for_update()
    ).all()
    return nameless[0] if len(nameless) == 1 else None
