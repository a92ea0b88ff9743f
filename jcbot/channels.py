"""Which channel a message may take (渠道): what the law of each allows, and why this one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jcbot.ledger import NO_CHANNEL, UNKNOWN, UNREACHABLE, Item, Plan, Settled
from knowledge.sending import CUSTOM, SMS, SUBSCRIPTION, TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jcbot.standing import Standing
    from jcbot.text_messages import Share
    from knowledge.sending import SendingRules

TOO_LATE = "not worth sending any more"


@dataclass(frozen=True, slots=True)
class Rules:
    """What choosing goes by: the rules, template ids by kind, and channels that rest until then.

    `subscriptions` are the ids of subscription notices by kind, `texts` how many text messages
    may go, None where there is no gateway.
    """

    sending: SendingRules
    templates: Mapping[str, str]
    resting: Mapping[str, dt.datetime]
    subscriptions: Mapping[str, str] = field(default_factory=dict)
    texts: Share | None = None


def choose(item: Item, person: Standing, rules: Rules, now: dt.datetime) -> Plan | Settled:
    """Return how to send the item, or that it cannot be sent, or when to look again.

    A customer message or a consent that is chosen counts in `person`, a text message in `rules`.
    """
    kind = rules.sending.kinds.get(item.kind)
    if item.again:
        if kind is None or not _has_way(item, rules):
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
        _count(item, person, awake[0], rules)
        return Plan(item, awake[0], _WHY[awake[0]])
    if open_:
        until = min(rules.resting[each] for each in open_)
        return Settled(item, "", reason="channel rests", later=until)
    return Settled(item, UNREACHABLE, reason=NO_CHANNEL)


def _allowed(item: Item, person: Standing, channel: str, rules: Rules, now: dt.datetime) -> bool:
    if channel in person.refused:
        return False
    if channel == TEMPLATE:
        wished = rules.sending.kinds[item.kind].wished
        return bool(rules.templates.get(item.kind)) and (not wished or item.id in person.asked)
    if channel == SUBSCRIPTION:
        return person.consents.get(rules.subscriptions.get(item.kind, ""), 0) > 0
    if channel == SMS:
        return rules.texts is not None and person.phone
    last, used, since = person.last, person.used, item.since.timestamp()
    if rules.sending.kinds[item.kind].answers and since > last:
        last, used = int(since), 0  # whom it answers wrote then: known before it is written down
    window = dt.timedelta(hours=rules.sending.custom_hours)
    inside = last >= (now - window).timestamp()
    return inside and used < rules.sending.custom_messages


def _has_way(item: Item, rules: Rules) -> bool:
    """Whether the channel that an item was sent by is still set up."""
    if item.channel == SMS:
        return rules.texts is not None
    return item.channel != TEMPLATE or bool(rules.templates.get(item.kind))


def _count(item: Item, person: Standing, channel: str, rules: Rules) -> None:
    """Let the next message of the same handful know what this one uses up."""
    if channel == CUSTOM:
        person.used += 1
    elif channel == SUBSCRIPTION:
        person.consents[rules.subscriptions[item.kind]] -= 1
    elif channel == SMS and rules.texts is not None:
        rules.texts.take()


_WHY = {
    TEMPLATE: "asked for, a template is set",
    CUSTOM: "wrote within the window",
    SUBSCRIPTION: "agreed to a notice of this kind",
    SMS: "no way by WeChat, the registry has a telephone",
}
