"""Whole messages that mean one thing (`exact.toml`): buttons, digits, short words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.features import squeeze
from knowledge.reading import read_toml

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Exact:
    """The table; `longest` is the longest message that could be in it."""

    intents: dict[str, str]
    particles: tuple[str, ...]
    longest: int

    def find(self, text: str) -> str | None:
        """Return the intent of a normalised message, or None if it is not in the table."""
        bare = squeeze(text) or text.replace(" ", "")[:1]
        if len(bare) > self.longest:
            return None
        return self._look(bare) or self._look(_once(bare)) or self._look(self._shorn(bare))

    def _look(self, text: str) -> str | None:
        return self.intents.get(text)

    def _shorn(self, text: str) -> str:
        if not text.endswith(self.particles):
            return text
        for particle in self.particles:
            if len(text) > len(particle) and text.endswith(particle):
                return _once(text.removesuffix(particle))
        return text


def _once(text: str) -> str:
    """Take off repetition: 不对不对 is 不对, 停停停 is 停."""
    if text.isascii():
        return text
    for size in range(1, len(text) // 2 + 1):
        if len(text) % size == 0 and text == text[:size] * (len(text) // size):
            return text[:size]
    return text


def load_exact(path: Path) -> Exact:
    """Read the table; a message under two intents is a `KnowledgeError`."""
    table = read_toml(path)
    intents: dict[str, str] = {}
    words = table.table("words")
    for intent in words.keys():  # noqa: SIM118 - a Table is no dict
        for word in words.texts(intent):
            if word in intents:
                raise words.error(intent, f"“{word}”已经写在 {intents[word]} 里了")
            intents[word] = intent
    particles = sorted(table.texts("particles"), key=len, reverse=True)
    table.done()
    return Exact(intents, tuple(particles), max(map(len, intents)) + 6)
