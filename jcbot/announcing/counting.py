"""How many an audience means, and how each of them could be reached now (人数)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from jcbot import consents
from jcbot.announcing.mass_list import month_start, received
from jcbot.announcing.selecting import Side, of_registry, of_strangers, some, stretch_of_strangers
from jcbot.people import generations
from jcbot.people.patience import gently, insist
from jcbot.storage.notice_tables import notice_wishes
from jcbot.storage.people_tables import ROW_BITS, people
from jcbot.storage.tables import conversations, followers
from jcbot.storage.training_tables import classes, enrolments, outbox
from jcbot.training.model import CANCELLED
from knowledge.sending import CUSTOM, MASS, SUBSCRIPTION, TEMPLATE

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

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
_STRETCH = stretch_of_strangers()


@dataclass(frozen=True, slots=True)
class Roads:
    """What reaching goes by: the rules of sending, whether a template is set, what it is about.

    `subscription` is the id of its subscription notice, "" without one; `mass`: by mass send.
    """

    sending: SendingRules
    template: bool
    about: str
    course: str
    now: dt.datetime
    subscription: str = ""
    mass: bool = False


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
        channels = (MASS, TEMPLATE, SUBSCRIPTION, CUSTOM)
        return sum(self.by.get(channel, 0) for channel in channels)


async def count(
    database: Database,
    node: Node,
    rules: Rules,
    roads: Roads,
    progress: Callable[[str, int, int], None],
) -> Counts:
    """Count an audience as it is now, in pieces: `progress` is told (stage, done, of how many)."""
    total: dict[str, int] = {}
    sides: list[tuple[Side, str, Sequence[Mapping[str, Any]]]] = [
        (of_registry(node, rules), "查名册", await stretches(database, PIECE)),
        (of_strangers(node, rules), "查关注的人", await openids(database, PIECE)),
    ]
    for side, stage, pieces in sides:
        how = _reach(side, roads)
        asked = sa.select(how, sa.func.count()).select_from(side.source)
        by_reach = asked.where(side.fits).group_by(how)
        for done, piece in enumerate(pieces, start=1):
            for reach, number in await gently(database, partial(_rows, by_reach, piece)):
                total[reach] = total.get(reach, 0) + number
            progress(stage, done, len(pieces))
    return Counts(total)


async def stretches(database: Database, size: int) -> list[dict[str, int]]:
    """Return the pieces of the live registry, by ids: from `first` up to `last` (without)."""
    live = await insist(database, generations.live)
    if live is None:
        return []
    first = live.number << ROW_BITS
    bounds = {"first": first, "end": first + (1 << ROW_BITS)}
    last = await insist(database, lambda conn: conn.execute(_LAST, bounds).scalar())
    starts = range(first, first if last is None else int(last) + 1, size)
    return [{"first": start, "last": start + size} for start in starts]


async def openids(database: Database, size: int) -> list[dict[str, str]]:
    """Return the pieces of those known by their WeChat: `above` one openid up to another."""
    found: list[dict[str, str]] = []
    above = ""
    while upto := await insist(database, partial(_upto, {"above": above, "most": size})):
        found.append({"above": above, "upto": upto})
        above = upto
    return found


def _upto(where: dict[str, Any], conn: Connection) -> str:
    return str(conn.execute(_STRETCH, where).scalar() or "")


def _rows(
    statement: sa.Executable, values: Mapping[str, Any], conn: Connection
) -> list[tuple[str, Any]]:
    return [(row[0], row[1]) for row in conn.execute(statement, values)]


def _reach(side: Side, roads: Roads) -> sa.ColumnElement[str]:
    """Say how each of a side can be reached; the order is that of `jcbot.channels.choose`."""
    openid = side.openid
    left = some(followers.c.openid, followers.c.openid == openid, sa.not_(followers.c.following))
    wish = sa.and_(notice_wishes.c.openid == openid, notice_wishes.c.kind == roads.about)
    refused = some(notice_wishes.c.openid, wish, sa.not_(notice_wishes.c.on))
    agreed = consents.stands(openid, roads.subscription) if roads.subscription else sa.false()
    open_ = {
        TEMPLATE: _asked(openid, roads, wish), CUSTOM: _wrote(openid, roads), SUBSCRIPTION: agreed
    }  # fmt: skip
    channels = roads.sending.kinds[KIND].channels
    whens: list[tuple[Any, str]] = [
        (openid.is_(None), UNBOUND),
        (left, UNFOLLOWED),
        (refused, UNSUBSCRIBED),
    ]
    if roads.mass:
        share = received(openid, month_start(roads.now)) < roads.sending.mass.a_month
        whens.append((share, MASS))
    whens += [(open_[channel], channel) for channel in channels]
    texts: list[Any] = [(flag, sa.literal_column(f"'{name}'")) for flag, name in whens]
    return sa.case(*texts, else_=sa.literal_column(f"'{NOWHERE}'"))


def _asked(
    openid: sa.ColumnElement[str], roads: Roads, wish: sa.ColumnElement[bool]
) -> sa.ColumnElement[bool]:
    """Who asked for this kind, or signed up for the class it speaks of."""
    if not roads.template:
        return sa.false()
    wanted = some(notice_wishes.c.openid, wish, notice_wishes.c.on)
    course = sa.select(classes.c.id).where(classes.c.number == roads.course).scalar_subquery()
    in_class = some(
        enrolments.c.id,
        enrolments.c.class_id == course,
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
    return some(
        conversations.c.openid,
        conversations.c.openid == openid,
        conversations.c.at >= since,
        used.scalar_subquery() < roads.sending.custom_messages,
    )
