"""One linear table: how much each piece of evidence speaks for each label.

Trained from the sentences in a few seconds by plain gradient steps on the softmax loss
(AdaGrad, fixed order of chance), so the same sentences always give the same table.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from knowledge.features import ALIKE, LENGTH_WEIGHT, PAIRS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from knowledge.features import Evidence, Feature

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int32]

EPOCHS = 12
BATCH = 64
STEP = 0.25
STEP_LEFT = 0.1
"""Share of the step that is left in the last epoch."""
BIAS_STEP = 0.1
SHRINK = 1e-5
OFTEN = 2
"""Stretches of shortened messages that occur in fewer are left out: a third of the table."""


@dataclass(frozen=True, slots=True)
class Linear:
    """Rows of weights by feature; column j is label j (labels are the caller's).

    Weights are kept in single precision (quick to add up) and saved in half (unchanged answers).
    """

    rows: dict[Feature, int]
    weights: Floats
    bias: Floats
    bases: list[int] = field(init=False)
    """By concept: the row of its pair with a later one, less the number of that one."""

    def __post_init__(self) -> None:
        """Lay out the pairs' rows."""
        object.__setattr__(self, "bases", _bases(self.rows))

    def locate(self, seen: Evidence) -> tuple[NDArray[np.int64], Floats, int]:
        """Return the rows of a message, its values there, and how many stretches are unknown."""
        get, named = self.rows.get, seen.named
        grams, alike, known, length = (
            [row for row in map(get, kind) if row is not None]
            for kind in (seen.grams, seen.alike, named, (seen.length,))
        )
        paired = self._paired(named)
        places = np.array([*grams, *alike, *known, *length, *paired], np.int64)
        values = np.empty(len(places), np.float32)
        end = len(places) - len(paired)
        values[end:] = seen.pair
        values[end - len(length) : end] = LENGTH_WEIGHT
        end -= len(length)
        values[end - len(known) : end] = seen.concept
        end -= len(known)
        values[:end] = seen.alike_value
        values[: len(grams)] = seen.gram
        return places, values, len(seen.grams) - len(grams)

    def _paired(self, named: list[int]) -> list[int]:
        """List the rows of the pairs of these concepts, given in the order of their numbers."""
        bases = self.bases
        known = named[: bisect_left(named, len(bases))]
        return [
            base + second
            for at, first in enumerate(known, start=1)
            for base in (bases[first],)
            for second in known[at:]
        ]

    def scores(self, at: NDArray[np.int64], value: Floats) -> Floats:
        """Return the score of each label for the rows and values of a message."""
        # Not `@`: the algebra library would wake its threads for it, and wait for them.
        result: Floats = np.einsum("i,ij->j", value, self.weights.take(at, axis=0)) + self.bias
        return result


def softmax(scores: Floats) -> Floats:
    """Turn scores into shares that add up to 1, along the last axis."""
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: Floats = shares / shares.sum(axis=-1, keepdims=True)
    return result


def train(seen: Sequence[Evidence], labels: Sequence[int], size: int, seed: int = 0) -> Linear:
    """Train on messages and the number of each one's label, out of `size` labels."""
    rows = _rows(seen)
    data = _Data.of(seen, rows)
    learner = _Learner(
        weights=np.zeros((len(rows), size), np.float32),
        bias=np.zeros(size, np.float32),
        heat=np.full(len(rows), 1e-6, np.float32),
    )
    truth = np.asarray(labels, np.int32)
    chance = np.random.default_rng(seed)
    for epoch in range(EPOCHS):
        step = STEP * (1 - epoch / EPOCHS * (1 - STEP_LEFT))
        order = chance.permutation(len(truth))
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            learner.learn(*data.batch(chosen), truth[chosen], step)
    return Linear(rows, learner.weights, learner.bias)


def _bases(rows: dict[Feature, int]) -> list[int]:
    size = _size(rows)
    return [rows.get(_pair(first, first + 1), 0) - first - 1 for first in range(size)]


def _size(features: Iterable[Feature]) -> int:
    """Return one more than the greatest concept."""
    concepts = (one for one in features if isinstance(one, int) and one < PAIRS)
    return max(concepts, default=-1) + 1


def _pair(first: int, second: int) -> int:
    return first * PAIRS + second + PAIRS


def _rows(seen: Iterable[Evidence]) -> dict[Feature, int]:
    """Number the features that occur often enough to say something about other messages.

    All pairs of concepts have a row, in the order of their numbers: so it need not be looked up.
    """
    counts = Counter(feature for one in seen for feature in one.everything())
    texts = [
        one
        for one, count in counts.items()
        if isinstance(one, str) and (count >= OFTEN or one[0] != ALIKE)
    ]
    concepts = [one for one in counts if isinstance(one, int) and one < PAIRS]
    pairs = [_pair(*both) for both in combinations(range(_size(concepts)), 2)]
    features: list[Feature] = [*texts, *concepts, *pairs]
    return {feature: row for row, feature in enumerate(features)}


@dataclass(frozen=True, slots=True)
class _Data:
    """All messages end to end: the rows and values of message i lie at starts[i]:starts[i + 1]."""

    at: Ints
    value: Floats
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, seen: Iterable[Evidence], rows: dict[Feature, int]) -> _Data:
        at: list[int] = []
        value: list[float] = []
        starts = [0]
        for one in seen:
            known = [
                (rows[name], weight) for name, weight in one.everything().items() if name in rows
            ]
            at += [row for row, _ in known]
            value += [weight for _, weight in known]
            starts.append(len(at))
        return cls(np.array(at, np.int32), np.array(value, np.float32), np.array(starts))

    def batch(self, chosen: NDArray[np.int64]) -> tuple[Ints, Floats, NDArray[np.int64]]:
        """Return rows, values and lengths of the chosen messages, end to end."""
        lengths = self.starts[chosen + 1] - self.starts[chosen]
        shift = self.starts[chosen] - _starts(lengths)
        take = np.repeat(shift, lengths) + np.arange(lengths.sum())
        return self.at[take], self.value[take], lengths


