"""How far an announcement is (进度): its recipients by state and reason, its mass sends."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select

from jcbot.announcing.massing import sends_of
from jcbot.announcing.rows import DONE, OPEN, SENDING, change, take
from jcbot.storage.training_tables import outbox

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

_STATES = (
    select(outbox.c.state, outbox.c.reason, func.count())
    .where(outbox.c.announcement == bindparam("n"))
    .group_by(outbox.c.state, outbox.c.reason)
)


@dataclass(frozen=True, slots=True)
class Status:
    """An announcement's row, its recipients by state and by (state, reason), its mass sends."""

    row: Row[Any]
    states: dict[str, int] = field(default_factory=dict)
    reasons: dict[tuple[str, str], int] = field(default_factory=dict)
    mass: tuple[Row[Any], ...] = ()

    @property
    def recipients(self) -> int:
        """How many are in the outbox, or were."""
        return sum(self.states.values())


def status(conn: Connection, number: int, now: int) -> Status:
    """Return how far it is; when the last recipient is settled it is done."""
    row = take(conn, number)
    found = Status(row, mass=tuple(sends_of(conn, number)))
    for state, reason, count in conn.execute(_STATES, {"n": number}):
        found.states[state] = found.states.get(state, 0) + count
        found.reasons[state, reason or ""] = count
    if row.state == SENDING and row.queued and not any(s in found.states for s in OPEN):
        change(conn, number, state=DONE, ended=now)
        return replace(found, row=take(conn, number))
    return found
