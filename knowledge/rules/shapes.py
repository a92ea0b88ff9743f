"""The eight shapes of a payment: what each comes to, from low to high, for what is known.

flat · table (a row by one or more choices) · per_unit · bands · range · ceiling · steps ·
counts (several counts each at its rate, with a cap). A rule that fits none gets a new named
shape here and in `jcbot.eligibility.money`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from knowledge.rules.walk import compile_test

if TYPE_CHECKING:
    from knowledge.rules.expressions import Node, Test, Values

Span = tuple[float, float]
Part = tuple[float, float, tuple[str, ...]]
UNBOUNDED = math.inf
NOTHING_KNOWN = (0, UNBOUNDED)


@dataclass(frozen=True)
class Flat:
    """One amount."""

    yuan: int

    def span(self, _values: Values) -> Part:
        """Return low, high, and the facts that keep the shape itself from being exact."""
        return self.yuan, self.yuan, ()


@dataclass(frozen=True)
class PerUnit(Flat):
    """So much for each unit; the units are the payment's multipliers."""


@dataclass(frozen=True)
class Range:
    """From low to high; the document gives no criterion in between."""

    low: int
    high: int

    def span(self, _values: Values) -> Part:
        """See `Flat.span`."""
        return self.low, self.high, ()


@dataclass(frozen=True)
class Ceiling:
    """At most so much; the document gives no rate below it."""

    yuan: int

    def span(self, _values: Values) -> Part:
        """See `Flat.span`."""
        return 0, self.yuan, ()


@dataclass(frozen=True)
class Row:
    """One line of a table: the choices it is for, and its amount.

    `only` is what the conditions of the benefit leave to be met in this row (None: nothing).
    """

    choices: tuple[tuple[str, str], ...]
    yuan: int
    only: Node | None = None

    @cached_property
    def test(self) -> Test | None:
        """The compiled test of `only`; None where nothing is left to be met."""
        return compile_test(self.only) if self.only else None

    def may_hold(self, values: Values) -> bool:
        """Say whether the row is still possible."""
        for key, choice in self.choices:
            known = values.get(key)
            if known is not None and not _may_be(choice, known):
                return False
        return self.test is None or self.test(values) is not False


def _may_be(choice: str, known: frozenset[str] | tuple[frozenset[str], frozenset[str]]) -> bool:
    """Say whether a choice (or a member of a set) is not ruled out."""
    return choice not in known[1] if isinstance(known, tuple) else choice in known


@dataclass(frozen=True)
class ByTable:
    """The amount stands in a table, by the facts `by`: choices, or a set's members."""

    by: tuple[str, ...]
    rows: tuple[Row, ...]

    def span(self, values: Values) -> Part:
        """See `Flat.span`; 0 where no row is possible."""
        rows = [row for row in self.rows if row.may_hold(values)]
        found = {row.yuan for row in rows} or {0}
        low, high = min(found), max(found)
        if low == high:
            return low, high, ()
        named = {key for row in rows for key, _ in row.choices}
        open_ = [key for key in self.by if key in named and len(values.get(key, ())) != 1]
        return low, high, tuple(open_)


@dataclass(frozen=True)
class Band:
    """From `low` up to and including `high` (None: without end), so much."""

    low: int
    high: int | None
    yuan: int


@dataclass(frozen=True)
class Bands:
    """The amount stands by the band a number falls into."""

    by: str
    bands: tuple[Band, ...]

    def span(self, values: Values) -> Part:
        """See `Flat.span`; 0 where the number lies in no band."""
        low, high = values.get(self.by, NOTHING_KNOWN)
        found = [
            band.yuan
            for band in self.bands
            if high >= band.low and (band.high is None or low <= band.high)
        ] or [0]
        least, most = min(found), max(found)
        return least, most, (self.by,) if least != most else ()


@dataclass(frozen=True)
class Steps:
    """`base` from `start` on; each full `each` above `above` adds `add`."""

    by: str
    start: int
    base: int
    above: int
    each: int
    add: int

    def at(self, number: float) -> float:
        """Return the amount at a number from `start` on."""
        if number == UNBOUNDED:
            return UNBOUNDED
        return self.base + self.add * (max(number - self.above, 0) // self.each)

    def span(self, values: Values) -> Part:
        """See `Flat.span`."""
        low, high = values.get(self.by, NOTHING_KNOWN)
        least, most = self.at(low), self.at(high)
        return least, most, (self.by,) if least != most else ()


@dataclass(frozen=True)
class Rate:
    """For one choice of `Counts.by`: yuan for each counted thing, and the cap."""

    choice: str
    each: tuple[tuple[str, int], ...]
    cap: int

    def span(self, values: Values) -> Span:
        """Return the capped sum from low to high."""
        low = high = 0.0
        for key, yuan in self.each:
            least, most = values.get(key, NOTHING_KNOWN)
            low, high = low + yuan * least, high + yuan * most
        return min(low, self.cap), min(high, self.cap)

    def open_counts(self, values: Values) -> list[str]:
        """Name the counts that are not known exactly."""
        spans = ((key, values.get(key, NOTHING_KNOWN)) for key, _ in self.each)
        return [key for key, (least, most) in spans if least != most]


@dataclass(frozen=True)
class Counts:
    """A sum of counts, each at its own rate, by a choice, with a cap."""

    by: str
    rates: tuple[Rate, ...]

    def span(self, values: Values) -> Part:
        """See `Flat.span`; 0 where the choice has no rate."""
        possible = values.get(self.by)
        rates = [rate for rate in self.rates if possible is None or rate.choice in possible]
        spans = [rate.span(values) for rate in rates] or [(0, 0)]
        low, high = min(span[0] for span in spans), max(span[1] for span in spans)
        if low == high:
            return low, high, ()
        open_ = [self.by] if len(rates) > 1 else []
        for rate, (least, most) in zip(rates, spans, strict=True):
            open_ += rate.open_counts(values) if least != most else []
        return low, high, tuple(dict.fromkeys(open_))


Shape = Flat | PerUnit | Range | Ceiling | ByTable | Bands | Steps | Counts
