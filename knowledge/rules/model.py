"""What a policy document holds once it is read: benefits, their lines, conditions, doubts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from knowledge.rules.cases import allowed
from knowledge.rules.expressions import Always, Where
from knowledge.rules.outcome import Reason
from knowledge.rules.walk import compile_missing, compile_test, facts_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from knowledge.rules.amounts import Payment
    from knowledge.rules.expressions import Node, Test, Values
    from knowledge.rules.walk import Missing

MAIN = "main"


@dataclass(frozen=True)
class Condition:
    """One thing that must hold. `yes` is said when it does, `no` when it does not.

    Unknown, it is missing; with `assumed` it is taken to hold instead (only where
    `assumed_when` holds, if that is given), unless something was said of its one fact; with
    `silent` it blocks only when known to fail.
    """

    id: str
    node: Node
    yes: Reason
    no: Reason
    assumed: Reason | None = None
    assumed_when: Node | None = None
    silent: bool = False

    @cached_property
    def test(self) -> Test:
        """The compiled test."""
        return compile_test(self.node)

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """The facts the test reads."""
        return facts_of(self.node)

    @cached_property
    def tells(self) -> Test | None:
        """The compiled test for when being met is told: where its `when` holds; None: always."""
        if self.silent:
            return lambda _values: False
        return compile_test(self.node.when) if isinstance(self.node, Where) else None

    @cached_property
    def may_assume(self) -> Test | None:
        """The compiled test for when the assumption may be made; None: always."""
        return compile_test(self.assumed_when) if self.assumed_when else None


@dataclass(frozen=True)
class Doubt:
    """A place where the document is silent or can be read two ways.

    `unclear`: known to apply, the verdict is unspecified; unknown, `assumed` says what is
    taken for granted. `gap`: the same, but unknown it is a missing fact, since the document
    has no answer on one side of it. `note`: only shown, on a refusal only if `beside_refusal`.
    Where a doubt applies, the condition it `excuses` is not counted as failed nor told as met
    (told is `instead`, if given). A `common` one is raised for every subsidy of a person, so
    that its fact alone asks about none of them.
    """

    id: str
    node: Node
    reason: Reason
    effect: Literal["unclear", "gap", "note"]
    assumed: Reason | None = None
    excuses: str = ""
    instead: Reason | None = None
    beside_refusal: bool = False
    common: bool = False

    @cached_property
    def test(self) -> Test:
        """The compiled test."""
        return compile_test(self.node)

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """The facts the test reads."""
        return facts_of(self.node)

    @cached_property
    def hangs_on(self) -> tuple[str, ...]:
        """The facts without any of which the test stays undecided; none where it is decided."""
        return self.facts if self.test({}) is None else ()

    @cached_property
    def lacks(self) -> Missing:
        """The facts missing for the test."""
        return compile_missing(self.node)


@dataclass(frozen=True)
class Payee:
    """Who is paid (None: nobody, there is no money), and whether the document says so.

    With `by`, one choice of that fact decides, `otherwise` stands for the others.
    """

    to: str | None
    basis: Literal["text", "inferred"] | None
    by: str = ""
    choice: str = ""
    otherwise: str = ""


@dataclass(frozen=True)
class Line:
    """One line of an outcome: what must hold, what is doubtful, what is paid to whom.

    A line with `shown` appears only when that is known to hold; an `otherwise` line only
    when no such line appears.
    """

    id: str
    conditions: tuple[Condition, ...]
    doubts: tuple[Doubt, ...]
    assumes: tuple[Reason, ...]
    payment: Payment | None
    payee: Payee
    shown: Node | None = None
    otherwise: bool = False

    @cached_property
    def is_shown(self) -> Test | None:
        """The compiled test of `shown`."""
        return compile_test(self.shown) if self.shown else None

    @cached_property
    def paid(self) -> tuple[Reason, ...]:
        """The step of the reasoning that says how the payment is counted; none without one."""
        return (Reason("amount", self.payment.text),) if self.payment else ()

    @cached_property
    def checks(self) -> tuple[tuple[Condition, Test], ...]:
        """The conditions with their compiled tests."""
        return tuple((each, each.test) for each in self.conditions)

    @cached_property
    def suspicions(self) -> tuple[tuple[Doubt, Test, tuple[str, ...]], ...]:
        """The doubts with their compiled tests and the facts they hang on."""
        return tuple((each, each.test, each.hangs_on) for each in self.doubts)

    @cached_property
    def asks(self) -> dict[str, Missing]:
        """For each condition and gap, the facts missing for it that can still matter."""
        cases: dict[tuple[str, str], Test] = {}

        def alive(fact: str, choice: str) -> Test:
            if (fact, choice) not in cases:
                left = allowed(self.conditions, self.doubts, {fact: choice})
                cases[fact, choice] = compile_test(left or Always())
            return cases[fact, choice]

        return {each.id: compile_missing(each.node, alive) for each in self.rules}

    @property
    def rules(self) -> tuple[Condition | Doubt, ...]:
        """Conditions and doubts together."""
        return (*self.conditions, *self.doubts)

    @property
    def required_facts(self) -> tuple[str, ...]:
        """Name the facts the line's conditions, own doubts and payment hang on."""
        nodes = [c.node for c in self.conditions if not c.silent]
        nodes += [d.node for d in self.doubts if d.effect != "note" and not d.common]
        nodes += [self.shown] if self.shown else []
        found = [key for node in nodes for key in facts_of(node)]
        if self.payment:
            optional = {times.fact for times in self.payment.times if times.default}
            found += [key for key in self.payment.facts if key not in optional]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, eq=False)
