"""Which channel a message may take (渠道): what the law of each allows, and why this one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, and_, bindparam, func, select

from jcbot import wishes
from jcbot.ledger import FAILED, UNKNOWN, UNREACHABLE, Item, Plan, Settled
from jcbot.storage.tables import conversations, followers
from jcbot.storage.training_tables import classes, enrolments, outbox
from jcbot.training.model import CANCELLED
from knowledge.sending import CUSTOM, TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from knowledge.sending import SendingRules

TOO_LATE = "not worth sending any more"
REFUSED = "refused_by_user"
"""How the reason begins when somebody does not want a channel's messages (43101)."""

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
        outbox.c.reason.startswith(REFUSED, autoescape=True),
    )
    .group_by(outbox.c.openid, outbox.c.channel)
)
_IN_CLASS = (
    select(enrolments.c.id)
    .join(classes, classes.c.id == enrolments.c.class_id)
    .where(
        classes.c.number == bindparam("n"),
        enrolments.c.openid == bindparam("o"),
        enrolments.c.state != CANCELLED,
    )
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What choosing goes by: the rules, template ids by kind, and channels that rest until then."""

    sending: SendingRules
    templates: Mapping[str, str]
    resting: Mapping[str, dt.datetime]


@dataclass(slots=True)
class Standing:
    """How one person stands with the account; `follows` is None where no event was ever seen.

    `last` is when they wrote last (Unix time, 0: never), `used` how many customer messages they
    were sent since, `refused` the channels they do not want. Of messages by wish, `unwanted` and
    `asked` hold the items turned off and those asked for.
    """

    follows: bool | None = None
    last: int = 0
    used: int = 0
    refused: set[str] = field(default_factory=set)
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
    for item in items:
        kind = sending.kinds.get(item.kind)
        if kind is not None and kind.wished:
            _wishes(conn, item, found[item.openid])
    return found


def _wishes(conn: Connection, item: Item, person: Standing) -> None:
    """Note whether this notice was turned off, asked for, or its class signed up for."""
    about = item.payload.get("about", "")
    if wishes.refuses(conn, item.openid, about):
        person.unwanted.add(item.id)
    named = {"n": item.payload.get("class", ""), "o": item.openid}
    if wishes.wants(conn, item.openid, about) or conn.execute(_IN_CLASS, named).first():
        person.asked.add(item.id)


def choose(item: Item, person: Standing, rules: Rules, now: dt.datetime) -> Plan | Settled:
    """Return how to send the item, or that it cannot be sent, or when to look again.

    A customer message that is chosen counts in `person`.
    """
    kind = rules.sending.kinds.get(item.kind)
    if item.again:
        if kind is None or (item.channel == TEMPLATE and not rules.templates.get(item.kind)):
            return Settled(item, UNKNOWN, reason="no way any more to send the same again")
        return Plan(item, item.channel, "the same message again")
    if kind is None or now - item.since > kind.worth:
        why = TOO_LATE if kind else f"unknown kind {item.kind}"
        return Settled(item, UNREACHABLE, reason=why)
    start = rules.sending.not_before(item.kind, now)
    if start > now:
        return Settled(item, "", reason="quiet hours", later=start)
    if person.follows is False or item.id in person.unwanted:
        why = "unsubscribed" if person.follows is not False else "does not follow the account"
        return Settled(item, UNREACHABLE, reason=why)
    return _first_open(item, person, rules, now)


def _first_open(item: Item, person: Standing, rules: Rules, now: dt.datetime) -> Plan | Settled:
    """The best channel that is allowed; when all that are allowed rest, when the first wakes."""
    kind = rules.sending.kinds[item.kind]
    open_ = [each for each in kind.channels if _allowed(item, person, each, rules, now)]
    awake = [each for each in open_ if each not in rules.resting]
    if awake:
        person.used += awake[0] == CUSTOM
        return Plan(item, awake[0], _why(awake[0]))
    if open_:
        until = min(rules.resting[each] for each in open_)
        return Settled(item, "", reason="channel rests", later=until)
    return Settled(item, UNREACHABLE, reason="no channel is allowed")


def _allowed(item: Item, person: Standing, channel: str, rules: Rules, now: dt.datetime) -> bool:
    if channel in person.refused:
        return False
    if channel == TEMPLATE:
        wished = rules.sending.kinds[item.kind].wished
        return bool(rules.templates.get(item.kind)) and (not wished or item.id in person.asked)
    last, used, since = person.last, person.used, item.since.timestamp()
    if rules.sending.kinds[item.kind].answers and since > last:
        last, used = int(since), 0  # whom it answers wrote then: known before it is written down
    window = dt.timedelta(hours=rules.sending.custom_hours)
    inside = last >= (now - window).timestamp()
    return inside and used < rules.sending.custom_messages


def _why(channel: str) -> str:
    reasons = {TEMPLATE: "asked for, a template is set", CUSTOM: "wrote within the window"}
    return reasons[channel]
