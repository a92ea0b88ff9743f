"""Which announcements a worker wants, and which he refuses (订阅与退订).

A refusal is of a whole kind and stands until it is taken back, whoever chooses the audience; a
wish may be for a county or a trade only. Without either the worker has said nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select

from jcbot import consents
from jcbot.storage.dialects import Upsert
from jcbot.storage.notice_tables import notice_wishes

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from typing import Any

    from sqlalchemy import Connection, Executable

_W = notice_wishes.c
_MINE = _W.openid == bindparam("o")
_OF = select(notice_wishes).where(_MINE).order_by(_W.kind, _W.county, _W.occupation)
_SAID = select(_W.openid, _W.kind, _W.on).where(_W.openid.in_(bindparam("os", expanding=True)))
_CLEAR = delete(notice_wishes).where(_MINE, _W.kind == bindparam("k"))
_UNREFUSE = _CLEAR.where(_W.on.is_(False))
_DROP = _CLEAR.where(
    _W.on.is_(True), _W.county == bindparam("c"), _W.occupation == bindparam("p")
)  # fmt: skip
_FORGET = delete(notice_wishes).where(_MINE, _W.on.is_(True))


def _latest(insert: Any) -> Executable:
    new = insert.excluded
    statement: Executable = insert.on_conflict_do_update(
        index_elements=["openid", "kind", "county", "occupation"],
        set_={"on": new.on, "at": new.at},
    )
    return statement


_PUT = Upsert(notice_wishes, _latest)


@dataclass(frozen=True, slots=True)
class Wish:
    """A kind that is wanted (`on`) or refused; of one county or trade only where named."""

    kind: str
    county: str = ""
    occupation: str = ""
    on: bool = True


@dataclass(frozen=True, slots=True)
class WishService:
    """The wishes of one worker during one turn; writes go with the turn's transaction."""

    conn: Connection
    openid: str = field(repr=False)
    now: dt.datetime

    def wish(self, kind: str, county: str = "", occupation: str = "") -> None:
        """Want a kind, of that county and trade where named; a refusal of it is taken back."""
        self.conn.execute(_UNREFUSE, {"o": self.openid, "k": kind})
        self._put(Wish(kind, county, occupation))

    def drop(self, kind: str, county: str, occupation: str) -> bool:
        """Want just this no more; False if it was not wanted. The kind is not refused by it."""
        named = {"o": self.openid, "k": kind, "c": county, "p": occupation}
        return self.conn.execute(_DROP, named).rowcount > 0

    def unwish(self, kinds: Iterable[str]) -> None:
        """Refuse these kinds: nothing of them is sent any more."""
        for kind in kinds:
            self.conn.execute(_CLEAR, {"o": self.openid, "k": kind})
            self._put(Wish(kind, on=False))

    def of(self) -> list[Wish]:
        """Return what this worker wants and refuses."""
        rows = self.conn.execute(_OF, {"o": self.openid})
        return [Wish(row.kind, row.county, row.occupation, row.on) for row in rows]

    def forget(self) -> None:
        """Drop what was wanted and agreed to; a refusal stays: who erases himself wants no mail."""
        self.conn.execute(_FORGET, {"o": self.openid})
        consents.forget(self.conn, self.openid)

    def _put(self, wish: Wish) -> None:
        row = {"openid": self.openid, "kind": wish.kind, "county": wish.county}
        more = {"occupation": wish.occupation, "on": wish.on, "at": int(self.now.timestamp())}
        _PUT.run(self.conn, row | more)


def said(conn: Connection, openids: Iterable[str]) -> set[tuple[str, str, bool]]:
    """Return what these workers asked for or refuse: (openid, kind, on), a part of a kind too."""
    rows = conn.execute(_SAID, {"os": list(openids)})
    return {(row.openid, row.kind, row.on) for row in rows}
