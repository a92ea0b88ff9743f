"""The paper somebody has: its level, its kind, its date, how it was come by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.slots.dates import read_past
from knowledge.slots.message import Finding
from knowledge.slots.patterns import find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.slots.lexicon import Token
    from knowledge.slots.message import Message

FIRST = "first_issue"
BY_WHOM = (("by_self", "self"), ("by_school", "institution"), ("by_firm", "enterprise"))
GIVEN = re.compile("(?:发|考|拿|办|取|领|换|评)(?:的|了|下来的)(?:新|个|一个|那个)?$")
ISSUED = re.compile("[年月号日初底](?:发|考|拿|办|取|领|评|下来)")
LEVEL, TYPE = "certificate_level", "certificate_type"
ONE = 2  # cuts of a message that is one clause: its two ends
PROOF_REACH, LOOK_BEHIND, LEAST_SUM = 12, 9, 100
OPERATIONS = frozenset({"special_operation", "special_equipment"})


def certificates(message: Message) -> list[Finding]:
    """Find level, type, date and circumstances of a certificate somebody has."""
    levels = [t for t in message.tags.get("level", ()) if has(message, t)]
    if levels and find("same.again", message.text) and find("same.this_year", message.text):
        levels = []
    trades = [t for t in message.tags.get("trade", ()) if _proof(message, t) == "had"]
    named = message.tags.get("paper", []) + (trades if "level" not in message.tags else [])
    papers = [t for t in named if has(message, t) and not _rank(message, t)]
    found = [*_levels(message, levels), *_types(message, levels, papers)]
    if levels or papers:
        found += _dated(message, levels + papers)
    elif not message.generic and (message.personal or not message.asks):
        found += _dated_alone(message)
    return [*found, *_circumstances(message, bool(levels or papers))]


def _levels(message: Message, levels: list[Token]) -> Iterator[Finding]:
    kept = [t for t in levels if not message.negated(t.start)]
    for token in kept or levels:
        value: object = token.value if kept else {"not": [token.value]}
        yield Finding(LEVEL, value, token.start)


def _types(message: Message, levels: list[Token], papers: list[Token]) -> Iterator[Finding]:
    for token in papers:
        value: object = {"not": [token.value]} if message.negated(token.start) else token.value
        yield Finding(TYPE, value, token.start)
    kept = [t for t in levels if not message.negated(t.start)]
    if kept and not papers:
        yield Finding(TYPE, "vocational", kept[0].start)


def _rank(message: Message, paper: Token) -> bool:
    """Whether a level belongs to the paper: 高级电工证 is a vocational certificate."""
    if paper.value not in OPERATIONS:
        return False
    levels = message.tags.get("level", ())
    return any(-1 <= paper.start - t.end <= 1 or 0 <= t.start - paper.end <= 1 for t in levels)


def has(message: Message, token: Token) -> bool:
    """Whether somebody has (or took the exam for) what `token` names; wanting it is not having."""
    if message.generic or message.membership_asked(token) or _ruled(message, token):
        return False
    proof = _proof(message, token)
    if proof == "want" or _class_behind(message, token):
        return False
    if proof != "had" and _sum_behind(message, token):
        return False
    if proof == "had":
        return message.personal or not message.asks or _own_facts(message)
    return _said_of_somebody(message, token) or _supposed(message, token)


def _ruled(message: Message, token: Token) -> bool:
    return not message.personal and message.ruled(token.start, token.end)


def _proof(message: Message, token: Token) -> str:
    """Say whether the words around `token` prove it ("had"), want it ("want"), or neither."""
    for earlier in message.before(token.start, PROOF_REACH):
        said = _says(message, earlier, token)
        if said:
            return said
    if _shown(message, token):
        return "had"
    for later in message.after(token.end, LOOK_BEHIND):
        if later.tag == "prove" and later.value != "want":
            return "had"
        if later.tag in ("level", "paper", "prove"):
            break
    return ""


def _shown(message: Message, token: Token) -> bool:
    """Whether it is given, dated, in somebody's hand, or said how it was come by."""
    text, (first, last) = message.text, message.clause(token.start)
    if text.endswith(("考", "考个", "过了"), 0, token.start) and message.personal:
        return True
    if GIVEN.search(text, first, token.start) or ISSUED.search(text, token.end, last):
        return True
    return _in_hand(message, token) or (token.tag == "paper" and _by_somebody(message, token))


