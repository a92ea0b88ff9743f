"""What a firm tells about itself: staff, trainees, people it took on, seats, studio, brand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.slots.headcounts import count_after, count_before, counts, hired_group
from knowledge.slots.message import Finding
from knowledge.slots.patterns import find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.slots.lexicon import Token
    from knowledge.slots.message import Message

TYPE = "employer_type"
FIGURES = frozenset({"staff", "seats", "new_training_body", "trainees", "hires_group"})


def employers(message: Message) -> list[Finding]:
    """Find a firm's facts; what kind of firm it is, only where it speaks as a firm."""
    found = [*_hires(message), *counts(message), *_said(message), *_flags(message)]
    found += _ranks(message)
    return [*found, *_type(message, found)]


def _hires(message: Message) -> Iterator[Finding]:
    token = hired_group(message)
    if token is None:
        return
    count = count_before(message, token) or count_after(message, token)
    if count is None and not (message.firm or _shop(message)):
        return
    if message.generic or (not message.personal and message.asks and not _done(message, token)):
        return
    yield Finding("hires_group", token.value, token.start)
    if count:
        yield Finding("hires_n", count.as_json(), count.head)


def _done(message: Message, token: Token) -> bool:
    """Whether people were taken on, and not only might be: 雇了, 招用."""
    return any(
        t.value == "hire" and message.text[t.end - 1] == "了"
        for t in message.before(token.start, 12)
    )


def _shop(message: Message) -> bool:
    if any(t.value == "self_employed" for t in message.tags.get("employed", ())):
        return True
    return find("work.their_shop", message.text) is not None


def _said(message: Message) -> Iterator[Finding]:
    """Insured or not, within the subsidised scope, a new training body: said in many ways."""
    text = message.text
    if not any(word in text for word in ("险", "社保", "范围", "训")):
        return
    if message.generic or not message.personal or not (message.firm or "site" in message.tags):
        return
    if "险" in text or "社保" in text:
        for name, value in (("firm.uninsured", False), ("firm.insured", True)):
            match = find(name, text)
            if match and (message.firm or hired_group(message) or "employees" in _words(message)):
                yield Finding("insured", value, match.start())
                break
    if "范围" in text:
        for name, value in (("firm.out_of_scope", False), ("firm.in_scope", True)):
            match = find(name, text)
            if match:
                yield Finding("in_scope", value, match.start())
                break
    match = find("firm.new_body", text) if "训" in text else None
    if match and not text.endswith(("想", "准备", "要", "打算", "计划"), 0, match.start()):
        built = not text.endswith(("没", "没有", "还没", "不是"), 0, match.start())
        yield Finding("new_training_body", built, match.start())


def _words(message: Message) -> set[str]:
    return {token.value for token in message.tags.get("firm_word", ())}


def _flags(message: Message) -> Iterator[Finding]:
    for token in message.tags.get("firm_word", ()):
        firm = message.firm or "site" in message.tags
        built = token.value == "new_body" or (token.value == "build" and _body(message, token))
        if built and firm and (message.personal or not message.asks) and not message.generic:
            if not message.text.startswith("的", token.end) and not message.text.endswith(
                ("想", "准备", "要", "打算", "计划"), 0, token.start
            ):
                yield Finding("new_training_body", not message.negated(token.start), token.start)
        elif token.value in ("insured", "uninsured") and (message.personal or not message.asks):
            if hired_group(message) or message.firm:
                yield Finding("insured", token.value == "insured", token.start)
        elif token.value == "dispatched" and message.happened(token) and message.somebody(token):
            yield Finding("dispatched", not message.negated(token.start), token.start)


def _body(message: Message, token: Token) -> bool:
    return any(t.tag == "firm_word" and t.value == "body" for t in message.after(token.end, 10))


def _ranks(message: Message) -> Iterator[Finding]:
    words = [t.value for t in message.tags.get("firm_word", ())]
    for token in message.tags.get("rank", ()):
        if message.generic or (message.asks and not message.personal):
            continue
        for word in ("studio", "brand"):
            if word in words and ("评" in message.text or message.personal):
                yield Finding(f"{word}_level", token.value, token.start)


def _type(message: Message, found: list[Finding]) -> Iterator[Finding]:
    """A firm's kind is told where it speaks as a firm; else 我们厂 is a place of work."""
    firms = [t for t in message.tags.get("firm", ()) if t.value != "unit"]
    keys = {finding.key for finding in found} - {"dispatched"}
    if message.generic:
        return
    if firms and (keys or not _worker(message)):
        if (message.personal or keys) and not message.membership_asked(firms[0]):
            yield Finding(TYPE, firms[0].value, firms[0].start)
    elif "hires_group" in keys and _shop(message):
        yield Finding(TYPE, "individual_business", 0)
    elif not firms and _speaks_for_firm(message, keys):
        yield Finding(TYPE, "enterprise", 0)
    elif firms and firms[0].value == "enterprise" and _works_there(message):
        yield Finding("employed", "enterprise", firms[0].start)


def _speaks_for_firm(message: Message, keys: set[str]) -> bool:
    """Whether it is a firm's talk without 我们厂: a firm of one's own, figures of a named one."""
    if message.owned_firm and message.personal:
        return True
    return bool(keys & FIGURES) and (message.our_firm or _firm_named(message))


def _firm_named(message: Message) -> bool:
    """Whether a firm is the place of what is told: 厂里六百人, 公司职工培训."""
    if any(t.value == "enterprise" for t in message.tags.get("site", ())[:1]):
        return True
    return any(
        t.value == "enterprise" and message.text[t.start] in "公厂单"
        for t in message.tags.get("kind", ())
    )


def _works_there(message: Message) -> bool:
    gone = any(t.value == "laid_off" for t in message.tags.get("group_did", ()))
    return message.personal and not gone


def _worker(message: Message) -> bool:
    """Whether a worker's own matters are told, so that 我们厂 is where they work."""
    return any(
        tag in message.tags for tag in ("pay", "ins", "level", "paper", "group_did", "household")
    )
