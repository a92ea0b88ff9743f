"""A payment as SQL: lowest and highest amount, and whether a fact is missing for it.

Mirrors `knowledge.rules.amounts.Payment.work_out` shape by shape. `high` NULL is unbounded.
Every number is BIGINT: PostgreSQL's int4 would overflow where SQLite does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import sqlalchemy as sa

from jcbot.eligibility.columns import HIGH, LOW, column
from jcbot.eligibility.conditions import Flag, any_true, condition, is_false
from knowledge.rules.shapes import (
    Bands,
    ByTable,
    Ceiling,
    Counts,
    Flat,
    PerUnit,
    Range,
    Rate,
    Row,
    Shape,
    Steps,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from knowledge.rules.amounts import Multiplier, Payment

Number: TypeAlias = sa.ColumnElement[Any]


class SumColumns(NamedTuple):
    """The amount from low to high (NULL: unbounded), and whether a missing fact blurs it."""

    low: Number
    high: Number
    missing: Flag


def payment_columns(payment: Payment, table: sa.FromClause) -> SumColumns:
    """Return the amount of one payment as expressions over the facts table."""
    low, high, blurred = _shape(payment.shape, table)
    missing, heads = [blurred], []
    for times in payment.times:
        least, most, head = _multiplier(times, table)
        missing.append(head if times.head else sa.false())
        missing.append(_differ(least, most))
        heads += [head] if times.head else []
        low, high = (
            low * least,
            sa.case((sa.or_(high == 0, most == 0), _yuan(0)), else_=high * most),
        )
    if payment.cap:
        low, high = _at_most(low, payment.cap), _at_most(high, payment.cap)
    unsettled = sa.or_(_differ(low, high), *heads)
    return SumColumns(low, high, sa.and_(unsettled, any_true(missing)))


def _shape(shape: Shape, table: sa.FromClause) -> SumColumns:  # noqa: PLR0911 - one arm a shape
    match shape:
        case Flat() | PerUnit():
            return SumColumns(_yuan(shape.yuan), _yuan(shape.yuan), sa.false())
        case Range():
            return SumColumns(_yuan(shape.low), _yuan(shape.high), sa.false())
        case Ceiling():
            return SumColumns(_yuan(0), _yuan(shape.yuan), sa.false())
        case ByTable():
            rows = [(_row(row, table), row.yuan) for row in shape.rows]
            return _among(rows)
        case Bands():
            low, high = _span(shape.by, table)
            bands = [(_meets(low, high, band.low, band.high), band.yuan) for band in shape.bands]
            return _among(bands)
        case Steps():
            low, high = (_step(shape, number) for number in _span(shape.by, table))
            return SumColumns(low, high, _differ(low, high))
        case Counts():
            return _counts(shape, table)


def _among(rows: Sequence[tuple[Flag, int]]) -> SumColumns:
    """Lowest and highest of the amounts that are still possible; 0 where none is."""
    ordered = sorted(rows, key=lambda row: row[1])
    low = sa.case(*((may, _yuan(yuan)) for may, yuan in ordered), else_=_yuan(0))
    high = sa.case(*((may, _yuan(yuan)) for may, yuan in reversed(ordered)), else_=_yuan(0))
    return SumColumns(low, high, low != high)


def _row(row: Row, table: sa.FromClause) -> Flag:
    possible = _may_be(row.choices, table)
    if row.only is None:
        return possible
    return sa.and_(possible, sa.not_(is_false(condition(row.only, table))))


def _may_be(choices: Sequence[tuple[str, str]], table: sa.FromClause) -> Flag:
    cells = [sa.func.coalesce(table.c[column(key, name)], sa.true()) for key, name in choices]
    return sa.and_(sa.true(), *cells)


def _meets(low: Number, high: Number, start: int, end: int | None) -> Flag:
    meets = sa.or_(high.is_(None), high >= start)
    return meets if end is None else sa.and_(meets, low <= end)


def _span(key: str, table: sa.FromClause) -> tuple[Number, Number]:
    low: Number = sa.func.coalesce(table.c[column(key, LOW)], _yuan(0))
    return low, table.c[column(key, HIGH)]


def _step(shape: Steps, number: Number) -> Number:
    extra = sa.case((number > shape.above, number - shape.above), (number.is_(None), sa.null()),
                    else_=_yuan(0))  # fmt: skip
    return shape.base + shape.add * (extra // shape.each)


def _counts(shape: Counts, table: sa.FromClause) -> SumColumns:
    """Lowest and highest over the choices still possible; 0 where none is."""
    rates = [
        (_may_be([(shape.by, rate.choice)], table), *_rated(rate, table)) for rate in shape.rates
    ]
    ceiling = max(rate.cap for rate in shape.rates)
    low, high = _yuan(ceiling), _yuan(0)
    for may, least, most in rates:
        low = sa.case((sa.and_(may, least < low), least), else_=low)
        high = sa.case((sa.and_(may, most > high), most), else_=high)
    low = sa.case((any_true(may for may, _, _ in rates), low), else_=_yuan(0))
    return SumColumns(low, high, low != high)


def _rated(rate: Rate, table: sa.FromClause) -> tuple[Number, Number]:
    spans = [(_span(key, table), yuan) for key, yuan in rate.each]
    low = sum((span[0] * yuan for span, yuan in spans), _yuan(0))
    high = sum((span[1] * yuan for span, yuan in spans), _yuan(0))
    return _at_most(low, rate.cap), _at_most(high, rate.cap)


def _multiplier(times: Multiplier, table: sa.FromClause) -> tuple[Number, Number, Flag]:
    """Return the count from low to high, and whether it is one head's share for want of it."""
    known_low: Number = table.c[column(times.fact, LOW)]
    high: Number = table.c[column(times.fact, HIGH)]
    if times.default:
        high = sa.case((known_low.is_(None), _yuan(times.default)), else_=high)
    low: Number = sa.func.coalesce(known_low, _yuan(times.default or times.least))
    low = sa.case((low < times.least, _yuan(times.least)), else_=low)
    low = sa.case((high < low, high), else_=low)
    if times.limit:
        low, high = _at_most(low, times.limit), _at_most(high, times.limit)
    if not times.head:
        return low, high, sa.false()
    head = high.is_(None)
    one = _yuan(1)
    return sa.case((head, one), else_=low), sa.case((head, one), else_=high), head


def _at_most(number: Number, cap: int) -> Number:
    """Cut at the cap; unbounded becomes the cap."""
    return sa.case((number < cap, number), else_=_yuan(cap))


def _differ(low: Number, high: Number) -> Flag:
    return sa.or_(high.is_(None), low != high)


def _yuan(number: int) -> Number:
    return sa.literal(number, sa.BigInteger)