def _in_hand(message: Message, token: Token) -> bool:
    """结业证一张, 手里就一张, 就是个: it is there."""
    behind = message.text[token.end : token.end + 5]
    before = message.text[max(token.start - 14, message.clause(token.start)[0]) : token.start]
    return find("paper.one", behind) is not None or find("paper.in_hand", before) is not None


def _by_somebody(message: Message, token: Token) -> bool:
    """叉车证，技校带着考的; 特种证是复审的: how it was come by stands right behind."""
    behind = message.text[token.end : token.end + 16]
    return any(find(f"paper.{name}", behind) for name in ("by_self", "by_school", "by_firm")) or (
        find("paper.renewed", behind[:9]) is not None
    )


def _says(message: Message, earlier: Token, token: Token) -> str:
    if earlier.tag == "prove":
        return "want" if earlier.value == "want" else "had"
    if earlier.tag == "organised" and message.text[earlier.end - 1] in "考的了下":
        return "had"
    learnt = earlier.tag == "learn" and earlier.value == "did" and token.tag == "level"
    return "want" if learnt or earlier.tag == "schooling" else ""


def _class_behind(message: Message, token: Token) -> bool:
    """Whether it is a class or a sum that has the level: 高级电工班, 高级工8个."""
    for later in message.after(token.end, 6):
        if later.tag == "class":
            return True
        if later.tag in ("prove", "self", "other", "organised"):
            break
    if message.text[token.end : token.end + 2] in ("考试", "考核", "考评", "补贴"):
        return True
    return any(q.unit in ("some", "person") and q.head == token.end for q in message.quantities)


def _sum_behind(message: Message, token: Token) -> bool:
    """Whether the money for a level is spoken of: 初级300, 高级工补贴."""
    behind = next(message.after(token.end, 1), None)
    if behind and behind.tag == "money" and behind.start == token.end:
        return True
    return any(
        q.unit in ("money", "bare") and q.low >= LEAST_SUM and 0 <= q.head - token.end <= 1
        for q in message.quantities
    ) and not any(t.tag == "self" for t in message.before(token.start, 3))


def _said_of_somebody(message: Message, token: Token) -> bool:
    """我高级工, 儿子是四级, or the level alone beside other facts."""
    for earlier in message.before(token.start, 14, clause=False):
        if earlier.tag in ("self", "other"):
            return not _wondered(message, earlier.end, token.start)
    if _class_somewhere(message):
        return False
    if not message.asks:
        return message.personal or message.corrects or _listed(message, token)
    if any(t.tag == "self" for t in message.after(token.end, 3)) or "fix" in message.tags:
        return True
    return _own_facts(message) and _listed(message, token)


def _class_somewhere(message: Message) -> bool:
    """Whether a class is looked for, and the level may be that of the class: 电工 高级 报名."""
    wishes = any(t.value == "want" for t in message.tags.get("prove", ()))
    return ("class" in message.tags or wishes) and not _own_facts(message)


def _listed(message: Message, token: Token) -> bool:
    """Whether the level or paper stands by itself, in a short clause."""
    if len(message.cuts) == ONE or len(message.text) <= token.end - token.start + 2:
        return token.tag == "level"
    words = message.clause_text(token.start)
    return _own_facts(message) and len(words) <= PROOF_REACH


def _wondered(message: Message, start: int, end: int) -> bool:
    words = message.text[start:end]
    return (
        any(word in words for word in "想报") or "能考" in words or "咋" in words or "怎么" in words
    )


def _own_facts(message: Message) -> bool:
    """Other things told of somebody: without them a bare level is only a subject to ask about."""
    if message.told_apart:
        return True
    own = ("employed", "group_did", "organised", "pay")
    timed = any(q.unit in ("month", "year", "age") for q in message.quantities)
    return timed or any(tag in message.tags for tag in own)


