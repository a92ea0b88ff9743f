"""Who somebody is: groups, household, place of registration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.slots.lexicon import lexicon
from knowledge.slots.message import Finding
from knowledge.slots.patterns import find, may_say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.slots.lexicon import Token
    from knowledge.slots.message import Message

HAS, NOT = "groups_has", "groups_not"
HOUSEHOLD = "household_type"
EVENTS = (
    "poor_labor",
    "two_later",
    "veteran",
    "laid_off",
    "registered_unemployed",
    "rural_transfer",
)
HIGH = ("大学", "大专", "本科", "学院")
HIRED_REACH, PAIR_REACH, HALF_REACH = 10, 12, 8
PAIRS = (
    ("school", "low", "schooling", "stop", "two_later"),
    ("school", "high", "jobless", "graduate", "grad_left_school_unemployed"),
    ("school", "any", "jobless", "graduate", "grad_left_school_unemployed"),
    ("school", "high", "employed", "none", "grad_left_school_unemployed"),
    ("school", "any", "employed", "none", "grad_left_school_unemployed"),
    ("family", "all", "group_did", "zero_employment_family", "zero_employment_family"),
    ("family", "all", "employed", "none", "zero_employment_family"),
)
BEFORE = re.compile(
    r"(外地|外省|外市|河南|河北|陕西|山东|内蒙|安徽|湖北|四川|江苏|甘肃|东北|长治|运城|临汾|太原|晋中|焦作|济源)(?:的)?户口"
)
NO_PLACE = re.compile("迁|了|转|改|哪|农|城镇|村|家里|外面|这|那|本|上班")


def groups(message: Message) -> list[Finding]:
    """Find the groups somebody belongs to, or says not to belong to."""
    found = [f for t in message.tags.get("group", ()) if (f := _named_group(message, t))]
    for token in message.tags.get("group_did", ()):
        if token.value == "zero_employment_family" and not _family_before(message, token):
            continue
        if message.happened(token):
            key = NOT if message.negated(token.start, 0) else HAS
            found.append(Finding(key, token.value, token.start))
    found += [*_pairs(message), *_graduates(message), *_events(message)]
    if any(f.key == HAS and f.value == "grad_this_year" for f in found):
        return [f for f in found if f.value != "grad_left_school_unemployed"]
    return found


def _named_group(message: Message, token: Token) -> Finding | None:
    """Read one name of a group: said of somebody, denied, or neither."""
    if _hired(message, token) or not message.somebody(token):
        return None
    if message.negated(token.start):
        return None if _staff_spoken_of(message) else Finding(NOT, token.value, token.start)
    denied = message.text.startswith(("不算", "算不上"), token.end)
    return Finding(NOT if denied else HAS, token.value, token.start)


def _events(message: Message) -> Iterator[Finding]:
    """初中出来就不念了, 刚当完兵, 没下过岗: what happened, in words that vary."""
    said = [name for name in EVENTS if may_say(message.letters, f"group.{name}")]
    if not said or not message.told or _staff_spoken_of(message):
        return
    for name in said:
        match = find(f"group.{name}", message.text)
        if match is None or message.text.startswith(("的人", "人员", "证明"), match.end()):
            continue
        before = message.text[max(match.start() - 3, 0) : match.start()]
        denied = before.endswith(("没", "没有", "不是", "也没", "未"))
        yield Finding(NOT if denied else HAS, name, match.start())


def _hired(message: Message, token: Token) -> bool:
    """Whether these are people a firm took on (招了3个贫困户), not the speaker."""
    if any(
        t.tag == "firm_word" and t.value == "hire" for t in message.before(token.start, HIRED_REACH)
    ):
        counted = any(0 <= q.head - token.end <= 1 for q in message.quantities)
        return counted or "firm" in message.tags or _counted_before(message, token)
    return _counted_before(message, token) and "firm" in message.tags


def _staff_spoken_of(message: Message) -> bool:
    """Whether a firm speaks of those it takes on, so that names are not the speaker's."""
    hires = any(t.value == "hire" for t in message.tags.get("firm_word", ()))
    return hires and "firm" in message.tags


def _counted_before(message: Message, token: Token) -> bool:
    return any(0 <= token.start - q.end <= 2 for q in message.quantities)  # noqa: PLR2004 - 个, 名


def _heads_before(message: Message, token: Token) -> bool:
    """Whether it is said of so many people: 雇了两个低保的."""
    heads = (q for q in message.quantities if q.unit in ("person", "some"))
    return any(0 <= token.start - q.end <= 1 for q in heads)


def _family_before(message: Message, token: Token) -> bool:
    return any(
        t.tag == "family" or (t.tag == "self" and "家" in message.text[t.start : t.end])
        for t in message.before(token.start, HALF_REACH)
    )


def _pairs(message: Message) -> Iterator[Finding]:
    if "school" not in message.tags and "family" not in message.tags:
        return
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
    """今年大学毕业: this year's graduate; 大学毕业两年没找着工作: one who left without work."""
    if "毕业" not in message.text or not message.told:
        return
    match = find("graduate.this_year", message.text)
    low = any(t.value == "low" for t in message.tags.get("school", ()))
    if match:
        yield Finding(HAS, "grad_this_year", match.start())
        return
    for token in message.tags.get("school", ()):
        high = any(word in message.text for word in HIGH)
        this_year = token.value == "high_this_year" or (token.value == "this_year" and high)
        if this_year and message.happened(token):
            yield Finding(HAS, "grad_this_year", token.start)
            return
    jobless = "jobless" in message.tags or any(
        t.value == "none" for t in message.tags.get("employed", ())
    )
    match = find("graduate.earlier", message.text)
    if match and jobless and not low:
        yield Finding(HAS, "grad_left_school_unemployed", match.start())


def household(message: Message) -> list[Finding]:
    """Find the kind of household."""
    found: list[Finding] = []
    for token in message.tags.get("household", ()):
        registered = "户口在" in message.clause_text(token.start) and not message.generic
        staff = _staff_spoken_of(message) or _heads_before(message, token)
        if staff or not (registered or message.somebody(token)):
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
    """Find 户口在河南, 陕西户口 (the place as said; ours by its official name), and 人住泽州."""
    found: list[Finding] = []
    if not ("住" in message.text or "户口" in message.text) or not message.told:
        return found
    if "住" in message.text and (match := find("place.lives", message.text)):
        county = _county(message.text[match.end() : match.end() + 6])
        if county:
            found.append(Finding("county", county, match.end()))
    if "户口" in message.text:
        found += _hukou(message)
    return found


def _hukou(message: Message) -> list[Finding]:
    match = BEFORE.search(message.text)
    if match:
        return [Finding("hukou", match[1], match.start())]
    match = find("place.hukou", message.text)
    if match is None or NO_PLACE.search(match["p"]):
        return []
    return [Finding("hukou", _county(match["p"]) or match["p"], match.start())]


def _county(words: str) -> str | None:
    """Return the county named at the beginning of `words`, by its official name."""
    for token in lexicon(("places",)).scan(words):
        if token.tag == "county" and token.start == 0:
            return token.value
    return None
