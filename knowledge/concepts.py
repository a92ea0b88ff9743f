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
    from collections.abc import Iterable
    from pathlib import Path

    from knowledge.reading import Table

NUMBER = "[0-9零一二两俩三仨四五六七八九十百千万半几]{1,9}"
LONGEST_ALIKE = 6

_AMOUNTS = re.compile(f"{NUMBER}(?=(个|多|来)?半?[月年天岁人块元次回期座名])|[0-9]+")


@dataclass(frozen=True, slots=True)
class Concepts:
    """The compiled groups: `names` in the order of the file, found by `find`."""

    names: tuple[str, ...]
    titles: dict[str, str]
    _words: dict[str, tuple[int, ...]]
    _sizes: dict[str, tuple[int, ...]]
    _patterns: tuple[tuple[int, re.Pattern[str]], ...]
    _missing: tuple[tuple[int, frozenset[int]], ...]
    _signs: dict[str, str]
    _sign_sizes: dict[str, tuple[int, ...]]

    def find(self, text: str) -> dict[int, int]:
        """Map each concept found in the normalised text to where it first starts."""
        found: dict[int, int] = {}
        words, sizes = self._words, self._sizes
        for start, letter in enumerate(text):
            for size in sizes.get(letter, ()):
                for concept in words.get(text[start : start + size], ()):
                    found.setdefault(concept, start)
        for concept, pattern in self._patterns:
            if concept not in found and (hit := pattern.search(text)):
                found[concept] = hit.start()
        for concept, others in self._missing:
            if others.isdisjoint(found):
                found[concept] = 0
        return found

    def shorten(self, text: str) -> str:
        """Write what is alike alike: every number as 0, every word of a group as its sign.

        俺儿想学电焊 and 我妈想学月嫂 become the same.
        """
        text = _AMOUNTS.sub("0", text)
        done: list[str] = []
        at, signs, sizes = 0, self._signs, self._sign_sizes
        while at < len(text):
            for size in sizes.get(text[at], ()):
                sign = signs.get(text[at : at + size])
                if sign is not None and at + size <= len(text):
                    done.append(sign)
                    at += size
                    break
            else:
                done.append(text[at])
                at += 1
        return "".join(done)

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
    missing: list[tuple[int, frozenset[int]]] = []
    titles: dict[str, str] = {}
    signs: dict[str, str] = {}
    names = tuple(table.keys())
    for concept, name in enumerate(names):
        group = table.table(name)
        group.text("note")
        topic = group.text("topic", "")
        titles.update(dict.fromkeys(group.texts("titles", []), topic))
        if "unless" in group:
            missing.append((concept, _others(group, names)))
        else:
            for word in _words(group):
                words.setdefault(word, []).append(concept)
            if "sign" in group:
                signs.update(dict.fromkeys(_words(group), group.get("sign", str)))
            patterns += [(concept, one) for one in _patterns(group)]
        group.done()
    table.done()
    frozen = {word: tuple(ids) for word, ids in words.items()}
    return Concepts(
        names,
        titles,
        frozen,
        _sizes(words),
        tuple(patterns),
        tuple(missing),
        signs,
        _sizes(word for word in signs if len(word) <= LONGEST_ALIKE),
    )


def _sizes(words: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """List the lengths worth trying by first character, the longest first."""
    sizes: dict[str, set[int]] = {}
    for word in words:
        sizes.setdefault(word[0], set()).add(len(word))
    return {first: tuple(sorted(found, reverse=True)) for first, found in sizes.items()}


def _others(group: Table, names: tuple[str, ...]) -> frozenset[int]:
    others = group.texts("unless")
    if unknown := set(others) - set(names):
        raise group.error("unless", f"没有这一组：{'、'.join(sorted(unknown))}")
    return frozenset(map(names.index, others))


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
