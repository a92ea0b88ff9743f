"""One message laid out for reading: phrases, quantities, clauses, and whether a case is told."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from knowledge.slots.lexicon import Token, lexicon
from knowledge.slots.patterns import find
from knowledge.slots.quantities import COUNTING, Quantity, find_quantities
from knowledge.slots.sifting import is_few, is_sum, sifted
from knowledge.slots.telling import ANYBODY, ASKING_END, told_apart

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

CUTS = re.compile(r"(?:[,。!?;、\s~…]|[.:](?!\d))+")
OURS = "我俺咱本"
OR = "还是"
MANY = 10
MOST_ALIKE = 20  # phrases of one tag, and quantities, that are looked at: no message has more
LISTED = frozenset({
    "level", "paper", "group", "group_did", "employed", "household", "ins", "pay", "site",
    "prove", "jobless", "schooling",
})  # fmt: skip
COUNTED = frozenset({"month", "year", "age", "day", "time"})
OWN_CASE = frozenset({"pay", "ins", "level", "paper", "group_did", "household"})


T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 - used as `cached_property` is
    """`functools.cached_property` without its lock, which is taken for every message up to 3.11."""

    def __init__(self, work_out: Callable[[Any], T]) -> None:
        self._work_out, self._name = work_out, work_out.__name__
        self.__doc__ = work_out.__doc__

    def __get__(self, of: Any, owner: type | None = None) -> T:
        """Work it out, and leave it where it is found first the next time."""
        found = of.__dict__[self._name] = self._work_out(of)
        return found


class Finding(NamedTuple):
    """A fact that was read: key and JSON value of readings.md, and where in the text it stands."""

    key: str
    value: object
    at: int


class Message:
    """A normalised text with everything the readers of facts look at."""

    def __init__(self, text: str, today: dt.date) -> None:
        self.text, self.today, self.letters = text, today, frozenset(text)
        self.tokens = [t for t in lexicon().scan(text) if not is_few(text, t)]
        self.starts = [token.start for token in self.tokens]
        self.tags: dict[str, list[Token]] = {}
        for token in self.tokens:
            alike = self.tags.setdefault(token.tag, [])
            if len(alike) < MOST_ALIKE:
                alike.append(token)
        self.cuts = [0, *(match.end() for match in CUTS.finditer(text)), len(text) + 1]

    @once
    def quantities(self) -> list[Quantity]:
        """All quantities that are no rates (一天十五) and not taken back (不是11个月)."""
        if COUNTING.isdisjoint(self.letters):
            return []
        spans = [(token.start, token.end) for token in self.tokens]
        return sifted(self.text, find_quantities(self.text, spans, MOST_ALIKE))

    @once
    def asks(self) -> bool:
        """Whether something is asked anywhere."""
        return "ask" in self.tags or bool(ASKING_END.search(self.text))

    @once
    def personal(self) -> bool:
        """Whether somebody in particular is spoken of: I, my mother, our firm."""
        if "self" in self.tags or "case" in self.tags:
            return True
        if any(token.value != "weak" for token in self.tags.get("other", ())):
            return True
        if any(self.text[t.start] in OURS and t.value == "had" for t in self.tags.get("prove", ())):
            return True
        if any(self.text[token.start] in OURS for token in self.tags.get("firm", ())):
            return True
        if any(self._took_on(token) for token in self.tags.get("firm_word", ())):
            return True
        return self.told_apart

    @once
    def told_apart(self) -> bool:
        """Whether a part that asks nothing tells something, and another part asks about it."""
        return told_apart(self)

    def _took_on(self, token: Token) -> bool:
        """Whether a firm tells whom it took on (招了15个人), a brand how many it trained."""
        if token.value == "brand":
            return any(q.unit == "person" and q.low >= MANY for q in self.quantities)
        done = token.value == "hire" and self.text[token.end - 1] == "了"
        return done and any(q.head == token.end and q.low > 1 for q in self.quantities)

    @once
    def generic(self) -> bool:
        """Whether it is about the rule and nobody in particular."""
        if self.personal:
            return False
        if "official" in self.tags or (self.asks and "rule" in self.tags):
            return True
        if self.asks and ANYBODY.search(self.text):
            return True
        priced = self.asks and any(is_sum(quantity) for quantity in self.quantities)
        return priced and not {"pay", "ins", "employed", "group_did"} & self.tags.keys()

    @once
    def listing(self) -> bool:
        """Whether several things are put side by side, as one lists one's own case."""
        told = [t.start for t in self.tokens if t.tag in LISTED]
        told += [q.head for q in self.quantities if q.unit in COUNTED or self._bare(q)]
        return len({self.clause(at) for at in told}) > 1

    def _bare(self, quantity: Quantity) -> bool:
        """Whether it is a number that makes a clause of its own, as an age does in a list."""
        return quantity.unit == "bare" and self.alone(quantity.head, quantity.end)

    @once
    def corrects(self) -> bool:
        """Whether an earlier statement is being put right."""
        return "fix" in self.tags or "不是" in self.text or "现在是" in self.text

    @once
    def firm(self) -> bool:
        """Whether somebody speaks for a firm: 我们厂, 公司是我开的."""
        return "firm" in self.tags or self.owned_firm or self.our_firm

    @once
    def our_firm(self) -> bool:
        """Whether a firm is spoken for by its trade (我们护理公司), and no case of a worker."""
        if OWN_CASE & self.tags.keys() or not any(c in self.text for c in "我咱俺"):
            return False
        return find("firm.ours", self.text) is not None

    @once
    def owned_firm(self) -> bool:
        """Whether a firm is somebody's own: 我开的厂, 公司是我开的."""
        text = self.text
        return ("开" in text or "办" in text) and find("firm.mine", text) is not None

    @property
    def told(self) -> bool:
        """Whether what is said is said of somebody, and not asked about nobody."""
        return not self.generic and (self.personal or not self.asks)

    def clause(self, at: int) -> tuple[int, int]:
        """Return start and end of the clause around `at`."""
        index = bisect_left(self.cuts, min(at, len(self.text)) + 1)
        return self.cuts[index - 1], min(self.cuts[index], len(self.text))

    def clause_text(self, at: int) -> str:
        """Return the clause around `at`, without its punctuation."""
        start, end = self.clause(at)
        return self.text[start:end].rstrip(",。!?;:、 .~…")

    def before(self, at: int, reach: int = 14, *, clause: bool = True) -> Iterator[Token]:
        """Yield the phrases that end before `at`, nearest first, no further than `reach`."""
        first = self.clause(at)[0] if clause else 0
        for index in range(bisect_left(self.starts, at) - 1, -1, -1):
            token = self.tokens[index]
            if at - token.end > reach or token.start < first:
                return
            if token.end <= at:
                yield token

    def after(self, at: int, reach: int = 8, *, clause: bool = True) -> Iterator[Token]:
        """Yield the phrases that start at or after `at`, nearest first, no further than `reach`."""
        high = at + reach
        if clause:
            high = min(high, self.clause(max(at - 1, 0))[1])
        for token in self.tokens[bisect_left(self.starts, at) :]:
            if token.start >= high:
                return
            yield token

    def negated(self, at: int, gap: int = 2) -> bool:
        """Whether a 不是 or 没 stands right before `at`."""
        for token in self.before(at, gap + 4):
            if token.tag == "not":
                return at - token.end <= gap
            return False
        return False

    def ruled(self, start: int, end: int) -> bool:
        """Whether the words from `start` to `end` are named as a rule's threshold."""
        if any(token.tag == "rule" for token in self.before(start, 6)):
            return True
        return any(token.tag == "rule" and token.start - end <= 1 for token in self.after(end, 2))

    def membership_asked(self, token: Token) -> bool:
        """Whether it is the question itself if somebody is this (算不算…, 我是…吗)."""
        for earlier in self.before(token.start, 6):
            if earlier.tag == "ask":
                if self._reckoned(earlier, token):
                    return False
                if self.text[earlier.start : earlier.end] != OR:
                    return True
                return any(t.tag == token.tag for t in self.before(earlier.start, 8))
            break
        if OR in self.text[token.end : token.end + 6]:
            return True
        behind = self.text[token.end : token.end + 2]
        return behind[:1] in ("吗", "么") or behind in ("不?", "算吗", "算不")

    def _reckoned(self, ask: Token, token: Token) -> bool:
        """俺家算零就业, 算是农村转移的: said to be it, where more follows than 吗 or 不."""
        if self.text[ask.start : ask.end] != "算" or self.text[ask.start - 1 : ask.start] in "不就":
            return False
        rest = self.text[token.end : self.clause(token.start)[1]].strip("的 ,。")
        first, last = self.clause(token.start)
        more = last < len(self.text) or first > 0
        return (more and not rest) or rest.startswith(("能", "可", "享受", "可以"))

    def alone(self, start: int, end: int) -> bool:
        """Whether these words make a clause of their own."""
        first, last = self.clause(start)
        rest = self.text[first:start] + self.text[end:last].rstrip(",。!?;:、 .~…")
        return rest.strip("是的了,。!?;:、 .~…") == ""

    def somebody(self, token: Token) -> bool:
        """Whether the name `token` (贫困户, 企业职工) is said of somebody in particular."""
        if self.generic or self.membership_asked(token):
            return False
        if self.personal:
            return True
        if self.listing and (self.alone(token.start, token.end) or self._leads(token)):
            return True
        return not self.asks and self._predicate(token)

    def _leads(self, token: Token) -> bool:
        """Whether the name opens a clause and what was done follows: 灵活就业自己交的, 考了中级."""
        opens = self.clause(token.start)[0] == token.start
        return opens and "prove" in self.tags and self.text[token.end : token.end + 1] != "的"

    def _predicate(self, token: Token) -> bool:
        """Whether a name stands as what somebody is: 是贫困户, 不是退伍军人, 下岗的."""
        if self.text[token.start - 1 : token.start] == "是" or self.negated(token.start, 0):
            return True
        return self.text[token.end - 1] == "的" and self.alone(token.start, token.end)

    def happened(self, token: Token) -> bool:
        """Whether the event `token` (下岗了, 当过兵) is told, not spoken of in general (…的人)."""
        if self.generic or self.membership_asked(token):
            return False
        if self.personal or not self.asks:
            return True
        behind = self.text[token.end : token.end + 1]
        return self.text[token.end - 1] != "的" and behind not in ("的", "人")