def _supposed(message: Message, token: Token) -> bool:
    """那技师呢: one thing changed in what was asked before."""
    text = message.text
    return text[token.end :].rstrip("证的 ?。") in ("呢", "呢呢") and len(text) <= LOOK_BEHIND


def _dated(message: Message, tokens: list[Token]) -> Iterator[Finding]:
    dated = read_past(message.text, message.today)
    for start, end, value in dated:
        near = any(-4 <= t.start - end <= PROOF_REACH or 0 <= start - t.end <= 4 for t in tokens)  # noqa: PLR2004 - a verb
        around = message.text[max(start - 6, 0) : end + 6]
        near = near or ("证" in around and bool(tokens) and "是" in around)
        if near and any(c in around for c in "考拿发办取评下证领换"):
            yield Finding("certificate_date", value, start)
            return


def _dated_alone(message: Message) -> Iterator[Finding]:
    """证是去年9月份拿的: a paper that is not named, with its day."""
    paper = re.search(
        "(?<!身份)(?<!失业)(?<!结婚)(?:证书|证)(?!明|件|据|券)|发证日期", message.text
    )
    if paper is None:
        return
    for start, end, value in read_past(message.text, message.today):
        issued = any(c in message.text[end : end + 6] for c in "发拿下领考取到")
        written = end == len(message.text.rstrip("的。. "))
        if 0 <= start - paper.end() <= PROOF_REACH and (issued or written):
            yield Finding("certificate_date", value, start)
            return


def _circumstances(message: Message, paper: bool) -> Iterator[Finding]:  # noqa: FBT001 - told apart by name
    if message.generic:
        return
    told = message.personal or (paper and not message.asks)
    for token in message.tags.get("organised", ()):
        if message.negated(token.start, 0):
            continue
        if token.value == "post_training" or _training_follows(message, token):
            if paper or (told and "prove" in message.tags):
                yield Finding("via_post_training", value=True, at=token.start)
        elif paper or (told and any(c in message.text for c in "考证")):
            yield Finding("organised_by", token.value, token.start)
    if paper and "organised" not in message.tags:
        yield from _by_firm(message)
    if paper or told:
        yield from _by_whom(message, paper=paper)
        yield from _issue(message, paper=paper)


def _by_whom(message: Message, *, paper: bool) -> Iterator[Finding]:
    """技校免费班带考的, 厂里统一组织考的, 自己掏的钱; a paper or an examination is spoken of."""
    if not paper and not any(c in message.text for c in "考证"):
        return
    for name, value in BY_WHOM:
        match = find(f"paper.{name}", message.text)
        if match:
            yield Finding("organised_by", value, match.start())
            return


def _issue(message: Message, *, paper: bool) -> Iterator[Finding]:
    """复审的, 换证, 不是第一次, against 初次, 头一回办."""
    if not paper and "证" not in message.text.replace("身份证", ""):
        return
    match = find("paper.renewed", message.text)
    if match:
        yield Finding(FIRST, value=False, at=match.start())
        return
    for token in message.tags.get("prove", ()):
        if token.value in ("first", "renew"):
            if any(q.head == token.end and q.unit in ("month", "year") for q in message.quantities):
                continue
            first = token.value == "first" and not message.negated(token.start)
            yield Finding(FIRST, first, token.start)
            return
    match = find("paper.first", message.text)
    if match:
        yield Finding(FIRST, value=True, at=match.start())


def _training_follows(message: Message, token: Token) -> bool:
    return token.value == "enterprise" and message.text.startswith("培训", token.end)


def _by_firm(message: Message) -> Iterator[Finding]:
    """我厂里培训完考的, 我公司组织考的: the firm that speaks of itself as a place of work."""
    for token in message.tags.get("firm", ()):
        behind = message.text[token.end : token.end + 5]
        if behind.startswith(("培训", "的培训", "组织培训", "安排培训")):
            yield Finding("via_post_training", value=True, at=token.start)
        elif behind.startswith(("组织", "统一", "安排")):
            yield Finding("organised_by", "enterprise", token.start)
