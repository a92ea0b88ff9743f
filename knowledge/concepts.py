"""Concepts (`concepts.toml`): which named groups of everyday words a message touches.

Words are found by looking up every stretch of the text in one dictionary, so the cost hangs on
the message's length and not on how many words there are; the few patterns run one by one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.reading import read_toml

if TYPE_CHECKING:
    from pathlib import Path

    from knowledge.reading import Table

NUMBER = "[0-9零一二两俩三仨四五六七八九十百千万半几]+"


@dataclass(frozen=True, slots=True)
class Concepts:
    """The compiled groups: `names` in the order of the file, found by `find`."""

    names: tuple[str, ...]
    titles: dict[str, str]
    _words: dict[str, tuple[int, ...]]
    _longest: int
    _patterns: tuple[tuple[int, re.Pattern[str]], ...]

    def find(self, text: str) -> dict[int, int]:
        """Map each concept found in the normalised text to where it first starts."""
        found: dict[int, int] = {}
        words, size = self._words, len(text)
        for start in range(size):
            for end in range(start + 1, min(size, start + self._longest) + 1):
                for concept in words.get(text[start:end], ()):
                    found.setdefault(concept, start)
        for concept, pattern in self._patterns:
            if concept not in found and (hit := pattern.search(text)):
                found[concept] = hit.start()
        return found

    def topics_named(self, text: str) -> tuple[str, ...]:
        """List the benefits that the normalised text names outright, the longest name first."""
        hits = [(title, topic) for title, topic in self.titles.items() if title in text]
        hits.sort(key=lambda hit: -len(hit[0]))
        return tuple(dict.fromkeys(topic for _, topic in hits))

    def named(self, found: dict[int, int]) -> frozenset[str]:
        """Turn the result of `find` into names, for reading and for rules written by name."""
        return frozenset(self.names[concept] for concept in found)


def load_concepts(path: Path) -> Concepts:
    """Read the groups; an unknown key, an empty group or a broken pattern is a `KnowledgeError`."""
    table = read_toml(path)
    words: dict[str, list[int]] = {}
    patterns: list[tuple[int, re.Pattern[str]]] = []
    titles: dict[str, str] = {}
    names = tuple(table.keys())
    for concept, name in enumerate(names):
        group = table.table(name)
        group.text("note")
        topic = group.text("topic", "")
        titles.update(dict.fromkeys(group.texts("titles", []), topic))
        for word in _words(group):
            words.setdefault(word, []).append(concept)
        patterns += [(concept, one) for one in _patterns(group)]
        group.done()
    table.done()
    longest = max(map(len, words), default=1)
    frozen = {word: tuple(ids) for word, ids in words.items()}
    return Concepts(names, titles, frozen, longest, tuple(patterns))


def _words(group: Table) -> set[str]:
    words = group.texts("words", [])
    if not words and "patterns" not in group:
        raise group.error("words", "这一组一个词也没有")
    if any(word != word.lower().replace(" ", "") or not word for word in words):
        raise group.error("words", "词里不能有空格和大写字母")
    return set(words)


def _patterns(group: Table) -> list[re.Pattern[str]]:
    texts = group.texts("patterns", [])
    try:
        return [re.compile(text.replace("{数}", NUMBER)) for text in texts]
    except re.error as fault:
        raise group.error("patterns", f"这个模式写得不对（{fault}）") from None
