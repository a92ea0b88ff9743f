"""A condition's tree as a nullable boolean expression: true, false, or NULL where unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.sql.elements import Grouping

from jcbot.eligibility.columns import HIGH, LOW, column
from knowledge.rules.expressions import (
    AllOf,
    Always,
    AnyOf,
    AtLeast,
    HasAny,
    IsFlag,
    Node,
    Not,
    OneOf,
    Where,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

Flag: TypeAlias = sa.ColumnElement[bool]


def condition(node: Node, table: sa.FromClause) -> Flag:  # noqa: PLR0911 - one arm a kind of node
    """Return the expression of one tree."""
    match node:
        case Always():
            return sa.true()
        case AtLeast():
            return _at_least(node, table)
        case IsFlag():
            cell = table.c[node.fact]
            return cell if node.value else sa.not_(cell)
        case OneOf():
            return _one_of(node, table)
        case HasAny():
            return sa.or_(*(table.c[column(node.fact, name)] for name in node.values))
        case Not():
            return sa.not_(condition(node.part, table))
        case AllOf():
            return sa.and_(*(condition(part, table) for part in node.parts))
        case AnyOf():
            return sa.or_(*(condition(part, table) for part in node.parts))
        case Where():
            return sa.or_(sa.not_(condition(node.when, table)), condition(node.then, table))


def is_true(flag: Flag) -> Flag:
    """Return true or false, never NULL."""
    return sa.func.coalesce(flag, sa.false())


def is_false(flag: Flag) -> Flag:
    """Return true where the flag is known to be false; never NULL."""
    return sa.func.coalesce(sa.not_(flag), sa.false())


def is_unknown(flag: Flag) -> Flag:
    """Return true where the flag is NULL.

    The brackets matter: SQL reads "NOT x IS NULL" as "NOT (x IS NULL)".
    """
    return Grouping(flag).is_(None)


def something_known(fact: str, table: sa.FromClause) -> Flag:
    """Return true where anything at all is known of a fact; never NULL."""
    cells = [cell for cell in table.c if cell.name.partition("__")[0] == fact]
    return any_true(cell.is_not(None) for cell in cells)


def any_true(flags: Iterable[Flag]) -> Flag:
    """Or of flags that are never NULL."""
    return sa.or_(sa.false(), *flags)


def _at_least(node: AtLeast, table: sa.FromClause) -> Flag:
    low: Any = table.c[column(node.fact, LOW)]
    high: Any = table.c[column(node.fact, HIGH)]
    holds, fails = low >= node.bound, high < node.bound
    if node.strict:
        holds, fails = low > node.bound, high <= node.bound
    return sa.case((holds, sa.true()), (fails, sa.false()), else_=sa.null())


def _one_of(node: OneOf, table: sa.FromClause) -> Flag:
    """True too where only every other choice is known not to be it; false where all inside are."""
    cells = {name: table.c[column(node.fact, name)] for name in node.names}
    inside = [cells[name] for name in node.names if name in node.values]
    outside = [sa.not_(cells[name]) for name in node.names if name not in node.values]
    if not outside:
        return _known(cells)
    return sa.case((sa.and_(*outside), sa.true()), else_=sa.or_(*inside))


def _known(cells: dict[str, Any]) -> Flag:
    """Every choice is allowed: true as soon as anything is known about it."""
    known = sa.or_(*(cell.is_not(None) for cell in cells.values()))
    return sa.case((known, sa.true()), else_=sa.null())
