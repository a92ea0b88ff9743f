"""The eight shapes of a payment, and what one comes to for one person.

flat · table (a row by one or more choices) · per_unit · bands · range · ceiling · steps ·
counts (several counts each at its rate, with a cap). A shape gives a span (low, high) in
whole yuan; multipliers (people, days, months, years) and a cap work on every shape.
A rule that fits none gets a new named shape here and in `jcbot.eligibility`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from knowledge.rules.expressions import Values

Span = tuple[float, float]
Part = tuple[float, float, tuple[str, ...]]
UNBOUNDED = math.inf


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
class Flat:
    """One amount."""

    yuan: int


@dataclass(frozen=True)
class PerUnit:
    """So much for each unit; the units are the payment's multipliers."""

    yuan: int


@dataclass(frozen=True)
class Range:
    """From low to high; the document gives no criterion in between."""

    low: int
    high: int


@dataclass(frozen=True)
class Ceiling:
    """At most so much; the document gives no rate below it."""

    yuan: int


@dataclass(frozen=True)
class Row:
    """One line of a table: the choices it is for, and its amount."""

    choices: tuple[tuple[str, str], ...]
    yuan: int


@dataclass(frozen=True)
class ByTable:
    """The amount stands in a table, by the choices `by` (asked in that order)."""

    by: tuple[str, ...]
    rows: tuple[Row, ...]


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


@dataclass(frozen=True)
class Rate:
    """For one choice of `Counts.by`: yuan for each counted thing, and the cap."""

    choice: str
    each: tuple[tuple[str, int], ...]
    cap: int


@dataclass(frozen=True)
class Counts:
    """A sum of counts, each at its own rate, by a choice, with a cap."""

    by: str
    rates: tuple[Rate, ...]


Shape = Flat | PerUnit | Range | Ceiling | ByTable | Bands | Steps | Counts


@dataclass(frozen=True)
class Payment:
    """A shape with its multipliers and cap; `text` says it to a worker in a few words."""

    shape: Shape
    text: str
    times: tuple[Multiplier, ...] = ()
    cap: int = 0
    facts: tuple[str, ...] = field(default=())

    def work_out(self, values: Values) -> Sum:
        """Work the payment out for what is known."""
        low, high, missing = _span(self.shape, values)
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
        settled = low == high and not per_person
        return Sum(low, high, () if settled else tuple(dict.fromkeys(missing)), per_person)


def _span(shape: Shape, values: Values) -> Part:  # noqa: PLR0911 - one arm for each shape
    """Return low, high and the facts that keep the shape itself from being exact."""
    match shape:
        case Flat() | PerUnit():
            return shape.yuan, shape.yuan, ()
        case Range():
            return shape.low, shape.high, ()
        case Ceiling():
            return 0, shape.yuan, ()
        case ByTable():
            return _by_table(shape, values)
        case Bands():
            return _bands(shape, values)
        case Steps():
            low, high = values.get(shape.by, (0, UNBOUNDED))
            low, high = shape.at(low), shape.at(high)
            return low, high, (shape.by,) if low != high else ()
        case Counts():
            return _counts(shape, values)


def _by_table(shape: ByTable, values: Values) -> Part:
    found = [row.yuan for row in shape.rows if _may_hold(row, values)]
    if not found:
        return 0, 0, ()
    if min(found) == max(found):
        return found[0], found[0], ()
    open_ = [key for key in shape.by if len(values.get(key, ())) != 1]
    return min(found), max(found), tuple(open_[:1])


def _may_hold(row: Row, values: Values) -> bool:
    return all(key not in values or choice in values[key] for key, choice in row.choices)


def _bands(shape: Bands, values: Values) -> Part:
    low, high = values.get(shape.by, (0, UNBOUNDED))
    found = [
        band.yuan
        for band in shape.bands
        if high >= band.low and (band.high is None or low <= band.high)
    ]
    if not found:
        return 0, 0, ()
    return min(found), max(found), (shape.by,) if min(found) != max(found) else ()


def _counts(shape: Counts, values: Values) -> Part:
    possible = values.get(shape.by)
    rates = [rate for rate in shape.rates if possible is None or rate.choice in possible]
    if not rates:
        return 0, 0, ()
    spans = [_rated(rate, values) for rate in rates]
    low, high = min(span[0] for span in spans), max(span[1] for span in spans)
    if low == high:
        return low, high, ()
    open_ = [shape.by] if len(rates) > 1 else []
    for key, _ in rates[0].each:
        least, most = values.get(key, (0, UNBOUNDED))
        open_ += [key] if least != most else []
    return low, high, tuple(open_)


def _rated(rate: Rate, values: Values) -> Span:
    low = high = 0.0
    for key, yuan in rate.each:
        least, most = values.get(key, (0, UNBOUNDED))
        low, high = low + yuan * least, high + yuan * most
    return min(low, rate.cap), min(high, rate.cap)
