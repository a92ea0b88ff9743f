"""An announcement's row (通知): its states, its roads, how it is taken and changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from jcbot.clock import SHANGHAI
from jcbot.ledger import LISTED
from jcbot.ledger import SENDING as CALLING
from jcbot.outbox import PROMISED
from jcbot.staff.model import StaffError
from jcbot.storage.notice_tables import announcements

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection, Row

DRAFT, APPROVED, SCHEDULED = "draft", "approved", "scheduled"
SENDING, STOPPED, DONE = "sending", "stopped", "done"
EACH, MASS = "each", "mass"
"""The roads: to each by the channel open to him, or a mass send (jcbot/announcing/massing.py)."""
WAITING = (PROMISED, LISTED)
OPEN = (*WAITING, CALLING)
BY_STAFF = "stopped by staff"
SAID = {
    DRAFT: "等着批准",
    APPROVED: "已经批准",
    SCHEDULED: "定了时间",
    SENDING: "正在发",
    STOPPED: "已经停发",
    DONE: "已经发完",
}
"""What a state is called to staff, after 第N号通知."""
_A = announcements.c
_TAKE = select(announcements).where(_A.number == bindparam("n")).with_for_update()
_OVER = select(_A.number).where(_A.number.in_(bindparam("ns", expanding=True)), _A.state == STOPPED)
_LATEST = select(announcements).order_by(_A.number.desc()).limit(bindparam("most"))


@dataclass(frozen=True, slots=True)
class How:
    """How it is to be sent: by which road, and from when on; `starts` None is at once."""

    road: str = EACH
    starts: dt.datetime | None = None

    def as_row(self) -> dict[str, Any]:
        """Return the columns."""
        starts = None if self.starts is None else int(self.starts.timestamp())
        return {"road": self.road, "starts": starts}


AT_ONCE = How()


def how_of(row: Row[Any]) -> How:
    """Return how an announcement is to be sent."""
    starts = None if row.starts is None else dt.datetime.fromtimestamp(row.starts, SHANGHAI)
    return How(row.road, starts)


def latest(conn: Connection, most: int) -> list[Row[Any]]:
    """Return the last announcements, the newest first."""
    return list(conn.execute(_LATEST, {"most": most}))


def over(conn: Connection, numbers: Collection[int]) -> frozenset[int]:
    """Return those of the announcements that were stopped."""
    if not numbers:
        return frozenset()
    return frozenset(conn.execute(_OVER, {"ns": list(numbers)}).scalars())


def take(conn: Connection, number: int) -> Row[Any]:
    """Return the row, held to the end of the transaction; `StaffError` for one that is none."""
    row = conn.execute(_TAKE, {"n": number}).first()
    if row is None:
        raise StaffError(f"没有第{number}号通知。")
    return row


def change(conn: Connection, number: int, **values: Any) -> None:
    """Change some of its columns; whoever does so holds the row."""
    conn.execute(update(announcements).where(_A.number == number).values(**values))


def subject(number: int) -> str:
    """Return what the audit log calls it."""
    return f"announcement:{number}"
