"""What a rule still allows in one case of it: a type of certificate, say, and a level.

`under` puts the case into a tree, `allowed` joins what is left of a line's conditions and gaps.
The tree that comes out is walked and turned into SQL like any other, so that a range of money
holds only what can still be true, and only what can still matter is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.rules.expressions import (
    AllOf,
    Always,
    AnyOf,
    AtLeast,
    HasAny,
    Node,
    Not,
    OneOf,
    Where,
)
from knowledge.rules.walk import facts_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from knowledge.rules.model import Condition, Doubt

Case = dict[str, str]
NEVER = Not(Always())


def allowed(conditions: Iterable[Condition], doubts: Iterable[Doubt], case: Case) -> Node | None:
    """Return what must hold, besides the case itself, for the line to pay in that case.

    Only conditions and gaps that read a fact of the case are in it; None where nothing
    is left to be met.
    """
    nodes = [each.node for each in conditions]
    nodes += [Not(doubt.node) for doubt in doubts if doubt.effect == "gap"]
    touched = tuple(node for node in nodes if not case.keys().isdisjoint(facts_of(node)))
    left = under(AllOf(touched), case)
    if isinstance(left, bool):
        return None if left else NEVER
    return left


def under(node: Node, case: Case) -> Node | bool:  # noqa: PLR0911 - one arm a kind of node
    """Return the tree with the facts of the case put in; True or False where that decides it."""
    match node:
        case Always():
            return True
        case OneOf() if node.fact in case:
            return case[node.fact] in node.values
        case HasAny() if case.get(node.fact) in node.values:
            return True
        case Not():
            part = under(node.part, case)
            return not part if isinstance(part, bool) else Not(part)
        case AllOf():
            return _join(AllOf, node.parts, case, deciding=False)
        case AnyOf():
            return _join(AnyOf, node.parts, case, deciding=True)
        case Where():
            return _join(AnyOf, (Not(node.when), node.then), case, deciding=True)
    return node


def _join(
    kind: type[AllOf | AnyOf], parts: tuple[Node, ...], case: Case, *, deciding: bool
) -> Node | bool:
    left = [under(part, case) for part in parts]
    if deciding in left:
        return deciding
    open_ = tuple(part for part in left if not isinstance(part, bool))
    return kind(open_) if open_ else not deciding


def least_allowed(conditions: Iterable[Condition], doubts: Iterable[Doubt], fact: str) -> int:
    """Return the smallest number of `fact` with which the line can pay at all; 0: any."""
    nodes = [each.node for each in conditions]
    nodes += [Not(doubt.node) for doubt in doubts if doubt.effect == "gap"]
    return max((_bound(node, fact) for node in nodes), default=0)


def _bound(node: Node, fact: str) -> int:
    while isinstance(node, Not) and isinstance(node.part, Not):
        node = node.part.part
    if isinstance(node, AtLeast) and node.fact == fact:
        return node.bound + node.strict
    return 0
