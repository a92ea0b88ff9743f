"""The generations of the registry: one is filled while another answers; one flip changes them.

All functions are units of work. An import that fills a generation holds it by a name of its
own and a beat that moves with every step, so that another can see whether it is alive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, and_, cast, func, insert, literal, select, update

from jcbot.errors import JcbotError
from jcbot.storage.locks import hold
from jcbot.storage.people_tables import ID, ROW_BITS, generations, people, people_keys

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Row

FILLING, LIVE, PREVIOUS, DROPPED = "filling", "live", "previous", "dropped"
_G = generations.c
live_number = select(_G.number).where(_G.state == LIVE).scalar_subquery()
"""The number of the live generation, to compare `people.generation` with."""


def in_live() -> ColumnElement[bool]:
    """Where a row of `people` is of the live generation; only its stretch of ids is read."""
    number, size = cast(live_number, BigInteger), literal(1 << ROW_BITS, BigInteger)
    first = people.c.id >= number * size
    return and_(people.c.generation == live_number, first, people.c.id < (number + 1) * size)


class ImportBusyError(JcbotError):
    """Another import is running, or was cut off so shortly ago that it may be."""

    sentence = "另一次导入正在进行，请等它完成后再导入。"

    def __init__(self, beat: tuple[int, int]) -> None:
        """Tell by `beat` (generation, beat) how far it was."""
        super().__init__()
        self.beat = beat


class ImportLostError(JcbotError):
    """The generation this import filled was taken over by another."""

    sentence = "这次导入停了太久，已经被另一次导入接替，没有生效。"


class UndoError(JcbotError):
    """There is no import to take back."""

    sentence = "没有可以撤回的导入：上一次导入已经撤回，或者还没有导入过。"


@dataclass(frozen=True, slots=True)
class Start:
    """An import that wants to begin: which list, what it is called, by whom, when."""

    digest: str
    source: str
    holder: str
    now: int


@dataclass(frozen=True, slots=True)
class Filling:
    """The generation being filled, who fills it, and how far it was when begun."""

    number: int
    holder: str
    row: int = 0
    keyed: int = 0


def begin(conn: Connection, start: Start, stood_at: tuple[int, int] | None = None) -> Filling:
    """Start a generation, or go on with the one that the same list began to fill.

    `stood_at` is the beat at which a running import was seen to stand still; while its beat
    moves, or was not watched yet, `ImportBusyError`.
    """
    hold(conn, "registry")
    open_ = conn.execute(select(generations).where(_G.state == FILLING)).first()
    if open_ is not None:
        beat = (open_.number, open_.beat)
        if open_.holder is not None and beat != stood_at:
            raise ImportBusyError(beat)
        if open_.file_hash == start.digest:
            _set(conn, open_.number, holder=start.holder, beat=_G.beat + 1)
            return Filling(open_.number, start.holder, open_.row, open_.keyed)
        _set(conn, open_.number, state=DROPPED, holder=None)
    number = conn.execute(select(func.coalesce(func.max(_G.number), 0))).scalar_one() + 1
    row = {"number": number, "state": FILLING, "file_hash": start.digest, "source": start.source,
           "row": 0, "keyed": 0, "people": 0, "faulty": 0, "holder": start.holder, "beat": 0,
           "started": start.now}  # fmt: skip
    conn.execute(insert(generations), row)
    return Filling(number, start.holder)


def advance(conn: Connection, filling: Filling, **counts: Any) -> None:
    """Note how far the filling is; `ImportLostError` if another has taken it over."""
    mine = (_G.number == filling.number, _G.holder == filling.holder, _G.state == FILLING)
    done = conn.execute(update(generations).where(*mine).values(beat=_G.beat + 1, **counts))
    if not done.rowcount:
        raise ImportLostError


def release(conn: Connection, filling: Filling) -> None:
    """Let go of a generation that is not full yet, so that the next start goes on at once."""
    mine = (_G.number == filling.number, _G.holder == filling.holder)
    conn.execute(update(generations).where(*mine).values(holder=None))


def go_live(conn: Connection, filling: Filling, now: int) -> None:
    """Flip: this generation answers from now on, the live one becomes the previous."""
    hold(conn, "registry")
    advance(conn, filling)
    _change(conn, PREVIOUS, DROPPED)
    _change(conn, LIVE, PREVIOUS)
    _set(conn, filling.number, state=LIVE, holder=None, lived=now)


def undo(conn: Connection) -> None:
    """Flip back to the previous generation (after the very first import: to none)."""
    hold(conn, "registry")
    lived = conn.execute(select(_G.state).where(_G.lived.is_not(None))).scalars().all()
    if LIVE not in lived or (PREVIOUS not in lived and len(lived) > 1):
        raise UndoError
    _change(conn, LIVE, DROPPED)
    _change(conn, PREVIOUS, LIVE)


def live(conn: Connection) -> Row[Any] | None:
    """Return the live generation's row, None before the first import."""
    return conn.execute(select(generations).where(_G.state == LIVE)).first()


def live_or_new(conn: Connection, source: str, now: int) -> None:
    """See that there is a live generation; a new one is empty. The caller holds the registry."""
    if live(conn) is not None:
        return
    number = conn.execute(select(func.coalesce(func.max(_G.number), 0))).scalar_one() + 1
    row = {"number": number, "state": LIVE, "file_hash": "", "source": source, "row": 0,
           "keyed": 0, "people": 0, "faulty": 0, "beat": 0, "started": now,
           "lived": now}  # fmt: skip
    conn.execute(insert(generations), row)


def count(conn: Connection) -> int:
    """Return how many people the live registry has (by their keys: a tenth of the reading)."""
    mine = (people_keys.c.generation == live_number, people_keys.c.domain == ID)
    counted = select(func.count()).select_from(people_keys).where(*mine)
    return conn.execute(counted).scalar_one()


def _set(conn: Connection, number: int, **values: Any) -> None:
    conn.execute(update(generations).where(_G.number == number).values(**values))


def _change(conn: Connection, old: str, new: str) -> None:
    conn.execute(update(generations).where(_G.state == old).values(state=new))
