"""Word that a class has opened which somebody wished for (高平有电工班了告诉我).

One message a worker and day, so that a long list, which is put in by several units of work, or
several lists on one day, ring nobody's phone ten times: what opens while the message still waits
is added to it, what opens after it has left waits for the next day's. A class opens once, so the
same list put in again tells nobody. When the message leaves it is looked at again: what is over
by then, dropped from the wishes, or signed up for, is not told.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, or_, select, update

from jcbot.clock import SHANGHAI
from jcbot.outbox import PROMISED
from jcbot.storage.dialects import Upsert
from jcbot.storage.notice_tables import notice_wishes
from jcbot.storage.training_tables import classes, enrolments, outbox
from jcbot.training.model import CANCELLED, OPEN
from knowledge.occupations import matching

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Row

KIND, ABOUT = "wished_class", "classes"
"""The kind of the message, and the kind of notice whose wishes it answers and whose refusal ends
it."""
TOGETHER = 1_000
"""Messages looked up by one statement."""
_C, _W, _O, _E = classes.c, notice_wishes.c, outbox.c, enrolments.c
_OPENED = (
    select(_C.id, _C.number, _C.occupation, _C.county)
    .where(
        _C.number.in_(bindparam("numbers", expanding=True)),
        _C.state == OPEN,
        _C.deadline > bindparam("at"),
    )
    .order_by(_C.first_day, _C.id)
)
_NAMED = (
    select(_W.openid, _W.county, _W.occupation)
    .where(_W.kind == ABOUT, _W.on, or_(_W.county != "", _W.occupation != ""))
    .order_by(_W.openid)
)
_WISHES = _NAMED.where(_W.county.in_(bindparam("counties", expanding=True)))
_MINE = _NAMED.where(_W.openid == bindparam("o"))
_THERE = select(_O.id, _O.key, _O.payload).where(_O.key.in_(bindparam("keys", expanding=True)))
_WAITING = _THERE.where(_O.state == PROMISED, _O.holder.is_(None))
_WAITING = _WAITING.with_for_update(skip_locked=True)  # locked: a courier has it in hand
_ADD = update(outbox).where(_O.id == bindparam("i")).values(payload=bindparam("p"))
_PUT = Upsert(outbox, lambda insert: insert.on_conflict_do_nothing(index_elements=["key"]))
_HELD = select(_E.class_id).where(
    _E.class_id.in_(bindparam("ids", expanding=True)),
    _E.openid == bindparam("o"),
    _E.state != CANCELLED,
)


def tell_wishers(conn: Connection, numbers: Sequence[str], now: dt.datetime) -> int:
    """Promise word of these new classes to whoever wished for one; return how many people.

    A wish without county or trade is for what staff announce, and is not answered by this.
    """
    opened = _open(conn, numbers, now)
    if not opened:
        return 0
    counties = {"counties": ["", *sorted({each.county for each in opened})]}
    fits = _Fits(opened)
    wanted: dict[str, list[str]] = {}
    for openid, county, trade in conn.execute(_WISHES, counties):
        if found := fits.of(county, trade):
            wanted[openid] = _joined(wanted.get(openid, ()), found)
    people, day = len(wanted), now.date()
    while wanted:
        wanted = _put(conn, wanted, day, now)
        day += dt.timedelta(days=1)
    return people


def still(
    conn: Connection, openid: str, payload: dict[str, Any], now: dt.datetime
) -> dict[str, Any] | None:
    """Return what of a promise is still to be told, None for nothing."""
    opened = _open(conn, payload["classes"], now)
    if not opened:
        return None
    held = {"ids": [each.id for each in opened], "o": openid}
    mine = set(conn.execute(_HELD, held).scalars())
    fits = _Fits([each for each in opened if each.id not in mine])
    wishes = conn.execute(_MINE, {"o": openid}).all()
    wanted = {number for _, county, trade in wishes for number in fits.of(county, trade)}
    left = [each.number for each in opened if each.number in wanted]
    return _payload(left) if left else None


class _Fits:
    """Which of the classes a wish is for: as the bot finds classes when somebody looks for them."""

    def __init__(self, opened: Sequence[Row[Any]]) -> None:
        self._opened = opened
        self._known: dict[tuple[str, str], list[str]] = {}

    def of(self, county: str, trade: str) -> list[str]:
        """Return their numbers, the first to begin first."""
        if (county, trade) not in self._known:
            there = [each for each in self._opened if county in ("", each.county)]
            names = set(matching(trade, {each.occupation for each in there})) if trade else None
            found = [each.number for each in there if names is None or each.occupation in names]
            self._known[county, trade] = found
        return self._known[county, trade]


def _open(conn: Connection, numbers: Sequence[str], now: dt.datetime) -> list[Row[Any]]:
    """Those of the classes that can still be signed up for, the first to begin first."""
    asked = {"numbers": list(numbers), "at": int(now.timestamp())}
    return list(conn.execute(_OPENED, asked)) if numbers else []


def _put(
    conn: Connection, wanted: dict[str, list[str]], day: dt.date, now: dt.datetime
) -> dict[str, list[str]]:
    """Promise it for this day or add it to what waits; return what has left already, to whom."""
    later: dict[str, list[str]] = {}
    due = max(now, dt.datetime.combine(day, dt.time(), SHANGHAI))
    everybody = list(wanted)
    for start in range(0, len(everybody), TOGETHER):
        some = everybody[start : start + TOGETHER]
        keys = {f"{KIND}:{day.isoformat()}:{openid}": openid for openid in some}
        there = {row.key for row in conn.execute(_THERE, {"keys": list(keys)})}
        waiting = list(conn.execute(_WAITING, {"keys": sorted(there)})) if there else []
        more = [_added(row, wanted[keys[row.key]]) for row in waiting]
        if more:
            conn.execute(_ADD, more)
        fresh = [_row(key, openid, wanted[openid], due)
                 for key, openid in keys.items() if key not in there]  # fmt: skip
        _PUT.run_all(conn, fresh)
        gone = there.difference(row.key for row in waiting)
        later |= {keys[key]: wanted[keys[key]] for key in gone}
    return later


def _row(key: str, openid: str, numbers: Sequence[str], due: dt.datetime) -> dict[str, Any]:
    payload = json.dumps(_payload(numbers), ensure_ascii=False)
    told = {"key": key, "kind": KIND, "openid": openid, "payload": payload}
    return told | {"due": int(due.timestamp()), "state": PROMISED}


def _added(row: Any, numbers: Sequence[str]) -> dict[str, Any]:
    known = json.loads(row.payload)["classes"]
    payload = json.dumps(_payload(_joined(known, numbers)), ensure_ascii=False)
    return {"i": row.id, "p": payload}


def _payload(numbers: Sequence[str]) -> dict[str, Any]:
    """The first class is told in full, of the others how many there are."""
    return {"about": ABOUT, "class": numbers[0], "classes": list(numbers)}


def _joined(some: Iterable[str], more: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*some, *more]))
