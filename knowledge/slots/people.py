"""Who somebody is: groups, household, place of registration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.slots.message import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.slots.lexicon import Token
    from knowledge.slots.message import Message

HAS, NOT = "groups_has", "groups_not"
HOUSEHOLD = "household_type"
HIRED_REACH, PAIR_REACH, HALF_REACH = 10, 12, 8
PAIRS = (
    ("school", "low", "schooling", "stop", "two_later"),
    ("school", "high", "jobless", "graduate", "grad_left_school_unemployed"),
    ("school", "any", "jobless", "graduate", "grad_left_school_unemployed"),
    ("school", "high", "employed", "none", "grad_left_school_unemployed"),
    ("school", "any", "employed", "none", "grad_left_school_unemployed"),
    ("school", "high_this_year", "jobless", "graduate", "grad_left_school_unemployed"),
    ("school", "this_year", "jobless", "graduate", "grad_left_school_unemployed"),
    ("family", "all", "group_did", "zero_employment_family", "zero_employment_family"),
    ("family", "all", "employed", "none", "zero_employment_family"),
)
BEHIND = re.compile(
    r"户口(?:还|就|是|都)?(?:在|是)([\u4e00-\u9fff]{2,4}?)"
    r"(?:县|市|省|的|人|那边|老家|村|[,。? 、]|$|能|可|但|在|呢)"
)
BEFORE = re.compile(
    r"(外地|外省|外市|河南|河北|陕西|山东|内蒙|安徽|湖北|四川|江苏|甘肃|东北|长治|运城|临汾|太原|晋中|焦作|济源)(?:的)?户口"
)
NO_PLACE = re.compile("哪|农|城镇|村|家里|外面|这|那|本|上班")


def groups(message: Message) -> list[Finding]:
    """Find the groups somebody belongs to, or says not to belong to."""
    found: list[Finding] = []
    for token in message.tags.get("group", ()):
        if _hired(message, token):
            continue
        if message.negated(token.start):
            if _staff_spoken_of(message):
                continue
            if message.somebody(token):
                found.append(Finding(NOT, token.value, token.start))
        elif message.somebody(token):
            late = token.value == "grad_this_year" and _jobless_after(message, token)
            value = "grad_left_school_unemployed" if late else token.value
            found.append(Finding(HAS, value, token.start))
    for token in message.tags.get("group_did", ()):
        if token.value == "zero_employment_family" and not _family_before(message, token):
            continue
        if message.happened(token):
            key = NOT if message.negated(token.start, 0) else HAS
            found.append(Finding(key, token.value, token.start))
    return [*found, *_pairs(message), *_graduates(message)]


def _hired(message: Message, token: Token) -> bool:
    """Whether these are people a firm took on (招了3个贫困户), not the speaker."""
    if any(
        t.tag == "firm_word" and t.value == "hire" for t in message.before(token.start, HIRED_REACH)
    ):
        return "firm" in message.tags or _counted_before(message, token)
    return _counted_before(message, token) and "firm" in message.tags


def _staff_spoken_of(message: Message) -> bool:
    """Whether a firm speaks of those it takes on, so that names are not the speaker's."""
    hires = any(t.value == "hire" for t in message.tags.get("firm_word", ()))
    return hires and "firm" in message.tags


def _counted_before(message: Message, token: Token) -> bool:
    return any(0 <= token.start - q.end <= 2 for q in message.quantities)  # noqa: PLR2004 - 个, 名


def _family_before(message: Message, token: Token) -> bool:
    return any(
        t.tag == "family" or (t.tag == "self" and "家" in message.text[t.start : t.end])
        for t in message.before(token.start, HALF_REACH)
    )


def _pairs(message: Message) -> Iterator[Finding]:
    for tag, value, then_tag, then_value, group in PAIRS:
        for first in message.tags.get(tag, ()):
            if first.value != value or (
                group == "zero_employment_family" and then_tag == "group_did"
            ):
                continue
            for second in message.tags.get(then_tag, ()):
                near = 0 <= second.start - first.end <= PAIR_REACH
                if near and second.value == then_value and message.happened(second):
                    yield Finding(HAS, group, first.start)


def _graduates(message: Message) -> Iterator[Finding]:
    """今年大学毕业: this year's graduate, unless a pair says more."""
    for token in message.tags.get("school", ()):
        this_year = token.value == "high_this_year" or (
            token.value == "high"
            and "今年" in message.text[max(token.start - 6, 0) : token.end]
            and "刚" not in message.text[token.start : token.end][:0]
        )
        if token.value == "this_year":
            this_year = any(w in message.text for w in ("大学", "大专", "本科", "学院"))
        if this_year and message.happened(token) and not _jobless_after(message, token):
            yield Finding(HAS, "grad_this_year", token.start)


def _jobless_after(message: Message, token: Token) -> bool:
    return any(
        t.tag == "jobless" or (t.tag == "employed" and t.value == "none")
        for t in message.after(token.end, PAIR_REACH, clause=False)
    )


def household(message: Message) -> list[Finding]:
    """Find the kind of household."""
    found: list[Finding] = []
    for token in message.tags.get("household", ()):
        registered = "户口在" in message.clause_text(token.start) and not message.generic
        if _staff_spoken_of(message) or not (registered or message.somebody(token)):
            continue
        value = "rural" if token.value == "rural_dibao" else token.value
        if message.negated(token.start):
            found.append(Finding(HOUSEHOLD, {"not": [value]}, token.start))
        else:
            found.append(Finding(HOUSEHOLD, value, token.start))
    values = {finding.value for finding in found if isinstance(finding.value, str)}
    if values == {"rural", "urban_dibao"}:
        return [f for f in found if f.value == "rural"]
    return [f for f in found if f.value != "urban"] if "urban_dibao" in values else found


def registration(message: Message) -> list[Finding]:
    """Find 户口在河南, 陕西户口, 外地户口: the place as it was said."""
    if "户口" not in message.text or message.generic or not (message.personal or not message.asks):
        return []
    found = BEFORE.search(message.text)
    if found:
        return [Finding("hukou", found[1], found.start())]
    found = BEHIND.search(message.text)
    if found and not NO_PLACE.search(found[1]):
        return [Finding("hukou", found[1], found.start())]
    return []
