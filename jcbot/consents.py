"""Consents to subscription notices (订阅通知的授权): given in a popup, used up one by one.

A one-time consent is one message. What is known here is what WeChat's events told; the events
may come out of order, so that a consent given before the last refusal never counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, case, delete, exists, func, or_, select, update

from jcbot.ledger import SENDING
from jcbot.storage.dialects import Upsert
from jcbot.storage.notice_tables import notice_consents
from jcbot.storage.training_tables import outbox

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection, Executable

MOST = 100
"""One-time consents counted at most: nobody is owed more messages than that."""

_C, _O = notice_consents.c, outbox.c
_THIS = and_(_C.openid == bindparam("o"), _C.template == bindparam("t"))
_OF = select(notice_consents).where(_C.openid.in_(bindparam("os", expanding=True)))
_USE = (
    update(notice_consents).where(_THIS, _C.long_term.is_(False), _C.remaining > 0)
    .values(remaining=_C.remaining - 1)
)  # fmt: skip
_STANDS = select(_C.openid).where(_THIS, _C.long_term.is_(True))
_STILL_SENDING = exists().where(
    _O.id == bindparam("i"), _O.state == SENDING, _O.holder == bindparam("h")
)
_GIVE_BACK = (
    update(notice_consents)
    .where(_THIS, _C.long_term.is_(False), _C.given > _C.refused, _STILL_SENDING)
    .values(remaining=_C.remaining + 1)
)
_EMPTY = update(notice_consents).where(_THIS).values(remaining=0, long_term=False)
_FORGET = delete(notice_consents).where(_C.openid == bindparam("o"))


def _given(insert: Any) -> Executable:
    new, old = insert.excluded, _C
    more = case((old.remaining + new.remaining > MOST, MOST), else_=old.remaining + new.remaining)
    statement: Executable = insert.on_conflict_do_update(
        index_elements=["openid", "template"],
        set_={"remaining": more, "long_term": new.long_term, "given": _later(old.given, new.given),
              "at": new.at},
        where=old.refused <= new.given,
    )  # fmt: skip
    return statement


def _refused(insert: Any) -> Executable:
    """What was given before is void; of what was given after, one is certain: the latest."""
    new, old = insert.excluded, _C
    before = old.given <= new.refused
    statement: Executable = insert.on_conflict_do_update(
        index_elements=["openid", "template"],
        set_={"remaining": case((before, 0), (old.remaining > 1, 1), else_=old.remaining),
              "long_term": and_(old.long_term, ~before),
              "refused": _later(old.refused, new.refused), "at": new.at},
    )  # fmt: skip
    return statement


def _later(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    return case((one > other, one), else_=other)


_GIVE, _REFUSE = Upsert(notice_consents, _given), Upsert(notice_consents, _refused)


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody's word on the notices of a template; `created` is its event's CreateTime."""

    openid: str = field(repr=False)
    template: str
    created: int


def give(conn: Connection, choice: Choice, now: dt.datetime, *, long_term: bool) -> None:
    """Take in one consent more, or one for good."""
    more = {"remaining": 0 if long_term else 1, "long_term": long_term, "given": choice.created}
    _GIVE.run(conn, _row(choice, now) | more)


def refuse(conn: Connection, choice: Choice, now: dt.datetime) -> None:
    """Take in that the notices were turned off."""
    _REFUSE.run(conn, _row(choice, now) | {"refused": choice.created})


def use(conn: Connection, openid: str, template: str) -> bool:
    """Count one down, in the transaction that writes its message down; False if none is left."""
    this = {"o": openid, "t": template}
    used = conn.execute(_USE, this).rowcount > 0
    return used or conn.execute(_STANDS, this).first() is not None


def give_back(conn: Connection, openid: str, template: str, item: int, holder: str) -> None:
    """Count one up for a message that was not sent; call before it is settled.

    Nothing happens where the message is not `sending` in this holder's hands any more, so that
    settling twice gives nothing twice.
    """
    conn.execute(_GIVE_BACK, {"o": openid, "t": template, "i": item, "h": holder})


def empty(conn: Connection, openid: str, template: str) -> None:
    """Note that WeChat knows of no consent (43101)."""
    conn.execute(_EMPTY, {"o": openid, "t": template})


def forget(conn: Connection, openid: str) -> None:
    """Drop all consents of an openid."""
    conn.execute(_FORGET, {"o": openid})


def of(conn: Connection, openids: Sequence[str]) -> Iterable[tuple[str, str, float]]:
    """Return (openid, template, messages that may be sent) for these; long-term: infinite."""
    for row in conn.execute(_OF, {"os": openids}):
        yield row.openid, row.template, math.inf if row.long_term else row.remaining


def stands(openid: ColumnElement[Any], template: str) -> ColumnElement[bool]:
    """Say in SQL that this openid may be sent a notice of the template."""
    some = select(func.count()).where(
        _C.openid == openid, _C.template == template, or_(_C.long_term, _C.remaining > 0)
    )
    return some.correlate_except(notice_consents).scalar_subquery() > 0


def _row(choice: Choice, now: dt.datetime) -> dict[str, Any]:
    return {
        "openid": choice.openid, "template": choice.template, "remaining": 0, "long_term": False,
        "given": 0, "refused": 0, "at": int(now.timestamp()),
    }  # fmt: skip
