"""From a normalised message to the evidence that is weighed: characters, concepts, pairs.

A feature is a short string (a stretch of characters) or a whole number (a concept, or a pair of
concepts); its value is such that each kind of evidence weighs the same in short and long messages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from operator import add
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from knowledge.concepts import Concepts

GRAM = 2
"""Longest stretch of characters that counts as evidence (three and four are worse: unseen)."""
ALIKE_GRAM = 3
"""The same for the shortened message, in which words that are alike are written alike."""
ALIKE_WEIGHT = 0.7
ALIKE = "~"
"""First character of such a stretch's feature."""
PAIR_WEIGHT = 0.5
LENGTH_WEIGHT = 0.3
LENGTHS = 8
NOTHING = -1
"""The concept of a message in which no concept was found."""
PAIRS = 1 << 12
"""A pair's feature number is first * PAIRS + second + PAIRS; concepts themselves are below."""

_MARKS = re.compile(r"[^\w👌👍❌👋🙏]+")
_DIGITS = re.compile(r"[0-9]+")

Feature = str | int


def squeeze(text: str) -> str:
    """Drop punctuation and blanks: workers write with and without."""
    return _MARKS.sub("", text)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The features of one message: each kind with the value that all of its kind have.

    `grams` are the stretches of the message, `alike` those of the shortened one, `topics` the
    benefits named outright (they tell by themselves and are not weighed). Pairs of
    concepts are not spelt out: there are hundreds, all of the value `pair`.
    """

    grams: list[str]
    gram: float
    alike: list[str]
    alike_value: float
    concepts: set[int]
    topics: tuple[str, ...]
    concept: float
    length: str
    pair: float

    def everything(self) -> dict[Feature, float]:
        """Return the value of each feature, the pairs included."""
        pairs = combinations(sorted(self.concepts), 2)
        return {
            **dict.fromkeys(self.grams, self.gram),
            **dict.fromkeys(self.alike, self.alike_value),
            **dict.fromkeys(self.named, self.concept),
            self.length: LENGTH_WEIGHT,
            **{first * PAIRS + second + PAIRS: self.pair for first, second in pairs},
        }

    @property
    def named(self) -> list[int]:
        """The concepts in the order of their numbers, or the one that says there are none."""
        return sorted(self.concepts) or [NOTHING]


def evidence(squeezed: str, concepts: Concepts) -> Evidence:
    """Weigh one squeezed message. All numbers in digits count as the same number."""
    grams = _grams(f"^{_DIGITS.sub('0', squeezed)}$", GRAM, "")
    alike = _grams(f"^{concepts.shorten(squeezed)}$", ALIKE_GRAM, ALIKE)
    found, topics = concepts.find(squeezed)
    count = len(found)
    return Evidence(
        grams=grams,
        gram=1 / sqrt(len(grams)),
        alike=alike,
        alike_value=ALIKE_WEIGHT / sqrt(len(alike)),
        concepts=found,
        topics=topics,
        concept=1 / sqrt(count or 1),
        length=f"length {min(LENGTHS, (len(squeezed) + 1) // 3)}",
        pair=PAIR_WEIGHT / sqrt(count * (count - 1) / 2) if count > 1 else 0.0,
    )


def _grams(text: str, longest: int, sign: str) -> list[str]:
    """List the stretches of up to `longest` characters, each once, `sign` before each."""
    found = stretches = [sign + letter for letter in text]
    for size in range(1, longest):
        stretches = [*map(add, stretches, text[size:])]
        found = found + stretches
    return list(dict.fromkeys(found))
