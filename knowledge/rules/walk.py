"""The walk: a tree compiled once to closures, asked for one person; and what it misses.

`compile_test(node)` → values → True, False or None. `missing(node, values)` → the facts that
keep a None from being settled, in the order of the tree.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

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
    Test,
    Values,
    Where,
)

Missing = Callable[[Values], tuple[str, ...]]


@lru_cache(maxsize=4096)
def compile_test(node: Node) -> Test:  # noqa: PLR0911 - one arm for each kind of node
    """Compile a tree to one closure; equal trees share it."""
    match node:
        case Always():
            return lambda _values: True
        case AtLeast():
            return _at_least(node)
        case IsFlag():
            return _is_flag(node)
        case OneOf():
            return _one_of(node)
        case HasAny():
            return _has_any(node)
        case Not():
            return _not(compile_test(node.part))
        case AllOf():
            return _settle(tuple(compile_test(part) for part in node.parts), deciding=False)
        case AnyOf():
            return _settle(tuple(compile_test(part) for part in node.parts), deciding=True)
        case Where():
            return compile_test(AnyOf((Not(node.when), node.then)))


def missing(node: Node, values: Values) -> tuple[str, ...]:
    """Name the facts without which `node` stays undecided; empty when it is decided."""
    return compile_missing(node)(values)


@lru_cache(maxsize=4096)
def compile_missing(node: Node) -> Missing:
    """Compile `missing` for one tree."""
    test = compile_test(node)
    match node:
        case Always():
            return lambda _values: ()
        case Not():
            return compile_missing(node.part)
        case AllOf() | AnyOf():
            return _missing_parts(test, tuple(compile_missing(part) for part in node.parts))
        case Where():
            return _missing_where(test, compile_missing(node.when), compile_missing(node.then))
        case _:
            fact = (node.fact,)
            return lambda values: fact if test(values) is None else ()


def _missing_parts(test: Test, parts: tuple[Missing, ...]) -> Missing:
    def missing_parts(values: Values) -> tuple[str, ...]:
        if test(values) is not None:
            return ()
        return tuple(dict.fromkeys(key for part in parts for key in part(values)))

    return missing_parts


def _missing_where(test: Test, when: Missing, then: Missing) -> Missing:
    def missing_where(values: Values) -> tuple[str, ...]:
        if test(values) is not None:
            return ()
        return when(values) or then(values)

    return missing_where


def facts_of(node: Node) -> tuple[str, ...]:
    """Name every fact a tree reads, in its order."""
    match node:
        case AllOf() | AnyOf():
            return tuple(dict.fromkeys(key for part in node.parts for key in facts_of(part)))
        case Not():
            return facts_of(node.part)
        case Where():
            return tuple(dict.fromkeys((*facts_of(node.when), *facts_of(node.then))))
        case Always():
            return ()
        case _:
            return (node.fact,)


def _at_least(node: AtLeast) -> Test:
    fact, bound, strict = node.fact, node.bound, node.strict

    def at_least(values: Values) -> bool | None:
        known = values.get(fact)
        if known is None:
            return None
        low, high = known
        if low > bound or (low == bound and not strict):
            return True
        if high < bound or (high == bound and strict):
            return False
        return None

    return at_least


def _is_flag(node: IsFlag) -> Test:
    fact, wanted = node.fact, node.value

    def is_flag(values: Values) -> bool | None:
        known: bool | None = values.get(fact)
        return None if known is None else known is wanted

    return is_flag


def _one_of(node: OneOf) -> Test:
    fact, wanted = node.fact, node.values

    def one_of(values: Values) -> bool | None:
        possible: frozenset[str] | None = values.get(fact)
        if possible is None:
            return None
        if possible <= wanted:
            return True
        return False if possible.isdisjoint(wanted) else None

    return one_of


def _has_any(node: HasAny) -> Test:
    fact, wanted = node.fact, frozenset(node.values)

    def has_any(values: Values) -> bool | None:
        known: Any = values.get(fact)
        if known is None:
            return None
        if not wanted.isdisjoint(known[0]):
            return True
        return False if wanted <= known[1] else None

    return has_any


def _not(test: Test) -> Test:
    def opposite(values: Values) -> bool | None:
        known = test(values)
        return None if known is None else not known

    return opposite


def _settle(tests: tuple[Test, ...], *, deciding: bool) -> Test:
    """Make and (decided by one False) or or (decided by one True)."""

    def settle(values: Values) -> bool | None:
        result: bool | None = not deciding
        for test in tests:
            known = test(values)
            if known is deciding:
                return deciding
            if known is None:
                result = None
        return result

    return settle
