"""What a firm tells about itself: staff, trainees, people it took on, seats, studio, brand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.slots.governors import told
from knowledge.slots.message import Finding
from knowledge.slots.patterns import find, patterns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.slots.lexicon import Token
    from knowledge.slots.message import Message
    from knowledge.slots.quantities import Quantity

HIRES = frozenset({"poor_labor", "employment_difficulty", "zero_employment_family"})
COUNTED = frozenset({"person", "some", "seat"})
TYPE = "employer_type"
FIGURES = frozenset({"staff", "seats", "new_training_body", "trainees", "hires_group"})


def employers(message: Message) -> list[Finding]:
    """Find a firm's facts; what kind of firm it is, only where it speaks as a firm."""
    found = [*_hires(message), *_counts(message), *_said(message), *_flags(message)]
    found += _ranks(message)
    return [*found, *_type(message, found)]


def _hired_group(message: Message) -> Token | None:
    for token in message.tags.get("group", ()):
        if token.value not in HIRES:
            continue
        hire = any(
            t.tag == "firm_word" and t.value == "hire" for t in message.before(token.start, 12)
        )
        if hire or (message.firm and _count_before(message, token)):
            return token
    return None


def _count_before(message: Message, token: Token) -> Quantity | None:
    for quantity in message.quantities:
        if quantity.unit in COUNTED | {"bare"} and 0 <= token.start - quantity.end <= 2:  # noqa: PLR2004 - 个
            return quantity
    return None


def _count_after(message: Message, token: Token) -> Quantity | None:
    for quantity in message.quantities:
        if quantity.unit in COUNTED and 0 <= quantity.head - token.end <= 1:
            return quantity
    return None


def _hires(message: Message) -> Iterator[Finding]:
    token = _hired_group(message)
    if token is None:
        return
    count = _count_before(message, token) or _count_after(message, token)
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


def _counts(message: Message) -> Iterator[Finding]:
    words = {t.value for t in message.tags.get("firm_word", ())}
    token = _hired_group(message)
    hired = (_count_before(message, token) or _count_after(message, token)) if token else None
    for quantity in message.quantities:
        places = quantity.unit == "bare" and _names_seats(message, quantity)
        if (
            (quantity.unit not in COUNTED and not places)
            or quantity == hired
            or not _own(message, quantity)
        ):
            continue
        if quantity.low == 1 and quantity.high == 1:
            continue
        key = _meaning(message, quantity, words)
        if key == "staff" and _examined(message):
            key = "trainees"
        if key:
            yield Finding(key, quantity.as_json(), quantity.head)


def _examined(message: Message) -> bool:
    """Whether the people a firm counts are those it had examined for a paper."""
    if not message.tags.keys() & {"level", "paper"} or "考" not in message.text:
        return False
    return "organised" in message.tags or find("paper.by_school", message.text) is not None


def _names_seats(message: Message, quantity: Quantity) -> bool:
    """Whether 座 follows a number: 二百五十座."""
    return any(t.value == "seat" for t in message.after(quantity.end, 1))


def _own(message: Message, quantity: Quantity) -> bool:
    return told(message, quantity) and (message.personal or not message.asks)


def _meaning(message: Message, quantity: Quantity, words: set[str]) -> str:
    """Say which fact a number of people is."""
    near = list(message.before(quantity.head, 10, clause=False))
    behind = [*message.after(quantity.end, 6)]
    if "brand" in words:
        return _brand_count(message, quantity)
    first = behind[0] if behind and behind[0].start == quantity.end else None
    if _of_seats(message, quantity, near, first):
        return "seats"
    counted = any(t.value in ("apprentice", "employees") for t in near + behind[:1])
    taught = any(t.value == "did" and t.end == quantity.head for t in near[:1])
    described = bool(near) and _described(message, quantity, near[0])
    known = counted or taught or described or _taught(message, quantity) or "kind" in message.tags
    some = quantity.unit == "some" and not known
    if some or (first and first.tag == "kind"):
        return ""
    if not described and (_trained(near, behind, message) or _taught(message, quantity)):
        return "trainees"
    at_site = any(t.tag == "site" and quantity.head - t.end <= 1 for t in near[:1])
    employees = any(t.value == "employees" for t in near + behind)
    return "staff" if described or at_site or message.firm or employees else ""


def _described(message: Message, quantity: Quantity, before: Token) -> bool:
    """厂400人培训了50个: right behind the firm, and another number of people follows."""
    if before.tag not in ("site", "firm", "employed") or quantity.head != before.end:
        return False
    more = any(q.unit in COUNTED and q.head > quantity.end for q in message.quantities)
    if before.tag == "employed":
        return quantity.unit == "person" or not message.asks
    return quantity.unit == "person" and more


def _taught(message: Message, quantity: Quantity) -> bool:
    """给50个人搞了5天培训: so many were taught."""
    given = patterns()["firm.taught"].finditer(message.text)
    return message.firm and any(match.end() == quantity.head for match in given)


def _of_seats(message: Message, quantity: Quantity, near: list[Token], first: Token | None) -> bool:
    """Whether so many can sit: 260个座, 能坐120人, 一次能训100人."""
    if quantity.unit == "seat" or quantity.head in _seats(message):
        return True
    if first is not None and first.value == "seat":
        return True
    said = next((t for t in near if t.tag == "firm_word" and t.value == "seat"), None)
    if said is None:
        return False
    return not any(said.end <= q.head < quantity.head for q in message.quantities)


def _seats(message: Message) -> set[int]:
    """Return where the number stands of which it is said that so many can sit or be trained."""
    if not any(c in message.text for c in "坐容装训"):
        return set()
    return {m.end() for m in patterns()["firm.seats"].finditer(message.text)}


def _trained(near: list[Token], behind: list[Token], message: Message) -> bool:
    """Whether a number of people is that of those who were trained."""
    close = near[0] if near else None
    if close and close.tag == "firm_word" and close.value == "employees":
        return False
    if close and close.tag == "firm":
        return any(
            t.tag in ("organised", "kind", "prove") or t.value in ("did", "apprentice")
            for t in behind[:1]
        )
    return any(_of_training(message, token) for token in near[:2] + behind[:2])


def _of_training(message: Message, token: Token) -> bool:
    """Whether a phrase beside a number of people makes them trainees."""
    if token.tag == "learn" and token.value == "did":
        return bool({"firm", "site", "kind", "money"} & message.tags.keys())
    if token.tag == "prove" and token.value == "had":
        return bool({"firm", "site", "organised"} & message.tags.keys())
    return token.tag in ("kind", "organised") or token.value in ("train", "apprentice")


def _brand_count(message: Message, quantity: Quantity) -> str:
    for token in message.before(quantity.head, 6):
        if token.tag == "firm_word" and token.value == "exported":
            return "exported"
        if token.tag == "learn":
            return "trained"
    return ""


def _said(message: Message) -> Iterator[Finding]:
    """Insured or not, within the subsidised scope, a new training body: said in many ways."""
    text = message.text
    if message.generic or not message.personal or not (message.firm or "site" in message.tags):
        return
    if "险" in text or "社保" in text:
        for name, value in (("firm.uninsured", False), ("firm.insured", True)):
            match = find(name, text)
            if match and (message.firm or _hired_group(message) or "employees" in _words(message)):
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
        yield Finding("new_training_body", value=True, at=match.start())


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
            if _hired_group(message) or message.firm:
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
    elif _shop(message) and "hires_group" in keys:
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
