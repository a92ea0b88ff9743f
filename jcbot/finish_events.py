"""What WeChat tells of a message when it is through (发送结果): forward only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, or_, select, update

from jcbot.ledger import DELIVERED, FAILED, SENDING, SENT, UNKNOWN
from jcbot.storage.training_tables import outbox
from knowledge.sending import TEMPLATE

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

TOLD_WITHIN_S = 3_600
"""A finish event comes within minutes: what was sent without an id before that is not meant."""
_O = outbox.c
# A finish event may overtake the answer to its own call, and of a row that is `unknown` no id was
# ever seen: then it is the only message to this person whose id is not known yet.
_ITS = (
    select(_O.id, _O.ref, _O.kind)
    .where(
        _O.openid == bindparam("o"),
        _O.channel == bindparam("ch"),
        or_(
            _O.ref == bindparam("r"),
            and_(_O.ref.is_(None), _O.state.in_([SENDING, UNKNOWN])),
            and_(_O.ref.is_(None), _O.state == SENT, _O.called >= bindparam("since")),
        ),
    )
    .with_for_update()
)
_FINISH = (
    update(outbox)
    .where(_O.id == bindparam("i"), _O.state.in_([SENDING, SENT, UNKNOWN]))
    .values(
        state=bindparam("s"), ref=bindparam("r"), reason=bindparam("why"),
        settled=bindparam("at"), holder=None, lease=None,
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finish:
    """A finish event: the message `ref` of `openid` arrived, or why it did not.

    Of subscription notices WeChat tells no id when they are sent: `kinds` narrows down which.
    """

    openid: str = field(repr=False)
    ref: str
    delivered: bool
    reason: str
    channel: str = TEMPLATE
    kinds: frozenset[str] | None = None


def finish(conn: Connection, event: Finish, now: dt.datetime) -> bool:
    """Take a finish event: forward only, so that a late or repeated one changes nothing."""
    at = int(now.timestamp())
    of = {"r": event.ref, "o": event.openid, "ch": event.channel, "since": at - TOLD_WITHIN_S}
    rows = conn.execute(_ITS, of).all()
    nameless = [row for row in rows if event.kinds is None or row.kind in event.kinds]
    known = [row for row in rows if row.ref is not None] or nameless
    if not event.ref or len(known) != 1:
        return False
    values = {
        "i": known[0].id, "r": event.ref, "s": DELIVERED if event.delivered else FAILED,
        "why": event.reason, "at": at,
    }  # fmt: skip
    return conn.execute(_FINISH, values).rowcount > 0
