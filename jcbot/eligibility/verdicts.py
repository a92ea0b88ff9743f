"""Verdict and amount of every benefit line as column expressions over the facts table."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from jcbot.eligibility.columns import HIGH, LOW, column
from jcbot.eligibility.conditions import (
    Flag,
    any_true,
    condition,
    is_false,
    is_true,
    is_unknown,
    something_known,
)
from jcbot.eligibility.money import Number, SumColumns, payment_columns

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from knowledge.rules import PolicySet
    from knowledge.rules.model import Benefit, Condition, Line
    from knowledge.rules.policy import Version


class LineColumns(NamedTuple):
    """One benefit line: verdict (NULL where the line does not appear), amount from low to high.

    low and high are whole yuan, both NULL where the outcome's amount is null.
    """

    verdict: sa.ColumnElement[str | None]
    low: sa.ColumnElement[int | None]
    high: sa.ColumnElement[int | None]


def line_columns(policies: PolicySet, table: sa.FromClause, on: dt.date) -> dict[str, LineColumns]:
    """Return the columns of every line, by "benefit.line", for the day `on`."""
    found: dict[str, LineColumns] = {}
    for key, versions in policies.versions.items():
        day = _day(versions[-1].benefit.date_fact, table, on)
        names = dict.fromkeys(line.id for version in versions for line in version.benefit.lines)
        for name in names:
            found[f"{key}.{name}"] = _latest(versions, name, day, table)
    return found


def _latest(
    versions: Sequence[Version], name: str, day: Number, table: sa.FromClause
) -> LineColumns:
    """Choose, by the day of the fact, the version of the rule that holds."""
    whens: list[tuple[Flag, LineColumns]] = []
    for version in reversed(versions):
        lines = [line for line in version.benefit.lines if line.id == name]
        columns = _line(version.benefit, lines[0], day, table) if lines else _nothing()
        whens.append((day >= version.begins, columns))
    first = whens.pop()[1]
    if not whens:
        return first
    return LineColumns(*(
        sa.case(*((holds, columns[part]) for holds, columns in whens), else_=first[part])
        for part in range(3)
    ))  # fmt: skip


def _nothing() -> LineColumns:
    return LineColumns(
        sa.cast(sa.null(), sa.String), sa.cast(sa.null(), sa.BigInteger),
        sa.cast(sa.null(), sa.BigInteger),
    )  # fmt: skip


def _day(date_fact: str, table: sa.FromClause, on: dt.date) -> Number:
    """Return the day of the fact: its latest possible day, today where nothing is said."""
    today = sa.literal(on, sa.Date)
    if not date_fact:
        return today
    low, high = table.c[column(date_fact, LOW)], table.c[column(date_fact, HIGH)]
    return sa.func.coalesce(high, sa.case((low > today, low), else_=today))


def _line(benefit: Benefit, line: Line, day: Number, table: sa.FromClause) -> LineColumns:
    paid = payment_columns(line.payment, table) if line.payment else None
    verdict = sa.case(
        (sa.not_(_shown(benefit, line, table)), sa.null()),
        (_refused(line, table), sa.literal("not_eligible", sa.String)),
        (_silent(benefit, line, day, table), sa.literal("unspecified", sa.String)),
        (_open(line, paid, table), sa.literal("needs", sa.String)),
        else_=sa.literal("eligible", sa.String),
    )
    return LineColumns(verdict, *_amount(verdict, paid))


def _amount(verdict: Number, paid: SumColumns | None) -> tuple[Number, Number]:
    if paid is None:
        nothing = sa.cast(sa.null(), sa.BigInteger)
        return nothing, nothing
    open_ = sa.and_(verdict.in_(["needs", "eligible"]), paid.high.is_not(None))
    low, high = (
        sa.case((verdict == "not_eligible", sa.literal(0, sa.BigInteger)), (open_, amount))
        for amount in (paid.low, paid.high)
    )
    return low, high


def _shown(benefit: Benefit, line: Line, table: sa.FromClause) -> Flag:
    if line.shown:
        return is_true(condition(line.shown, table))
    others = [is_true(condition(other.shown, table)) for other in benefit.lines if other.shown]
    return sa.not_(any_true(others)) if line.otherwise else sa.true()


def _refused(line: Line, table: sa.FromClause) -> Flag:
    return any_true(
        sa.and_(is_false(condition(each.node, table)), sa.not_(_excused(line, each, table)))
        for each in line.conditions
    )


def _excused(line: Line, refusing: Condition, table: sa.FromClause) -> Flag:
    return any_true(
        is_true(condition(doubt.node, table))
        for doubt in line.doubts
        if doubt.excuses == refusing.id
    )


def _silent(benefit: Benefit, line: Line, day: Number, table: sa.FromClause) -> Flag:
    known = [is_true(condition(d.node, table)) for d in line.doubts if d.effect != "note"]
    return any_true([*known, *([day < benefit.begins] if benefit.pays else [])])


def _open(line: Line, paid: SumColumns | None, table: sa.FromClause) -> Flag:
    missing = [flag for each in line.conditions for flag in _undecided(each, table)]
    gaps = [is_unknown(condition(d.node, table)) for d in line.doubts if d.effect == "gap"]
    return any_true([*missing, *gaps, *([paid.missing] if paid else [])])


def _undecided(each: Condition, table: sa.FromClause) -> list[Flag]:
    """Where a condition is missing; taken for granted only while nothing was said of its fact."""
    if each.silent:
        return []
    unknown = is_unknown(condition(each.node, table))
    if not each.assumed:
        return [unknown]
    granted = sa.not_(something_known(each.facts[0], table))
    if each.assumed_when:
        granted = sa.and_(granted, is_true(condition(each.assumed_when, table)))
    return [sa.and_(unknown, sa.not_(granted))]
