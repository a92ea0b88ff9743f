"""How people stand with the account (渠道的依据): follow, last word, refusals, wishes, consents."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, and_, bindparam, func, select

from jcbot import consents, text_messages, wishes
from jcbot.ledger import FAILED, Item
from jcbot.storage.tables import conversations, followers
from jcbot.storage.training_tables import classes, enrolments, outbox
from jcbot.training.model import CANCELLED
from knowledge.sending import CUSTOM, SMS, SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from knowledge.sending import SendingRules

REFUSED = "refused_by_user"
"""How the reason begins when somebody does not want a channel's messages (43101).

Of subscription notices the consents tell that, template by template.
"""

_THESE: BindParameter[Any] = bindparam("os", expanding=True)
_FOLLOW = select(followers.c.openid, followers.c.following, followers.c.created).where(
    followers.c.openid.in_(_THESE)
)
_LAST = (
    select(conversations.c.openid, conversations.c.at, func.count(outbox.c.id).label("used"))
    .outerjoin(
        outbox,
        and_(
            outbox.c.openid == conversations.c.openid,
            outbox.c.channel == CUSTOM,
            outbox.c.called >= conversations.c.at,
        ),
    )
    .where(conversations.c.openid.in_(_THESE))
    .group_by(conversations.c.openid, conversations.c.at)
)
_REFUSALS = (
    select(outbox.c.openid, outbox.c.channel, func.max(outbox.c.settled).label("at"))
    .where(
        outbox.c.openid.in_(_THESE),
        outbox.c.state == FAILED,
        outbox.c.channel != SUBSCRIPTION,
        outbox.c.reason.startswith(REFUSED, autoescape=True),
    )
    .group_by(outbox.c.openid, outbox.c.channel)
)
_IN_CLASS = (
    select(enrolments.c.openid, classes.c.number)
    .join(classes, classes.c.id == enrolments.c.class_id)
    .where(
        classes.c.number.in_(bindparam("ns", expanding=True)),
        enrolments.c.openid.in_(_THESE),
        enrolments.c.state != CANCELLED,
    )
)


@dataclass(slots=True)
class Standing:
    """How one person stands with the account; `follows` is None where no event was ever seen.

    `last` is when they wrote last (Unix time, 0: never), `used` how many customer messages they
    were sent since, `refused` the channels they do not want. `consents` tells how many notices of
    each template they agreed to, `phone` whether the registry has a telephone of theirs, which is
    looked up for what may go by text message. Of messages by wish, `unwanted` and `asked` hold the
    items turned off and those asked for.
    """

    follows: bool | None = None
    last: int = 0
    used: int = 0
    refused: set[str] = field(default_factory=set)
    consents: dict[str, float] = field(default_factory=dict)
    phone: bool = False
    unwanted: set[int] = field(default_factory=set)
    asked: set[int] = field(default_factory=set)


def standings(
    conn: Connection, items: Sequence[Item], sending: SendingRules
) -> dict[str, Standing]:
    """Return the standing of everybody these items are for, by openid."""
    found = {each.openid: Standing() for each in items}
    if not found:
        return found
    these, came = {"os": list(found)}, {}
    for openid, following, created in conn.execute(_FOLLOW, these):
        found[openid].follows, came[openid] = following, created
    for openid, at, used in conn.execute(_LAST, these):
        found[openid].last, found[openid].used = at, used
    for openid, channel, at in conn.execute(_REFUSALS, these):
        if at >= came.get(openid, 0):  # whoever followed anew is asked anew
            found[openid].refused.add(channel)
    for openid, template, left in consents.of(conn, these["os"]):
        found[openid].consents[template] = left
    for openid in text_messages.phoned(conn, _to_text(items, sending)):
        found[openid].phone = True
    wished = [each for each in items if each.kind in sending.kinds]
    _wishes(conn, [each for each in wished if sending.kinds[each.kind].wished], found)
    return found


def _to_text(items: Sequence[Item], sending: SendingRules) -> list[str]:
    kinds = {name for name, kind in sending.kinds.items() if SMS in kind.channels}
    return list({each.openid for each in items if each.kind in kinds})


def _wishes(conn: Connection, items: Sequence[Item], found: dict[str, Standing]) -> None:
    """Note which notices were turned off, asked for, or their class signed up for."""
    if not items:
        return
    openids = {each.openid for each in items}
    said = wishes.said(conn, openids)
    courses = {course for each in items if (course := each.payload.get("class"))}
    there = {"ns": list(courses), "os": list(openids)}
    signed_up = {tuple(row) for row in conn.execute(_IN_CLASS, there)} if courses else set()
    for item in items:
        person, kind = found[item.openid], (item.openid, item.payload.get("about", ""))
        if (*kind, False) in said:
            person.unwanted.add(item.id)
        if (*kind, True) in said or (item.openid, item.payload.get("class")) in signed_up:
            person.asked.add(item.id)
