"""Putting an announcement's recipients into the outbox, in pieces, each once (入发件箱).

Each piece is a transaction that holds the announcement's row, so that a stop, or another command
for the same one, waits for it. Killed half-way it is started again from the beginning: who is in
the outbox is passed by, by openid and, should his WeChat have changed meanwhile, by person.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from jcbot.announcing.counting import KIND, LOW, stretches
from jcbot.announcing.selecting import Side, of_registry, of_strangers
from jcbot.announcing.service import DRAFT, SENDING, take
from jcbot.outbox import PROMISED
from jcbot.people.patience import insist
from jcbot.staff.model import StaffError
from jcbot.storage.dialects import Upsert
from jcbot.storage.notice_tables import announcements
from jcbot.storage.training_tables import outbox

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from sqlalchemy import Connection, Row

    from jcbot.announcing.parsing import Node
    from jcbot.announcing.selecting import Rules
    from jcbot.storage.database import Database

PIECE = 2_000
"""People looked at in one transaction: SQLite has one writer, and the bot has to answer too."""
_PUT = Upsert(outbox, lambda insert: insert.on_conflict_do_nothing(index_elements=["key"]))
_IN = sa.select(sa.func.count()).where(outbox.c.announcement == sa.bindparam("n"))
_QUEUED = (
    sa.update(announcements)
    .where(announcements.c.number == sa.bindparam("n"), announcements.c.queued.is_(None))
    .values(queued=sa.bindparam("at"))
)
_BACK = (
    sa.update(announcements)
    .where(announcements.c.number == sa.bindparam("n"))
    .values(state=DRAFT, recipients=sa.bindparam("r"))
)


class GrownError(StaffError):
    """The audience grew over what may be sent without a second person."""

    def __init__(self, sending: Sending, recipients: int) -> None:
        """Keep how many there are by now."""
        super().__init__(
            f"人数涨到了{recipients}人，超过{sending.most}人要第二个人批准："
            f"jcbot announce approve {sending.number} --as 名字。"
        )
        self.recipients = recipients


@dataclass(frozen=True, slots=True)
class Sending:
    """One announcement to put out: to whom, when, and how many at most without approval."""

    number: int
    node: Node
    rules: Rules
    now: dt.datetime
    most: int


async def put_out(
    database: Database, sending: Sending, progress: Callable[[str, int, int], None]
) -> int:
    """Put every recipient into the outbox; return how many are there now.

    `StaffError` where it was stopped meanwhile, or where it grew over what may be sent without
    a second person. `progress` is told (stage, done, of how many).
    """
    try:
        page = _page(sending, of_registry(sending.node, sending.rules))
        for start, end, last in await stretches(database, PIECE):
            await _drain(database, sending, page, {"first": start, "last": end})
            progress("放进发件箱", end & LOW, last & LOW)
        await _drain(database, sending, _page(sending, of_strangers(sending.node, sending.rules)))
    except GrownError as grown:
        back = {"n": sending.number, "r": grown.recipients}
        await insist(database, lambda conn: conn.execute(_BACK, back).rowcount)
        raise
    return await insist(database, partial(_finish, sending))


def _page(sending: Sending, side: Side) -> sa.Executable:
    """The next recipients, by openid, who are not in the outbox yet."""
    there = sa.exists().where(
        outbox.c.announcement == sending.number, outbox.c.openid == side.openid
    )
    query = sa.select(side.openid, side.id_key).select_from(side.source)
    after = side.openid > sa.bindparam("after")
    return query.where(side.fits, after, sa.not_(there)).order_by(side.openid).limit(PIECE)


async def _drain(
    database: Database,
    sending: Sending,
    page: sa.Executable,
    stretch: dict[str, int] | None = None,
) -> None:
    """Put in page after page; one that is not full is the last."""
    after: str | None = ""
    while after is not None:
        where = {"after": after} | (stretch or {})
        after = await insist(database, partial(_piece, sending, page, where))


def _piece(
    sending: Sending, page: sa.Executable, where: dict[str, Any], conn: Connection
) -> str | None:
    """Put in a page; return its last openid, None where nobody can be left."""
    row = take(conn, sending.number)
    if row.state != SENDING:
        raise StaffError(f"第{sending.number}号通知停在半路：已经不在发送状态。")
    found = conn.execute(page, where).all()
    if found and row.approved_by is None:
        there = conn.execute(_IN, {"n": sending.number}).scalar_one() + len(found)
        if there > sending.most:
            raise GrownError(sending, there)
    _PUT.run_all(conn, [_recipient(sending, row, *each) for each in found])
    return str(found[-1].openid) if len(found) == PIECE else None


def _recipient(
    sending: Sending, row: Row[Any], openid: str, id_key: bytes | None
) -> dict[str, Any]:
    """One recipient's row: once a person, and once a WeChat that is nobody's."""
    whose = bytes(id_key).hex() if id_key is not None else openid
    payload = {"announcement": sending.number, "about": row.about}
    if row.class_number:
        payload["class"] = row.class_number
    return {
        "key": f"{KIND}:{sending.number}:{whose}",
        "kind": KIND,
        "openid": openid,
        "payload": json.dumps(payload, ensure_ascii=False),
        "due": int(sending.now.timestamp()),
        "state": PROMISED,
        "announcement": sending.number,
    }


def _finish(sending: Sending, conn: Connection) -> int:
    if take(conn, sending.number).state == SENDING:
        conn.execute(_QUEUED, {"n": sending.number, "at": int(sending.now.timestamp())})
    return conn.execute(_IN, {"n": sending.number}).scalar_one()
