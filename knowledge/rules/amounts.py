"""A payment: a shape, what it is multiplied by, its cap, and what it comes to for one person.

A shape gives a span (low, high) in whole yuan; multipliers (people, days, months, years) and
a cap work on every shape.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from knowledge.rules.cases import allowed, least_allowed
from knowledge.rules.shapes import UNBOUNDED, ByTable, Shape, Span
from knowledge.rules.walk import facts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.rules.expressions import Values
    from knowledge.rules.model import Condition, Doubt


class Sum(NamedTuple):
    """What a payment comes to: yuan from `low` to `high` (inf: unbounded).

    `missing` are the facts that keep it from being exact where the document itself is exact;
    `per_person` says that it is one head's share, because the number of people is not known.
    """

    low: float
    high: float
    missing: tuple[str, ...] = ()
    per_person: bool = False


@dataclass(frozen=True)
class Multiplier:
    """A count the payment is multiplied by.

    Unknown, it is `default` where the document takes one person for granted; as a `head`
    count it leaves the payment at one head's share. `limit` is the most that is paid for.
    """

    fact: str
    least: int
    default: int = 0
    head: bool = False
    limit: int = 0

    def span(self, values: Values) -> Span:
        """Return the count from low to high."""
        known = values.get(self.fact)
        if known is None:
            known = (self.default, self.default) if self.default else (self.least, UNBOUNDED)
        low, high = known
        low = min(max(low, self.least), high)
        return (min(low, self.limit), min(high, self.limit)) if self.limit else (low, high)


@dataclass(frozen=True)
class Payment:
    """A shape with its multipliers and cap; `text` says it to a worker in a few words."""

    shape: Shape
    text: str
    times: tuple[Multiplier, ...] = ()
    cap: int = 0
    facts: tuple[str, ...] = field(default=())

    @cached_property
    def reads(self) -> frozenset[str]:
        """Every fact the amount hangs on, those of its rows' own conditions too."""
        rows = self.shape.rows if isinstance(self.shape, ByTable) else ()
        return frozenset(self.facts).union(*(facts_of(row.only) for row in rows if row.only))

    @cached_property
    def unsaid(self) -> Sum:
        """What the payment comes to while nothing is known."""
        return self._work_out({})

    def work_out(self, values: Values) -> Sum:
        """Work the payment out for what is known."""
        return self.unsaid if self.reads.isdisjoint(values) else self._work_out(values)

    def _work_out(self, values: Values) -> Sum:
        low, high, missing = self.shape.span(values)
        per_person = False
        for times in self.times:
            least, most = times.span(values)
            if least != most and most == UNBOUNDED and times.head:
                least, most, per_person = 1, 1, True
                missing = (*missing, times.fact)
            elif least != most:
                missing = (*missing, times.fact)
            low, high = low * least, (high * most if high and most else 0)
        if self.cap:
            low, high = min(low, self.cap), min(high, self.cap)
        if low == high and not per_person:
            missing = ()
        return Sum(low, high, missing, per_person)


def fitted(payment: Payment, conditions: Sequence[Condition], doubts: Sequence[Doubt]) -> Payment:
    """Return the payment with what its line's conditions and gaps leave possible put in."""
    shape = payment.shape
    if isinstance(shape, ByTable):
        rows = [
            replace(row, only=allowed(conditions, doubts, dict(row.choices))) for row in shape.rows
        ]
        shape = replace(shape, rows=tuple(rows))
    times = [
        replace(each, least=max(each.least, least_allowed(conditions, doubts, each.fact)))
        for each in payment.times
    ]
    return replace(payment, shape=shape, times=tuple(times))
