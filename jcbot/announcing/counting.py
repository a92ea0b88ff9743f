"""How many an audience means, and how each of them could be reached now (人数)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from jcbot.announcing.selecting import Side, of_registry, of_strangers
from jcbot.people import generations
from jcbot.people.patience import insist
from jcbot.storage.notice_tables import notice_wishes
from jcbot.storage.people_tables import ROW_BITS, people
from jcbot.storage.tables import conversations, followers
from jcbot.storage.training_tables import classes, enrolments, outbox
from jcbot.training.model import CANCELLED
from knowledge.sending import CUSTOM, TEMPLATE

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from sqlalchemy import Connection

    from jcbot.announcing.parsing import Node
    from jcbot.announcing.selecting import Rules
    from jcbot.storage.database import Database
    from knowledge.sending import SendingRules

PIECE = 20_000
KIND = "announcement"
UNBOUND, UNFOLLOWED, UNSUBSCRIBED, NOWHERE = "unbound", "unfollowed", "unsubscribed", "no_channel"
_LAST = sa.select(sa.func.max(people.c.id)).where(
    people.c.id >= sa.bindparam("first"), people.c.id < sa.bindparam("end")
)
LOW = (1 << ROW_BITS) - 1
"""What of an id is the row of the list."""


@dataclass(frozen=True, slots=True)
class Roads:
    """What reaching goes by: the rules of sending, whether a template is set, what it is about."""

    sending: SendingRules
    template: bool
    about: str
    course: str
    now: dt.datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """How many meet the audience, by how they can be reached now: a channel, or why not."""

    by: dict[str, int] = field(default_factory=dict)

    @property
    def meets(self) -> int:
        """How many meet the audience."""
        return sum(self.by.values())

    @property
    def bound(self) -> int:
        """How many of them have a WeChat that we know: the recipients."""
        return self.meets - self.by.get(UNBOUND, 0)

    @property
    def reachable(self) -> int:
        """How many can be reached now."""
        return sum(self.by.get(channel, 0) for channel in (TEMPLATE, CUSTOM))


async def count(
    database: Database,
    node: Node,
    rules: Rules,
    roads: Roads,
    progress: Callable[[str, int, int], None],
) -> Counts:
    """Count an audience as it is now, in pieces: `progress` is told (stage, done, of how many)."""
    total: dict[str, int] = {}
    side = of_registry(node, rules)
    reach = _reach(side, roads)
    asked = sa.select(reach, sa.func.count()).select_from(side.source)
    by_reach = asked.where(side.fits).group_by(reach)
    for start, end, last in await stretches(database, PIECE):
        piece = {"first": start, "last": end}
        _add(total, await insist(database, partial(_rows, by_reach, piece)))
        progress("查名册", end & LOW, last & LOW)
    await _count_strangers(database, of_strangers(node, rules), roads, total)
    return Counts(total)


async def _count_strangers(
    database: Database, side: Side, roads: Roads, total: dict[str, int]
) -> None:
    asked = sa.select(side.openid, _reach(side, roads)).select_from(side.source)
    page = asked.where(side.fits).order_by(side.openid).limit(PIECE)
    after = ""
    while rows := await insist(database, partial(_rows, page, {"after": after})):
        _add(total, [(how, 1) for _, how in rows])
        after = rows[-1][0]


async def stretches(database: Database, size: int) -> list[tuple[int, int, int]]:
    """Return the pieces of the live registry: first id, end (without), the very end."""
    live = await insist(database, generations.live)
    if live is None:
        return []
    first = live.number << ROW_BITS
    bounds = {"first": first, "end": first + (1 << ROW_BITS)}
    last = await insist(database, lambda conn: conn.execute(_LAST, bounds).scalar())
    if last is None:
        return []
    ends = range(first, int(last) + 1, size)
    return [(start, min(start + size, int(last) + 1), int(last) + 1) for start in ends]


def _rows(
    statement: sa.Executable, values: dict[str, Any], conn: Connection
) -> list[tuple[str, Any]]:
    return [(row[0], row[1]) for row in conn.execute(statement, values)]


def _add(total: dict[str, int], rows: list[tuple[str, int]]) -> None:
    for how, number in rows:
        total[how] = total.get(how, 0) + number


def _reach(side: Side, roads: Roads) -> sa.ColumnElement[str]:
    """Say how each of a side can be reached; the order is that of `jcbot.channels.choose`."""
    openid = side.openid
    left = sa.exists().where(followers.c.openid == openid, sa.not_(followers.c.following))
    wish = sa.and_(notice_wishes.c.openid == openid, notice_wishes.c.kind == roads.about)
    refused = sa.exists().where(wish, sa.not_(notice_wishes.c.on))
    open_ = {TEMPLATE: _asked(openid, roads, wish), CUSTOM: _wrote(openid, roads)}
    channels = roads.sending.kinds[KIND].channels
    whens: list[tuple[Any, str]] = [
        (openid.is_(None), UNBOUND),
        (left, UNFOLLOWED),
        (refused, UNSUBSCRIBED),
    ]
    whens += [(open_[channel], channel) for channel in channels]
    texts: list[Any] = [(flag, sa.literal_column(f"'{name}'")) for flag, name in whens]
    return sa.case(*texts, else_=sa.literal_column(f"'{NOWHERE}'"))


def _asked(
    openid: sa.ColumnElement[str], roads: Roads, wish: sa.ColumnElement[bool]
) -> sa.ColumnElement[bool]:
    """Who asked for this kind, or signed up for the class it speaks of."""
    if not roads.template:
        return sa.false()
    wanted = sa.exists().where(wish, notice_wishes.c.on)
    in_class = sa.exists().where(
        classes.c.number == roads.course,
        enrolments.c.class_id == classes.c.id,
        enrolments.c.openid == openid,
        enrolments.c.state != CANCELLED,
    )
    return sa.or_(wanted, in_class) if roads.course else wanted


def _wrote(openid: sa.ColumnElement[str], roads: Roads) -> sa.ColumnElement[bool]:
    """Who wrote within the window and has messages of it left."""
    hours = roads.sending.custom_hours
    since = int(roads.now.timestamp()) - hours * 3_600
    used = sa.select(sa.func.count()).where(
        outbox.c.openid == openid,
        outbox.c.channel == CUSTOM,
        outbox.c.called >= conversations.c.at,
    )
    used = used.correlate_except(outbox)
    return sa.exists().where(
        conversations.c.openid == openid,
        conversations.c.at >= since,
        used.scalar_subquery() < roads.sending.custom_messages,
    )