def _starts(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths)[:-1]])


@dataclass(frozen=True, slots=True)
class _Learner:
    """The arrays that change in place while learning; `heat` holds AdaGrad's sums, one a row."""

    weights: Floats
    bias: Floats
    heat: Floats

    def learn(
        self, at: Ints, value: Floats, lengths: NDArray[np.int64], truth: Ints, step: float
    ) -> None:
        """Take one step against the error on one batch."""
        scores = np.add.reduceat(self.weights[at] * value[:, None], _starts(lengths), axis=0)
        error = softmax(scores + self.bias)
        error[np.arange(len(truth)), truth] -= 1
        self.bias[:] -= step * BIAS_STEP * error.mean(axis=0)
        order = np.argsort(at, kind="stable")
        touched, first = np.unique(at[order], return_index=True)
        spread = (np.repeat(error, lengths, axis=0) * value[:, None])[order]
        slope = np.add.reduceat(spread, first, axis=0) + SHRINK * BATCH * self.weights[touched]
        self.heat[touched] += (slope * slope).mean(axis=1)
        self.weights[touched] -= step * slope / np.sqrt(self.heat[touched])[:, None]


def pack(table: Linear) -> dict[str, NDArray[Any]]:
    """Turn a table (its texts first, then its numbers) into plain arrays for saving."""
    texts = [feature for feature in table.rows if isinstance(feature, str)]
    numbers = [feature for feature in table.rows if isinstance(feature, int)]
    return {
        "texts": np.frombuffer("\n".join(texts).encode(), np.uint8),
        "numbers": np.array(numbers, np.int64),
        "weights": table.weights.astype(np.float16),
        "bias": table.bias,
    }


def unpack(arrays: dict[str, NDArray[Any]]) -> Linear:
    """Turn the arrays of `pack` into a table again."""
    texts = arrays["texts"].tobytes().decode().split("\n")
    features: list[Feature] = [*texts, *arrays["numbers"].tolist()]
    rows = {feature: row for row, feature in enumerate(features)}
    return Linear(rows, arrays["weights"].astype(np.float32), arrays["bias"])
