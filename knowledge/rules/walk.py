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
Alive = Callable[[str, str], Test]


@lru_cache(maxsize=4096)
def compile_test(node: Node) -> Test:  # noqa: PLR0911 - one arm for each kind of node
    """Compile a tree to one closure; equal trees share it."""
    match node:
        case Always():
            return lambda _values: True
        case AtLeast():
            return _at_least(node, above=True)
        case IsFlag():
            return _is_flag(node)
        case OneOf():
            return _one_of(node)
        case HasAny():
            return _has_any(node)
        case Not():
            return _not(node.part)
        case AllOf():
            return _settle(tuple(compile_test(part) for part in node.parts), deciding=False)
        case AnyOf():
            return _settle(tuple(compile_test(part) for part in node.parts), deciding=True)
        case Where():
            return compile_test(AnyOf((Not(node.when), node.then)))


@lru_cache(maxsize=4096)
def compile_missing(node: Node, alive: Alive | None = None) -> Missing:
    """Compile: the facts without which `node` stays undecided, none when it is decided.

    `alive(fact, choice)` gives the test that says whether a choice can still lead anywhere:
    what counts only "where" a dead choice holds is not missed.
    """
    test = compile_test(node)
    match node:
        case Always():
            return lambda _values: ()
        case Not():
            return compile_missing(node.part, alive)
        case AllOf() | AnyOf():
            parts = tuple(compile_missing(part, alive) for part in node.parts)
            return _missing_parts(test, parts)
        case Where():
            return _missing_where(node, alive)
        case _:
            fact = (node.fact,)
            return lambda values: fact if test(values) is None else ()


def _missing_parts(test: Test, parts: tuple[Missing, ...]) -> Missing:
    def missing_parts(values: Values) -> tuple[str, ...]:
        if test(values) is not None:
            return ()
        return tuple(dict.fromkeys(key for part in parts for key in part(values)))

    return missing_parts


def _missing_where(node: Where, alive: Alive | None) -> Missing:
    test, matters = compile_test(node), _matters(node.when, alive)
    when, then = compile_missing(node.when, alive), compile_missing(node.then, alive)

    def missing_where(values: Values) -> tuple[str, ...]:
        if test(values) is not None:
            return ()
        pivot = when(values)
        return (*pivot, *then(values)) if not pivot or matters(values) else pivot

    return missing_where


def _matters(when: Node, alive: Alive | None) -> Test:
    """Say whether `when` can come to hold in a case that is not lost for another reason."""
    if alive is None or not isinstance(when, OneOf):
        return lambda _values: True
    fact = when.fact
    cases = [(choice, alive(fact, choice)) for choice in sorted(when.values)]

    def matters(values: Values) -> bool:
        possible = values.get(fact)
        return any(
            lives(values) is not False
            for choice, lives in cases
            if possible is None or choice in possible
        )

    return matters


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


def _at_least(node: AtLeast, *, above: bool) -> Test:
    """Compile a bound; the test is `above` where the number lies above it."""
    fact, bound, strict, below = node.fact, node.bound, node.strict, not above

    def at_least(values: Values) -> bool | None:
        known = values.get(fact)
        if known is None:
            return None
        low, high = known
        if low > bound or (low == bound and not strict):
            return above
        if high < bound or (high == bound and strict):
            return below
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


def _not(part: Node) -> Test:
    if isinstance(part, AtLeast):
        return _at_least(part, above=False)
    test = compile_test(part)

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
