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

from jcbot.announcing.counting import KIND, openids, stretches
from jcbot.announcing.rows import BY_STAFF, DRAFT, MASS, SENDING, STOPPED, WAITING, take
from jcbot.announcing.selecting import Side, of_registry, of_strangers, some
from jcbot.ledger import LISTED
from jcbot.outbox import PROMISED
from jcbot.people.patience import gently, insist
from jcbot.staff.model import StaffError
from jcbot.storage.dialects import Upsert
from jcbot.storage.notice_tables import announcements
from jcbot.storage.training_tables import outbox

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection, Row

    from jcbot.announcing.parsing import Node
    from jcbot.announcing.selecting import Rules
    from jcbot.storage.database import Database

PIECE = 500
"""People looked at in one transaction: SQLite has one writer, and the bot has to answer too."""
REST = 3
"""Times as long as a piece took until the next: sending takes hours, replies cannot wait."""
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

_HERE = (outbox.c.announcement == sa.bindparam("n"), outbox.c.openid > sa.bindparam("above"))
_NEXT = sa.select(outbox.c.openid).where(*_HERE).order_by(outbox.c.openid)
_UPTO = sa.select(sa.func.max(_NEXT.limit(sa.bindparam("most")).subquery().c.openid))
_SET_ASIDE = (
    sa.update(outbox)
    .where(*_HERE, outbox.c.openid <= sa.bindparam("upto"), outbox.c.state.in_(WAITING))
    .values(state=STOPPED, settled=sa.bindparam("at"), reason=BY_STAFF)
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
    sides: list[tuple[Side, Sequence[Mapping[str, Any]]]] = [
        (of_registry(sending.node, sending.rules), await stretches(database, PIECE)),
        (of_strangers(sending.node, sending.rules), await openids(database, PIECE)),
    ]
    try:
        for side, pieces in sides:
            waiting = _waiting(sending, side)
            for done, piece in enumerate(pieces, start=1):
                await gently(database, partial(_piece, sending, waiting, piece), REST)
                progress("放进发件箱", done, len(pieces))
    except GrownError as grown:
        back = {"n": sending.number, "r": grown.recipients}
        await insist(database, lambda conn: conn.execute(_BACK, back).rowcount)
        raise
    return await insist(database, partial(_finish, sending))


async def take_back(database: Database, number: int, now: dt.datetime) -> None:
    """Set aside whom a stopped announcement did not reach, in pieces.

    Killed half-way it leaves the others to the courier, who sends nothing of what was stopped.
    """
    values = {"n": number, "at": int(now.timestamp()), "most": PIECE}
    above: str | None = ""
    while above is not None:
        above = await gently(database, partial(_set_aside, values | {"above": above}), REST)


def _set_aside(values: dict[str, Any], conn: Connection) -> str | None:
    """Set a piece aside; return its last openid, None at the end."""
    upto: str | None = conn.execute(_UPTO, values).scalar()
    if upto is not None:
        conn.execute(_SET_ASIDE, values | {"upto": upto})
    return upto


def _waiting(sending: Sending, side: Side) -> sa.Executable:
    """The recipients of a piece who are not in the outbox yet."""
    there = some(
        outbox.c.id, outbox.c.announcement == sending.number, outbox.c.openid == side.openid
    )
    query = sa.select(side.openid, side.id_key).select_from(side.source)
    return query.where(side.fits, side.openid.is_not(None), sa.not_(there))


def _piece(
    sending: Sending, waiting: sa.Executable, piece: Mapping[str, Any], conn: Connection
) -> None:
    """Put in the recipients of a piece."""
    row = take(conn, sending.number)
    if row.state != SENDING:
        raise StaffError(f"第{sending.number}号通知停在半路：已经不在发送状态。")
    found = conn.execute(waiting, piece).all()
    if found and row.approved_by is None:
        there = conn.execute(_IN, {"n": sending.number}).scalar_one() + len(found)
        if there > sending.most:
            raise GrownError(sending, there)
    _PUT.run_all(conn, [_recipient(sending, row, *each) for each in found])


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
        "state": LISTED if row.road == MASS else PROMISED,
        "announcement": sending.number,
    }


def _finish(sending: Sending, conn: Connection) -> int:
    if take(conn, sending.number).state == SENDING:
        conn.execute(_QUEUED, {"n": sending.number, "at": int(sending.now.timestamp())})
    return conn.execute(_IN, {"n": sending.number}).scalar_one()
