"""Concepts (`concepts.toml`): which named groups of everyday words a message touches.

Words are found by looking up every stretch of the text in one dictionary, so the cost hangs on
the message's length and not on how many words there are; the few patterns run one by one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import add
from typing import TYPE_CHECKING

from knowledge.needs import NOTHING, needed
from knowledge.reading import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from knowledge.needs import Letters
    from knowledge.reading import Table

NUMBER = "[0-9零一二两俩三仨四五六七八九十百千万半几]{1,9}"
LONGEST_ALIKE = 6

_AMOUNTS = re.compile(f"{NUMBER}(?=(个|多|来)?半?[月年天岁人块元次回期座名])|[0-9]+")


@dataclass(frozen=True, slots=True)
class Words:
    """Stretches of text to be found, each with what it stands for.

    `letters` holds those of one character; `starts` says for the first two characters of the
    others what those two by themselves stand for and which greater lengths are worth trying.
    """

    meanings: dict[str, tuple[int, ...]]
    letters: frozenset[str]
    starts: dict[str, tuple[tuple[int, ...], tuple[int, ...]]]

    @classmethod
    def of(cls, meanings: dict[str, tuple[int, ...]]) -> Words:
        """Lay out these words."""
        sizes = _sizes(meanings, 2)
        starts = {
            pair: (meanings.get(pair, ()), tuple(size for size in found if size > len(pair)))
            for pair, found in sizes.items()
        }
        return cls(meanings, frozenset(word for word in meanings if len(word) == 1), starts)

    def find(self, text: str) -> set[int]:
        """Collect what all words stand for that occur in the text, overlapping or not."""
        found: set[int] = set()
        meanings, starts = self.meanings, self.starts
        for letter in self.letters.intersection(text):
            found.update(meanings[letter])
        for start, pair in enumerate(map(add, text, text[1:])):
            if pair in starts:
                meaning, sizes = starts[pair]
                found.update(meaning)
                for size in sizes:
                    if (longer := meanings.get(text[start : start + size])) is not None:
                        found.update(longer)
        return found


@dataclass(frozen=True, slots=True)
class Concepts:
    """The compiled groups: `names` in the order of the file, found by `find`.

    `titles` are pairs of title and topic, the longest title first.
    """

    names: tuple[str, ...]
    titles: tuple[tuple[str, str], ...]
    _words: Words
    """Of each word the concepts, and of each title its place among the titles after them."""
    _patterns: tuple[tuple[int, re.Pattern[str]], ...]
    _near: dict[str, frozenset[int]]
    """By letter the patterns that are worth trying; those that need none are under ""."""
    _missing: tuple[tuple[int, frozenset[int]], ...]
    _signs: dict[str, str]
    _sign_sizes: dict[str, tuple[int, ...]]

    def find(self, text: str) -> tuple[set[int], tuple[str, ...]]:
        """Return the concepts in the normalised text, and the benefits that it names outright.

        The benefit with the longest name comes first.
        """
        found = self._words.find(text)
        named = sorted(one for one in found if one >= len(self.names))
        found.difference_update(named)
        letters = self._near.keys() & {"", *text}
        for place in frozenset().union(*map(self._near.__getitem__, letters)):
            concept, pattern = self._patterns[place]
            if concept not in found and pattern.search(text):
                found.add(concept)
        for concept, others in self._missing:
            if others.isdisjoint(found):
                found.add(concept)
        topics = dict.fromkeys(self.titles[one - len(self.names)][1] for one in named)
        return found, tuple(topics)

    def shorten(self, text: str) -> str:
        """Write what is alike alike: every number as 0, every word of a group as its sign.

        俺儿想学电焊 and 我妈想学月嫂 become the same.
        """
        text = _AMOUNTS.sub("0", text)
        sizes, signs = self._sign_sizes, self._signs
        done: list[str] = []
        end = 0
        for start in [at for at, letter in enumerate(text) if letter in sizes]:
            if start < end:
                continue
            for size in sizes[text[start]]:
                sign = signs.get(text[start : start + size])
                if sign is not None and start + size <= len(text):
                    done += (text[end:start], sign)
                    end = start + size
                    break
        return "".join((*done, text[end:])) if done else text

    def named(self, found: Iterable[int]) -> frozenset[str]:
        """Turn the result of `find` into names, for reading and for rules written by name."""
        return frozenset(map(self.names.__getitem__, found))


def load_concepts(path: Path) -> Concepts:
    """Read the groups; an unknown key, an empty group or a broken pattern is a `KnowledgeError`."""
    table = read_toml(path)
    words: dict[str, list[int]] = {}
    patterns: list[tuple[int, re.Pattern[str], Letters]] = []
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
            patterns += [(concept, *one) for one in _patterns(group)]
        group.done()
    table.done()
    ranked = tuple(sorted(titles.items(), key=lambda title: -len(title[0])))
    for place, (title, _) in enumerate(ranked, start=len(names)):
        words.setdefault(title, []).append(place)
    return Concepts(
        names,
        ranked,
        Words.of({word: tuple(ids) for word, ids in words.items()}),
        tuple((concept, pattern) for concept, pattern, _ in patterns),
        _by_letter([needs for _, _, needs in patterns]),
        tuple(missing),
        signs,
        _sizes((word for word in signs if len(word) <= LONGEST_ALIKE), 1),
    )


def _sizes(words: Iterable[str], first: int) -> dict[str, tuple[int, ...]]:
    """List the lengths worth trying by the `first` characters, the longest first."""
    sizes: dict[str, set[int]] = {}
    for word in words:
        sizes.setdefault(word[:first], set()).add(len(word))
    return {start: tuple(sorted(found, reverse=True)) for start, found in sizes.items()}


def _by_letter(needs: list[Letters]) -> dict[str, frozenset[int]]:
    letters = {letter for each in needs for letter in each or ("",)}
    return {
        letter: frozenset(at for at, each in enumerate(needs) if letter in (each or ("",)))
        for letter in letters
    }


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


def _patterns(group: Table) -> list[tuple[re.Pattern[str], Letters]]:
    """Compile the patterns, each with the letters of which one must stand in the text."""
    texts = [text.replace("{数}", NUMBER) for text in group.texts("patterns", [])]
    try:
        return [(re.compile(text), min(needed(text), key=len, default=NOTHING)) for text in texts]
    except re.error as fault:
        raise group.error("patterns", f"这个模式写得不对（{fault}）") from None
