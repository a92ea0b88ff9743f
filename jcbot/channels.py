"""Which channel a message may take (渠道): what the law of each allows, and why this one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from jcbot import followers, wishes
from jcbot.ledger import UNREACHABLE, Item, Plan, Settled
from jcbot.storage.tables import conversations
from jcbot.storage.training_tables import classes, enrolments, outbox
from jcbot.training.model import CANCELLED
from knowledge.sending import CUSTOM, TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from knowledge.sending import SendingRules

_LAST = select(conversations.c.at).where(conversations.c.openid == bindparam("o"))
_USED = select(func.count()).where(
    outbox.c.openid == bindparam("o"),
    outbox.c.channel == CUSTOM,
    outbox.c.called >= bindparam("since"),
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


def choose(conn: Connection, item: Item, rules: Rules, now: dt.datetime) -> Plan | Settled:
    """Return how to send the item, or that it cannot be sent, or when to look again."""
    kind = rules.sending.kinds.get(item.kind)
    if kind is None:
        return Settled(item, UNREACHABLE, reason=f"unknown kind {item.kind}")
    if item.again and item.channel:
        return Plan(item, item.channel, "the same message again")
    start = rules.sending.not_before(item.kind, now)
    if start > now:
        return Settled(item, "", reason="quiet hours", later=start)
    if followers.follows(conn, item.openid) is False:
        return Settled(item, UNREACHABLE, reason="does not follow the account")
    if kind.wished and wishes.refuses(conn, item.openid, item.payload.get("about", "")):
        return Settled(item, UNREACHABLE, reason="unsubscribed")
    return _first_open(conn, item, rules, now)


def _first_open(conn: Connection, item: Item, rules: Rules, now: dt.datetime) -> Plan | Settled:
    """The best channel that is allowed; when all that are allowed rest, when the first wakes."""
    kind = rules.sending.kinds[item.kind]
    open_ = [each for each in kind.channels if _allowed(conn, item, each, rules, now)]
    awake = [each for each in open_ if each not in rules.resting]
    if awake:
        return Plan(item, awake[0], _why(awake[0]))
    if open_:
        until = min(rules.resting[each] for each in open_)
        return Settled(item, "", reason="channel rests", later=until)
    return Settled(item, UNREACHABLE, reason="no channel is allowed")


def _allowed(conn: Connection, item: Item, channel: str, rules: Rules, now: dt.datetime) -> bool:
    if channel == TEMPLATE:
        wished = rules.sending.kinds[item.kind].wished
        return bool(rules.templates.get(item.kind)) and (not wished or _asked(conn, item))
    last = conn.execute(_LAST, {"o": item.openid}).scalar()
    window = dt.timedelta(hours=rules.sending.custom_hours)
    if last is None or last < (now - window).timestamp():
        return False
    used: int = conn.execute(_USED, {"o": item.openid, "since": last}).scalar_one()
    return used < rules.sending.custom_messages


def _asked(conn: Connection, item: Item) -> bool:
    """Whether an announcement's kind was asked for, or its class signed up for."""
    if wishes.wants(conn, item.openid, item.payload.get("about", "")):
        return True
    named = {"n": item.payload.get("class", ""), "o": item.openid}
    return conn.execute(_IN_CLASS, named).first() is not None


def _why(channel: str) -> str:
    reasons = {TEMPLATE: "asked for, a template is set", CUSTOM: "wrote within the window"}
    return reasons[channel]
