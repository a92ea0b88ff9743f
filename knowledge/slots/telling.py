"""Whether a part of a message tells of somebody while another part asks about it."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from knowledge.slots.lexicon import Token
    from knowledge.slots.message import Message

ASKING_END = re.compile(
    r"(?:[不没否吧]|多钱)[呀啊哇呢了 ?。!~]*$|[?]|([\u4e00-\u9fff])[不没]\1|多少|几个钱"
)
ANYBODY = re.compile("(?<!我们厂)(?<!公司)的(?:职工|人|员工|工人|企业|学员)(?![在已都是])")
TELLING = frozenset({
    "employed", "site", "pay", "prove", "jobless", "schooling", "household", "group", "group_did",
    "organised", "learn",
})  # fmt: skip
QUESTIONS = frozenset({"ask", "rule", "official", "suppose", "money"})
LENGTHS = frozenset({"month", "year", "age", "day", "time"})
EXACT = frozenset({"exact", "about", "range"})
QUESTION = re.compile("(?<!才)(?<!就)(?:还|可)?能(?!力)|够不够|够格|算不算|行不行|可不可以")


def told_apart(message: Message) -> bool:
    """Whether a part that asks nothing tells something, and another part asks about it.

    What stands before 还能, 能, 算 is told and what follows is the question (47了还能办吗).
    """
    if not message.asks:
        return False
    parts = list(zip(message.cuts, message.cuts[1:], strict=False))
    if len(parts) > 1 and any(_tells(message, start, end) for start, end in parts):
        return True
    question = QUESTION.search(message.text)
    return question is not None and _tells(message, 0, question.start(), within=True)


def _tells(message: Message, start: int, end: int, *, within: bool = False) -> bool:
    """Whether the part asks nothing and tells something; a name alone (`within`) tells none."""
    inside = message.tokens[bisect_left(message.starts, start) : bisect_left(message.starts, end)]
    if any(t.tag in QUESTIONS for t in inside):
        return False
    if ANYBODY.search(message.text, start, end):
        return False
    if ASKING_END.search(message.text[start:end].rstrip(" ,。")):
        return False
    hired = any(t.value == "hire" for t in inside)
    told = (
        t
        for t in inside
        if not (hired and t.tag == "site") and t.tag in TELLING and _of_somebody(message, t)
    )
    if not within and (any(told) or "户口" in message.text[start:end]):
        return True
    return any(
        start <= q.head < end
        and q.unit in LENGTHS | ({"bare"} if within else set())
        and not (within and (q.sure not in EXACT or message.text.startswith("的", q.end)))
        for q in message.quantities
    )


def _of_somebody(message: Message, token: Token) -> bool:
    """Whether it is neither a wish nor said of people in general (贫困户的人, …人员)."""
    if token.tag == "prove":
        return token.value != "want"
    if token.tag == "learn":
        return token.value in ("student", "notimes")
    general = token.tag in ("group", "employed", "group_did")
    return not general or not message.text.startswith(("的人", "人", "的职工", "被"), token.end)
