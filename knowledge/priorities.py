"""Borderlines between intents that are a rule and not a matter of likeness (`priorities.toml`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.reading import read_toml

if TYPE_CHECKING:
    from pathlib import Path

Ranked = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Priority:
    """When a message that was read as one of `over` is read as the likeliest of `read`.

    It must touch one of `some` (when there are any) and none of `without`, both names of
    concepts, and tell at least `facts` facts.
    """

    some: frozenset[str]
    without: frozenset[str]
    facts: int
    over: frozenset[str]
    read: tuple[str, ...]

    def holds(self, concepts: frozenset[str], facts: int) -> bool:
        """Tell whether a message with these concepts and so many facts is meant."""
        touched = not self.some or not self.some.isdisjoint(concepts)
        return touched and facts >= self.facts and self.without.isdisjoint(concepts)


def load_priorities(path: Path) -> tuple[Priority, ...]:
    """Read the rules in the order of the file."""
    table = read_toml(path)
    found = []
    for part in table.tables("priority"):
        part.text("note")
        found.append(
            Priority(
                some=frozenset(part.texts("some", [])),
                without=frozenset(part.texts("without", [])),
                facts=part.get("facts", int) if "facts" in part else 0,
                over=frozenset(part.texts("over")),
                read=tuple(part.texts("read")),
            )
        )
        part.done()
    table.done()
    return tuple(found)


def settle(
    intents: Ranked, concepts: frozenset[str], facts: int, rules: tuple[Priority, ...]
) -> Ranked:
    """Return the intents in the order the rules want; the winner takes the loser's share.

    The rules are tried one after the other, each on what the one before it left.
    """
    for rule in rules:
        first, score = intents[0]
        if first in rule.over and rule.holds(concepts, facts):
            shares = {**dict(intents), first: 0.0}
            winner = max(rule.read, key=lambda name: shares.get(name, 0.0))
            shares[winner] = shares.get(winner, 0.0) + score
            intents = tuple(sorted(shares.items(), key=lambda pair: -pair[1]))
    return intents