class Benefit:
    """One benefit of one document.

    `plain` is its title in everyday words, `own_facts` the facts it hangs on, `kinds` the
    kinds of training it is about (empty: none in particular), `audience` whose question it
    is, `date_fact` the fact that dates it ("": the day of asking), `file` where it is written.
    """

    id: str
    name: str
    plain: str
    clause: str
    file: str
    begins: dt.date
    audience: Literal["worker", "employer", "any"]
    lines: tuple[Line, ...]
    before: Reason
    kinds: tuple[str, ...] = ()
    date_fact: str = ""
    after_assumed: Reason | None = None

    @cached_property
    def pays(self) -> bool:
        """Say whether there is money in it, whose term then matters."""
        return any(line.payment for line in self.lines)

    @cached_property
    def branches(self) -> bool:
        """Say whether some line appears only in some cases."""
        return any(line.shown or line.otherwise for line in self.lines)

    def lines_for(self, values: Values) -> Sequence[Line]:
        """Return the lines that appear for what is known."""
        if not self.branches:
            return self.lines
        shown = [line for line in self.lines if line.is_shown and line.is_shown(values)]
        if shown:
            return [*shown, *(x for x in self.lines if not x.shown and not x.otherwise)]
        return [line for line in self.lines if not line.shown]

    @cached_property
    def own_facts(self) -> tuple[str, ...]:
        """Name the facts the benefit hangs on, in the order of its rules."""
        found = [key for line in self.lines for key in line.required_facts]
        return tuple(dict.fromkeys((*found, *([self.date_fact] if self.date_fact else []))))


@dataclass(frozen=True)
class Overlap:
    """Lines that may pay for the same thing, so that a total holds only the largest of them."""

    lines: tuple[str, ...]
    reason: Reason


@dataclass(frozen=True, eq=False)
class Document:
    """A policy document: its number, its term, what it takes precedence over, its benefits."""

    id: str
    number: str
    title: str
    begins: dt.date
    nominal_until: dt.date | None
    over: tuple[str, ...]
    notice: str
    benefits: dict[str, Benefit]
    overlaps: tuple[Overlap, ...]
    digest: str
