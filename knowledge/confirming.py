"""A yes or a no that is beyond doubt (确认): the whole message is one of the listed words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.reading import read_toml

if TYPE_CHECKING:
    from pathlib import Path

LONGEST = 10
EDGES = " \t\n，。！、,.!~～…；;：:「」“”\"'"


@dataclass(frozen=True, slots=True)
class Confirming:
    """Word lists by name; `yes` and `no` hold everywhere."""

    words: dict[str, frozenset[str]]

    def yes(self, text: str, *also: str) -> bool:
        """Say whether the (normalised) message is a yes, or one of the lists named."""
        return self._is(text, "yes", *also)

    def no(self, text: str, *also: str) -> bool:
        """Say whether the (normalised) message is a no, or one of the lists named."""
        return self._is(text, "no", *also)

    def _is(self, text: str, *names: str) -> bool:
        bare = text.strip(EDGES)
        pieces = [piece for piece in bare.replace("，", " ").replace(",", " ").split() if piece]
        allowed = frozenset().union(*(self.words[name] for name in names))
        return bool(pieces) and all(_made_of(piece, allowed) for piece in pieces)


def _made_of(text: str, words: frozenset[str]) -> bool:
    """Say whether a short text is nothing but listed words, one behind the other: 嗯退了吧."""
    if len(text) > LONGEST:
        return False
    reached = [True] + [False] * len(text)
    for end in range(1, len(text) + 1):
        reached[end] = any(reached[at] and text[at:end] in words for at in range(end))
    return reached[-1]


def load_confirming(path: Path) -> Confirming:
    """Read the lists; a fault is a `KnowledgeError`."""
    table = read_toml(path)
    return Confirming({key: frozenset(table.texts(key)) for key in table.keys()})  # noqa: SIM118 - a Table
