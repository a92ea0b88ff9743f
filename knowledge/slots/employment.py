"""Where somebody works, or that nobody employs them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.slots.message import Finding
from knowledge.slots.patterns import find, patterns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.slots.lexicon import Token
    from knowledge.slots.message import Message

EMPLOYED, PAIR_REACH = "employed", 12
EVENTS = frozenset({"none"})
ACTIVE = frozenset("打跑送开摆做接")
DOING_REACH = 7
STRONG_SITES = ("厂里", "矿上", "矿里", "厂子里", "井下")
PUBLIC = "public_institution"
AT = ("在", "是", "进了", "在个", "单位是", "属于")
FOUNDED = re.compile("开(?!发)|办(?!事)|搞|整|弄|盘|支个|租")
NEXT = frozenset({"ins", "level", "prove", "paper", "pay", "organised", "ask"})
NO_WORKPLACE = frozenset("门组培统安报念读学补家")


def employment(message: Message) -> list[Finding]:
    """Find where somebody works, or that nobody employs them."""
    found: list[Finding] = []
    for token in message.tags.get("employed", ()):
        event = token.value in EVENTS or message.text[token.start] in ACTIVE
        said = message.happened(token) if event else message.somebody(token)
        if message.text.startswith("培训", token.end) or _headcount(message, token):
            continue
        if token.value == "none" and message.negated(token.start, 0):
            continue
        if said and not _part_of_pair(message, token) and not _whether(message, token):
            found.append(_employed(message, token))
    if not found:
        found = [*_own_shop(message), *_jobless(message)]
    free = any(f.value in ("flexible", "self_employed") for f in found)
    if free:
        found = [f for f in found if f.value != "none"]
    for token in message.tags.get("site", ()):
        if _works_at(message, token) and not (free and _free_behind(message, token)):
            found.append(_employed(message, token))
    return found or _at_firm(message)


def _own_shop(message: Message) -> Iterator[Finding]:
    """自己开的网店, 我开小卖部: self-employed."""
    match = find("work.own_shop", message.text) if "开" in message.text else None
    if match and message.told and "firm" not in message.tags:
        yield Finding(EMPLOYED, "self_employed", match.start())


def _jobless(message: Message) -> Iterator[Finding]:
    """没找着工作, said of oneself: nobody employs them."""
    for token in message.tags.get("jobless", ()):
        if message.happened(token) and not message.firm:
            yield Finding(EMPLOYED, "none", token.start)
            return


def _at_firm(message: Message) -> list[Finding]:
    """厂里给组织的, 公司没给交: whoever says so works there."""
    if message.firm or not message.told or not message.personal or "firm_word" in message.tags:
        return []
    if any(t.value == "laid_off" for t in message.tags.get("group_did", ())) or _counted(message):
        return []
    match = find("work.at_firm", message.text)
    return [Finding(EMPLOYED, "enterprise", match.start())] if match else []


def _headcount(message: Message, token: Token) -> bool:
    """企业职工640人: the firm itself is described."""
    return any(
        q.unit in ("person", "some") and q.low > 1 and q.head == token.end
        for q in message.quantities
    )


def _counted(message: Message) -> bool:
    """厂里两百八十人: the firm itself is described."""
    ends = {token.end for token in message.tags.get("site", ())}
    return any(q.unit == "person" and q.head in ends for q in message.quantities)


def _free_behind(message: Message, token: Token) -> bool:
    """Whether it is 在工地上打零工: at a place, but in nobody's employ."""
    return any(t.tag == "employed" for t in message.after(token.end, 3))


def _employed(message: Message, token: Token) -> Finding:
    denied = message.negated(token.start) and token.value != "none"
    return Finding(EMPLOYED, {"not": [token.value]} if denied else token.value, token.start)


def _whether(message: Message, token: Token) -> bool:
    """Whether it is the 没有单位 of 有没有单位."""
    return message.text[token.start] == "没" and message.text[token.start - 1 : token.start] == "有"


def _part_of_pair(message: Message, token: Token) -> bool:
    """没工作 of a whole family, or of somebody who just left school, is told as a group."""
    if token.value != "none":
        return False
    return any(t.tag == "family" for t in message.before(token.start, PAIR_REACH, clause=False))


def _works_at(message: Message, token: Token) -> bool:
    """Whether somebody works at the place `token`: 在厂里, 矿上上班, a clause 厂里 by itself."""
    text = message.text
    behind = text[token.end : token.end + 1]
    if message.generic or message.membership_asked(token) or behind in NO_WORKPLACE:
        return False
    claimed = message.personal or not message.asks or message.listing
    if text.endswith(("不是", "没在", "不在"), 0, token.start):
        return claimed and "firm" not in message.tags
    if token.value == PUBLIC and text.startswith(("学校", "医院"), token.start):
        return claimed and (_does(message, token) or text.endswith("单位是", 0, token.start))
    at_it = text.endswith(AT, 0, token.start) or _place_led(message, token)
    if at_it or _does(message, token) or _fragment(message, token):
        return claimed
    return _strong(message, token) and claimed


def _fragment(message: Message, token: Token) -> bool:
    """建材厂的, 富士康上班, 我是建安公司的: a clause that says no more; 煤矿上的失业保险…."""
    if message.firm or FOUNDED.search(message.text, max(token.start - 4, 0), token.start):
        return False
    first, last = message.clause(token.start)
    lead = message.text[first : token.start]
    behind = message.text[token.end : last].rstrip(",。!?;:、 .~…")
    if token.value == PUBLIC and find("work.public_job", message.text[token.start : last]):
        return True
    match = patterns()["work.behind_place"].match(behind)
    end = match.end() if match else 0
    if end == len(behind):
        own = [t for t in message.before(token.start, len(lead)) if t.tag in ("self", "other")]
        return bool(own) or find("work.led_to_place", lead) is not None
    if not end or behind[end - 1] not in "的滴班":
        return False
    return any(t.start == token.end + end and t.tag in NEXT for t in message.after(token.end, 8))


def _strong(message: Message, token: Token) -> bool:
    """厂里给交…, or 厂里 by itself, is where somebody works."""
    if not message.text.startswith(STRONG_SITES, token.start):
        return False
    pays = message.text.startswith("给", token.end) and "ins" in message.tags and message.personal
    return pays or message.alone(token.start, token.end)


def _place_led(message: Message, token: Token) -> bool:
    """Whether 在 stands a little before: 在阳城陶瓷厂, 在镇上的厂里."""
    place = message.text[max(token.start - 8, 0) : token.start]
    return "在" in place and not any(c in place[place.index("在") :] for c in ",。? 户")


def _does(message: Message, token: Token) -> bool:
    if message.text[token.end - 1 : token.end + 1] == "上班":
        return True
    if patterns()["work.works_long"].match(message.text[token.end : token.end + 14]):
        return True
    return any(
        t.tag == "doing"
        or (t.tag == "learn" and t.value == "work" and message.text[t.start] in "打工")
        for t in message.after(token.end, DOING_REACH)
    )
