"""Which members of a set a tree of conditions speaks of."""

from __future__ import annotations

from knowledge.rules.expressions import AllOf, AnyOf, HasAny, Node, Not, Where


def named_members(node: Node, fact: str) -> tuple[str, ...]:
    """Name the members of the set `fact` that a tree asks for, in its order."""
    match node:
        case HasAny() if node.fact == fact:
            return node.values
        case AllOf() | AnyOf():
            found = [name for part in node.parts for name in named_members(part, fact)]
            return tuple(dict.fromkeys(found))
        case Not():
            return named_members(node.part, fact)
        case Where():
            return named_members(node.then, fact)
        case _:
            return ()
