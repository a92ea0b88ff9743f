"""The trained reading of intents and topics: sentences + concepts → one linear table → shares.

Intents and topics are decided together: every topic is a label beside the other intents, and the
share of `policy_question` is the sum of its topics' shares.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from knowledge import linear, retrieval
from knowledge.concepts import Concepts, load_concepts
from knowledge.features import evidence, squeeze
from knowledge.linear import Linear, softmax, train
from knowledge.normalise import normalise
from knowledge.retrieval import Neighbours, build
from knowledge.saved import fingerprint, read_arrays, write_arrays
from knowledge.sentences import POLICY, Label, Sentence, load_sentences, sentence_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from knowledge.linear import Floats
    from knowledge.saved import Arrays

FILE = "understanding.table"
NEAR_SHARE = 0.2
"""How much the nearest sentences count beside the linear table (hands not trained on: best)."""
CERTAIN = 0.9
"""From this share of one label on the nearest sentences are not looked up: they cost as much as
the table itself and could no longer put another label first (0.8 * 0.9 > 0.8 * 0.1 + 0.2)."""
CODE = (
    "concepts",
    "features",
    "linear",
    "model",
    "needs",
    "normalise",
    "retrieval",
    "saved",
    "sentences",
)
"""Modules whose change makes a saved table stale."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a message looks like: `intents` and `topics` by falling share, each adding up to 1.

    `concepts` are the names of those found, `named` the benefits named; `unseen` is the share
    of the message's characters and pairs of characters that no sentence holds.
    """

    intents: tuple[tuple[str, float], ...]
    topics: tuple[tuple[str, float], ...]
    concepts: frozenset[str]
    named: tuple[str, ...]
    unseen: float


@dataclass(frozen=True, slots=True)
class _Trained:
    """What is learnt from the sentences and saved."""

    labels: tuple[Label, ...]
    table: Linear
    near: Neighbours


class Model:
    """Judges messages; made by `load` (saved table or training) or `of` (training only)."""

    def __init__(self, concepts: Concepts, trained: _Trained) -> None:
        self._concepts = concepts
        self._labels, self._table, self._near = trained.labels, trained.table, trained.near
        intents = [label.intent for label in self._labels]
        self._names = sorted(set(intents))
        self._starts = np.array([intents.index(name) for name in self._names])
        first = intents.index(POLICY) if POLICY in intents else 0
        self._topical = slice(first, first + intents.count(POLICY))
        self._topics = [label.topic for label in self._labels[self._topical]]

    @classmethod
    def of(cls, sentences: Sequence[Sentence], concepts: Concepts) -> Model:
        """Train on these sentences."""
        return cls(concepts, _train(sentences, concepts))

    @classmethod
    def load(cls, root: Path, cache: Path) -> Model:
        """Take the saved table if it belongs to exactly these data and this code, else train.

        A fault in the data is a `KnowledgeError`; a folder that cannot be written only means
        that the next start trains again.
        """
        mark = fingerprint(_sources(root))
        concepts = load_concepts(root / "concepts.toml")
        stored = read_arrays(cache / FILE, mark)
        if stored is None:
            stored = _pack(_train(load_sentences(root / "intents"), concepts))
            write_arrays(cache / FILE, mark, stored)
        return cls(concepts, _unpack(stored))

    def judge(self, squeezed: str) -> Judgement:
        """Judge one normalised, squeezed message."""
        seen = evidence(squeezed, self._concepts)
        at, value, unseen = self._table.locate(seen)
        shares = self._shares(at, value)
        sums = np.add.reduceat(shares, self._starts).tolist()
        intents = sorted(zip(self._names, sums, strict=True), key=itemgetter(1), reverse=True)
        return Judgement(
            intents=tuple(intents),
            topics=self._ranked_topics(shares[self._topical].tolist()),
            concepts=self._concepts.named(seen.concepts),
            named=seen.topics,
            unseen=unseen / len(seen.grams),
        )

    def _shares(self, at: NDArray[np.int64], value: Floats) -> Floats:
        shares = softmax(self._table.scores(at, value))
        near = self._near.shares(at, value) if shares.max() < CERTAIN else None
        if near is not None:
            shares = (1 - NEAR_SHARE) * shares + NEAR_SHARE * near
        return shares

    def _ranked_topics(self, shares: list[float]) -> tuple[tuple[str, float], ...]:
        whole = sum(shares) or 1.0
        ranked = sorted(zip(self._topics, shares, strict=True), key=itemgetter(1), reverse=True)
        return tuple((topic, share / whole) for topic, share in ranked[:3])


def _train(sentences: Sequence[Sentence], concepts: Concepts) -> _Trained:
    labels = tuple(sorted({sentence.label for sentence in sentences}))
    number = {label: at for at, label in enumerate(labels)}
    seen = [evidence(squeeze(normalise(one.text)), concepts) for one in sentences]
    truth = [number[one.label] for one in sentences]
    table = train(seen, truth, len(labels))
    places = [table.locate(one)[:2] for one in seen]
    return _Trained(labels, table, build(places, truth, len(table.rows), len(labels)))


def _pack(trained: _Trained) -> Arrays:
    names = np.array([f"{label.intent}/{label.topic}" for label in trained.labels])
    return {**linear.pack(trained.table), **retrieval.pack(trained.near), "labels": names}


def _unpack(arrays: Arrays) -> _Trained:
    labels = tuple(Label(*line.split("/")) for line in arrays["labels"].tolist())
    return _Trained(labels, linear.unpack(arrays), retrieval.unpack(arrays))


def _sources(root: Path) -> list[Path]:
    """List what the table depends on: sentences, concepts, mishearings and the code itself."""
    code = [(root / name).with_suffix(".py") for name in CODE]
    return [
        *sentence_files(root / "intents"),
        root / "concepts.toml",
        root / "lexicon" / "homophones.toml",
        *code,
    ]
