"""A second question in one message: the parts of the message, each read by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.features import squeeze
from knowledge.sentences import OUT, POLICY

if TYPE_CHECKING:
    from collections.abc import Callable

    from knowledge.model import Judgement

    Second = tuple[tuple[str, ...], str | None]

LONGEST = 120
"""Longer messages tell a story; their parts say nothing by themselves."""
HALF = 4
"""A part of a message that asks something by itself has at least this many characters."""
JOINED_HALF = 2
"""The same after a joining word: 另外给谁."""
PARTS = 3
SURE = 0.7
TOPIC_SURE = 0.6

SMALL_TALK = ("greeting", "thanks", "affirm", "deny", "help", "cancel_flow")
"""These open, close or steer a message; they are no second question."""

FAMILIES = (
    {POLICY, "eligibility_check", "subsidy_estimate"},
    {"training_browse", "training_register", "training_cancel", "my_training"},
    {"card_status", "card_register"},
    {"announcement_subscribe", "announcement_unsubscribe"},
)
"""Parts of one question often look like its kin; without a joining word they are no second one."""

APART = frozenset({"payment_timing", "apply_process", "policy_meta"})
"""Topics that are a question of their own beside "how much do I get" and "do I qualify"."""
GENERAL = frozenset({"policy_overview", "policy_meta", "yearly_limit", *APART})
LOOSE = frozenset({"policy_overview", "policy_meta"})
"""Asked together with a benefit, these are but another way of asking about it."""

_JOINED = re.compile("另外|顺便|还想问|再问|还有就是|还有个|对了|第二个|再一个")
_PARTS = re.compile(f"[,，。;；!！?？ ]+|还有(?=[^没吗名])|{_JOINED.pattern}")
_ASKS = re.compile(
    "什么|啥|甚|怎|咋|哪|谁|多少|几|多久|多会|多长|何时|吗|么|呢|不$|没$|呗$|能不|是不|有没|要不|"
    "帮|给我|给俺|我要|我想|想|查|看|改|报|退|取消|通知|提醒|叫我|找|转|登|投诉|算|打|问|学|换|留|"
    "班|人工|电话|订|卡"
)


def second_question(
    clean: str, first: str, topic: str | None, judge: Callable[[str], Judgement]
) -> Second:
    """Return the other intent where the parts clearly ask for two things, and its topic.

    `clean` is the normalised message, `first` and `topic` are what it was read as. Two questions
    about the policy have one intent: then only the second topic is returned.
    """
    if first == OUT or len(clean) > LONGEST:
        return (), None
    joined = _JOINED.search(clean) is not None
    least = JOINED_HALF if joined else HALF
    parts = [part for part in map(squeeze, _PARTS.split(clean)) if len(part) >= least]
    asking = [part for part in parts if _ASKS.search(part)][:PARTS]
    if len(parts) < 2 or len(asking) < (1 if joined else 2):  # noqa: PLR2004 - two parts, two questions
        return (), None
    read = [judge(part) for part in asking]
    return _other(read, first, joined=joined) or _topic(read, first, topic)


def _other(read: list[Judgement], first: str, *, joined: bool) -> Second | None:
    """Find an intent of another kind; of the same kind only after a joining word."""
    if not joined and all(seen.intents[0][0] != first for seen in read):
        return None
    for seen in read:
        intent, score = seen.intents[0]
        kin = any({first, intent} <= family for family in FAMILIES)
        if intent in (first, OUT, *SMALL_TALK) or score < SURE or (kin and not joined):
            continue
        return (intent,), seen.topics[0][0] if intent == POLICY else None
    return None


def _topic(read: list[Judgement], first: str, topic: str | None) -> Second:
    """Find a second topic: beside one's own case only one that stands apart."""
    if first not in FAMILIES[0]:
        return (), None
    for seen in read:
        other, share = seen.topics[0]
        intent, score = seen.intents[0]
        if intent != POLICY or score < SURE or share < TOPIC_SURE or other == topic:
            continue
        loose = other in LOOSE and topic not in GENERAL
        if first == POLICY and not loose and any(_is(one, topic) for one in read):
            return (), other
        if first != POLICY and other in APART:
            return (POLICY,), other
    return (), None


def _is(seen: Judgement, topic: str | None) -> bool:
    return seen.intents[0][0] == POLICY and seen.topics[0][0] == topic
