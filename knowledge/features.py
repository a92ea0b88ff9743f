"""From a normalised message to the evidence that is weighed: characters, concepts, pairs.

A feature is a short string (a stretch of characters) or a whole number (a concept, or a pair of
concepts); its value is such that each kind of evidence weighs the same in short and long messages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
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
    """The features of one message with their values, the concepts found, how many stretches.

    Pairs of concepts are not spelt out in `values`: there are hundreds, all of the value `pair`.
    """

    values: dict[Feature, float]
    concepts: dict[int, int]
    grams: int
    pair: float

    def everything(self) -> dict[Feature, float]:
        """Return the values with those of the pairs."""
        pairs = combinations(sorted(self.concepts), 2)
        return {
            **self.values,
            **{first * PAIRS + second + PAIRS: self.pair for first, second in pairs},
        }


def evidence(squeezed: str, concepts: Concepts) -> Evidence:
    """Weigh one squeezed message. All numbers in digits count as the same number."""
    text = f"^{_DIGITS.sub('0', squeezed)}$"
    grams = _grams(text, GRAM)
    values: dict[Feature, float] = dict.fromkeys(grams, 1 / sqrt(len(grams)))
    short = f"^{concepts.shorten(squeezed)}$"
    alike = [ALIKE + gram for gram in _grams(short, ALIKE_GRAM)]
    values.update(dict.fromkeys(alike, ALIKE_WEIGHT / sqrt(len(alike))))
    found = concepts.find(squeezed)
    count = len(found)
    values.update(dict.fromkeys(sorted(found), 1 / sqrt(count)) if found else {NOTHING: 1.0})
    values[f"length {min(LENGTHS, (len(squeezed) + 1) // 3)}"] = LENGTH_WEIGHT
    pair = PAIR_WEIGHT / sqrt(count * (count - 1) / 2) if count > 1 else 0.0
    return Evidence(values, found, len(grams), pair)


def _grams(text: str, longest: int) -> list[str]:
    """List the stretches of up to `longest` characters, each once, in the order of the text."""
    size = len(text)
    spans = range(1, longest + 1)
    return list(dict.fromkeys(text[at : at + n] for n in spans for at in range(size - n + 1)))
