"""What a length of time is the length of: insurance, a training, work, or nothing we know."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from knowledge.slots.lexicon import Token
    from knowledge.slots.message import Message
    from knowledge.slots.quantities import Quantity

INSURANCE, OTHER_INSURANCE, TRAINING, WORK = "ins", "notins", "train", "work"
TIMES = frozenset({"month", "year", "day"})
BY_TAG = {
    "pay.unpaid": INSURANCE, "pay.break": WORK, "learn.did": TRAINING, "learn.work": WORK,
    "doing.work": WORK,
    "ins.yes": INSURANCE, "ins.no": OTHER_INSURANCE, "firm_word.train": TRAINING,
    "firm_word.apprentice": TRAINING, "class.lesson": TRAINING, "course.awareness": TRAINING,
    "course.company": TRAINING, "organised.post_training": TRAINING, "firm_word.hire": "hire",
}  # fmt: skip
WHETHER = ("交没交够", "交没交满", "满没满", "满不满", "够没够", "够不够", "有没有", "是不是")
AGO = ("前", "以前", "之前")
JUDGED = ("够不够", "够吗", "够不", "行不行", "行吗", "能领", "能拿", "可以吗")
STATES = frozenset({"group_did", "employed", "schooling", "school", "jobless"})


def governor(message: Message, quantity: Quantity) -> str:
    """Say what `quantity` measures: ins, notins, train, work, hire, or "" where nothing tells."""
    found = _added(message, quantity)
    found = found or _first(message, quantity, message.before(quantity.head))
    if not found:
        found = _first(message, quantity, message.after(quantity.end, 6), behind=True)
    return found or _first(message, quantity, message.before(quantity.head, 10, clause=False))


def _added(message: Message, quantity: Quantity) -> str:
    """十四个月，哦失业保险: the insurance is named as an afterthought."""
    if quantity.unit == "day" or not message.alone(quantity.head, quantity.end):
        return ""
    named = (t for t in message.after(quantity.end, 6, clause=False) if t.tag == "ins")
    return next((INSURANCE for t in named if t.value == "yes"), "")


def _first(
    message: Message, quantity: Quantity, tokens: Iterable[Token], *, behind: bool = False
) -> str:
    for token in tokens:
        if token.tag == "pay" and (token.value == "paid" or _paid_again(message, token)):
            return _paid(message, quantity)
        if token.tag == "kind":
            return TRAINING
        if token.tag in STATES and not behind:
            return WORK
        if behind and token.tag == "learn" and token.value == "work":
            continue
        found = BY_TAG.get(f"{token.tag}.{token.value}")
        if found == OTHER_INSURANCE and _named(message):
            continue
        if quantity.unit != "day" and message.text.startswith("班", quantity.end):
            return WORK
        if found and not (behind and token.start - quantity.end > 3 and found == TRAINING):  # noqa: PLR2004 - 天的课
            return found
    return ""


def _paid_again(message: Message, token: Token) -> bool:
    """断了又交了: paying again is paying, a gap is not."""
    words = message.text[token.start : token.end]
    return token.value == "break" and ("交" in words or "续" in words)


def _named(message: Message) -> bool:
    return any(token.value == "yes" for token in message.tags.get("ins", ()))


def _paid(message: Message, quantity: Quantity) -> str:
    """交了: into unemployment insurance, unless another one is named close by or alone."""
    behind = next((t for t in message.after(quantity.end, 3) if t.tag == "ins"), None)
    if behind:
        return INSURANCE if behind.value == "yes" else OTHER_INSURANCE
    named = {token.value for token in message.tags.get("ins", ())}
    return OTHER_INSURANCE if named == {"no"} else INSURANCE


def told(message: Message, quantity: Quantity) -> bool:
    """Whether a quantity is somebody's own, not a rule's threshold that is asked about."""
    if message.generic or _questioned(message, quantity):
        return False
    claimed = message.personal and not message.asks
    if not claimed and message.ruled(quantity.head, quantity.end):
        return False
    if message.personal or not message.asks or _done(message, quantity):
        return True
    if quantity.sure not in ("exact", "about", "range"):
        return False
    return message.listing or message.text.startswith(JUDGED, quantity.end)


def _questioned(message: Message, quantity: Quantity) -> bool:
    """Whether it is what is asked (够不够一年, 算一年不) or only when (俩月前)."""
    text, head = message.text, quantity.head
    if text.endswith(WHETHER, 0, head):
        return True
    if text.startswith(AGO, quantity.end) and quantity.unit in TIMES:
        return True
    reckoned = text.endswith("算", 0, head) and not text.endswith("满算", 0, head)
    return reckoned and message.asks


def _done(message: Message, quantity: Quantity) -> bool:
    """Whether a word of having done it stands by: 交了, 没交够, 满了."""
    text = message.text
    if any(
        text.endswith(word, 0, quantity.head) for word in ("没交够", "没交满", "满了", "没学够")
    ):
        return True
    for token in message.before(quantity.head, 8):
        if token.tag in ("pay", "learn") and text[token.end - 1] in "了过":
            return True
    return text[quantity.end : quantity.end + 1] == "了"
