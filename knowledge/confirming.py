"""A yes or a no that is beyond doubt (确认): the whole message is one of the listed words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.reading import read_toml

if TYPE_CHECKING:
    from pathlib import Path

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
        return bool(pieces) and all(piece in allowed for piece in pieces)


def load_confirming(path: Path) -> Confirming:
    """Read the lists; a fault is a `KnowledgeError`."""
    table = read_toml(path)
    return Confirming({key: frozenset(table.texts(key)) for key in table.keys()})  # noqa: SIM118 - a Table
