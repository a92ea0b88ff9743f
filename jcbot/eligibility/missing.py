"""How many facts a benefit still has to ask of a person, as a column expression.

The facts are those that a walk through the rules asks for (`Outcome.asks`), with one
difference: of a "where … then …" both sides count, even where the first can no longer come to
hold. A payment that hangs on a fact not known counts as one more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from jcbot.eligibility.conditions import (
    Flag,
    any_true,
    condition,
    is_true,
    is_unknown,
    something_known,
)
from jcbot.eligibility.verdicts import line_columns
from knowledge.rules.expressions import AllOf, AnyOf, Node, Not, Where

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from knowledge.rules import PolicySet
    from knowledge.rules.model import Condition, Line


def one_missing(policies: PolicySet, benefit: str, table: sa.FromClause, on: dt.date) -> Flag:
    """Return where just one fact is missing of a line of the benefit; never NULL.

    Judged by the benefit's newest version.
    """
    columns = line_columns(policies, table, on)
    version = policies.versions[benefit][-1]
    return any_true(
        sa.and_(
            is_true(columns[f"{benefit}.{line.id}"].verdict == "needs"),
            _count(line, table) == 1,
        )
        for line in version.benefit.lines
    )


def _count(line: Line, table: sa.FromClause) -> sa.ColumnElement[int]:
    asked: dict[str, list[Flag]] = {}
    for fact, flag in _asked(line, table):
        asked.setdefault(fact, []).append(flag)
    return sum(
        (sa.case((any_true(flags), 1), else_=0) for flags in asked.values()),
        start=sa.literal(0),
    )


def _asked(line: Line, table: sa.FromClause) -> Iterator[tuple[str, Flag]]:
    for each in line.conditions:
        if not each.silent:
            yield from _of_condition(each, table)
    for doubt in line.doubts:
        if doubt.effect == "gap":
            yield from _missing(doubt.node, table)


def _of_condition(each: Condition, table: sa.FromClause) -> Iterator[tuple[str, Flag]]:
    """Ask for an undecided condition's facts, unless it is taken for granted."""
    if not each.assumed:
        yield from _missing(each.node, table)
        return
    said = something_known(each.facts[0], table)
    if not each.assumed_when:
        for fact, flag in _missing(each.node, table):
            yield fact, sa.and_(flag, said)
        return
    allowed = condition(each.assumed_when, table)
    not_allowed = sa.func.coalesce(sa.not_(allowed), sa.false())
    for fact, flag in _missing(each.node, table):
        yield fact, sa.and_(flag, sa.or_(said, not_allowed))
    undecided = sa.and_(is_unknown(condition(each.node, table)), sa.not_(said))
    for fact, flag in _missing(each.assumed_when, table):
        yield fact, sa.and_(flag, undecided)


def _missing(node: Node, table: sa.FromClause) -> Iterator[tuple[str, Flag]]:
    """Yield each fact with where it is missing for an undecided node."""
    unknown = is_unknown(condition(node, table))
    match node:
        case AllOf() | AnyOf():
            parts: tuple[Node, ...] = tuple(node.parts)
        case Not():
            parts = (node.part,)
        case Where():
            parts = (node.when, node.then)
        case _:
            parts = ()
    if not parts:
        fact = getattr(node, "fact", "")
        if fact:
            yield fact, unknown
        return
    for part in parts:
        for fact, flag in _missing(part, table):
            yield fact, sa.and_(unknown, flag)
