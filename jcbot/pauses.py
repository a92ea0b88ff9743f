"""Channels that rest (渠道歇着): a quota that is used up, a platform that wants it slower."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from jcbot.clock import SHANGHAI
from jcbot.storage.dialects import Upsert
from jcbot.storage.training_tables import pauses

if TYPE_CHECKING:
    from sqlalchemy import Connection, Executable

_P = pauses.c


def _later_pause(insert: Any) -> Executable:
    new = insert.excluded
    statement: Executable = insert.on_conflict_do_update(
        index_elements=["channel"],
        set_={"until": new.until, "reason": new.reason},
        where=pauses.c.until < new.until,
    )
    return statement


_PAUSE = Upsert(pauses, _later_pause)


def pause(conn: Connection, channel: str, until: dt.datetime, reason: str) -> None:
    """Let a channel rest."""
    row = {"channel": channel, "until": int(until.timestamp()), "reason": reason}
    _PAUSE.run(conn, row)


def paused(conn: Connection, now: dt.datetime) -> dict[str, dt.datetime]:
    """Return the channels that rest, and until when."""
    rows = conn.execute(select(pauses).where(_P.until > int(now.timestamp())))
    return {row.channel: dt.datetime.fromtimestamp(row.until, SHANGHAI) for row in rows}
