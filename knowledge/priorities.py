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
    """A message with `concept` that was read as one of `over` is read as `read`."""

    concept: str
    over: frozenset[str]
    read: str


def load_priorities(path: Path) -> tuple[Priority, ...]:
    """Read the rules in the order of the file."""
    table = read_toml(path)
    found = []
    for part in table.tables("priority"):
        part.text("note")
        over = frozenset(part.texts("over"))
        found.append(Priority(part.text("concept"), over, part.text("read")))
        part.done()
    table.done()
    return tuple(found)


def settle(intents: Ranked, concepts: frozenset[str], rules: tuple[Priority, ...]) -> Ranked:
    """Return the intents in the order the rules want; the winner takes the loser's share."""
    for rule in rules:
        first, score = intents[0]
        if first in rule.over and rule.concept in concepts:
            shares = {**dict(intents), first: 0.0}
            shares[rule.read] = shares.get(rule.read, 0.0) + score
            return tuple(sorted(shares.items(), key=lambda pair: -pair[1]))
    return intents
