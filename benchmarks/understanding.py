"""How well messages are understood, measured on hands that were not trained on.

For each hand (author) in turn a model is trained on all others and reads that hand's sentences:
`python -m benchmarks.understanding [--wrong N] [--hand NAME] [--file F.jsonl]`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import statistics
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from knowledge.concepts import load_concepts
from knowledge.exact import load_exact
from knowledge.model import Model
from knowledge.priorities import load_priorities
from knowledge.reading import ROOT
from knowledge.sentences import OUT, POLICY, Label, Sentence, load_sentences
from knowledge.understanding import Understander, Understanding

TODAY = dt.date(2026, 11, 23)


@dataclass(frozen=True, slots=True)
class Case:
    sentence: Sentence
    read: Understanding
    accepted: frozenset[str]

    @property
    def right(self) -> bool:
        return self.read.intent in self.accepted

    @property
    def topic_right(self) -> bool:
        wanted = self.sentence.label
        if self.read.intent != wanted.intent:
            return self.right
        return self.read.topic == (wanted.topic or None)


def by_hand(only: str | None) -> list[Case]:
    sentences = load_sentences(ROOT / "intents")
    concepts, exact = load_concepts(ROOT / "concepts.toml"), load_exact(ROOT / "exact.toml")
    priorities = load_priorities(ROOT / "priorities.toml")
    cases: list[Case] = []
    for hand in sorted({one.hand for one in sentences}):
        if only and hand != only:
            continue
        others = [one for one in sentences if one.hand != hand]
        reader = Understander(exact, priorities, Model.of(others, concepts))
        cases += read_all(reader, [one for one in sentences if one.hand == hand])
    return cases


def read_all(reader: Understander, sentences: list[Sentence]) -> list[Case]:
    return [
        Case(one, reader.understand(one.text, TODAY), frozenset({one.label.intent}))
        for one in sentences
    ]


def from_file(path: Path) -> list[Case]:
    reader = Understander.load(ROOT, Path("var/cache"))
    cases = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        label = Label(row["intent"], row.get("topic") or "")
        accepted = frozenset({row["intent"], *row.get("accept", [])})
        read = reader.understand(row["text"], TODAY)
        cases.append(Case(Sentence(row["text"], label, row.get("hand", path.stem)), read, accepted))
    return cases


def figures(cases: list[Case]) -> dict[str, float]:
    """Accuracy, macro-F1, out-of-scope recall, wrongly rejected, topics, first two."""
    scores = per_intent(cases)
    out = [case for case in cases if case.sentence.label.intent == OUT]
    ours = [case for case in cases if case.sentence.label.intent != OUT]
    topical = [case for case in ours if case.sentence.label.intent == POLICY]
    two = [
        case.right or case.sentence.label.intent in [name for name, _ in case.read.runners_up[:1]]
        for case in cases
    ]
    return {
        "accuracy": mean([case.right for case in cases]),
        "macro_f1": mean([f1 for _, _, f1, _ in scores.values()]),
        "first_two": mean(two),
        "out_recall": mean([case.right for case in out]),
        "wrongly_rejected": mean([case.read.intent == OUT and not case.right for case in ours]),
        "topic": mean([case.topic_right for case in topical if case.right]),
        "intent_and_topic": mean([case.topic_right for case in topical]),
    }


def mean(values: list[bool] | list[float]) -> float:
    return statistics.fmean(values) if values else float("nan")


def per_intent(cases: list[Case]) -> dict[str, tuple[float, float, float, int]]:
    """Precision, recall, F1 and number of each intent."""
    scores = {}
    for name in sorted({case.sentence.label.intent for case in cases}):
        meant = [case for case in cases if case.sentence.label.intent == name]
        read = [case for case in cases if case.read.intent == name]
        precision = mean([case.right for case in read]) if read else 0.0
        recall = mean([case.right for case in meant])
        both = precision + recall
        scores[name] = (precision, recall, 2 * precision * recall / both if both else 0, len(meant))
    return scores


def calibration(cases: list[Case]) -> list[tuple[float, float, int]]:
    """Mean score, share right and number of messages, by tenth of the score."""
    bins: dict[int, list[Case]] = defaultdict(list)
    for case in cases:
        bins[min(9, int(case.read.score * 10))].append(case)
    return [
        (mean([c.read.score for c in part]), mean([c.right for c in part]), len(part))
        for _, part in sorted(bins.items())
    ]


def show(cases: list[Case], wrong: int) -> None:
    for name, value in figures(cases).items():
        print(f"{name:20s} {value:.4f}")
    hands = sorted({case.sentence.hand for case in cases})
    for hand in hands:
        part = [case for case in cases if case.sentence.hand == hand]
        print(f"  hand {hand:14s} {mean([case.right for case in part]):.3f} of {len(part)}")
    print("  intent                     precision recall  F1     number")
    for name, (precision, recall, f1, number) in per_intent(cases).items():
        print(f"  {name:26s} {precision:.3f}     {recall:.3f}   {f1:.3f}  {number}")
    weak = Counter(c.sentence.label.topic for c in cases if c.right and not c.topic_right)
    print("  topics missed:", ", ".join(f"{name} {n}" for name, n in weak.most_common(12)))
    mixed = Counter((c.sentence.label.intent, c.read.intent) for c in cases if not c.right)
    for (meant, read), number in mixed.most_common(20):
        print(f"  {meant} read as {read}: {number}")
    print("  score, share right, number:")
    for score, share, number in calibration(cases):
        print(f"    {score:.2f} {share:.2f} {number}")
    print("  sure:", dict(Counter(f"{c.read.sure}/{c.right}" for c in cases)))
    for case in [case for case in cases if not case.topic_right][:wrong]:
        meant = case.sentence.label.topic or case.sentence.label.intent
        read = case.read.topic or case.read.intent
        line = f"{meant} → {read} {case.read.score:.2f}"
        print(f"    {case.sentence.hand:12s} {line}: {case.sentence.text}")


def speed(cases: list[Case]) -> None:
    """Microseconds a message on one core, facts and slots included."""
    reader = Understander.load(ROOT, Path("var/cache"))
    texts = [case.sentence.text for case in cases]
    for text in texts[:50]:
        reader.understand(text, TODAY)
    took = []
    for text in texts:
        start = time.perf_counter_ns()
        reader.understand(text, TODAY)
        took.append((time.perf_counter_ns() - start) / 1000)
    print(f"µs a message: median {np.median(took):.0f}, p99 {np.quantile(took, 0.99):.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", type=int, default=0, help="print so many misread sentences")
    parser.add_argument("--hand", help="only this hand")
    parser.add_argument("--misses", action="store_true", help="print the misread texts only")
    parser.add_argument("--file", type=Path, help="JSONL with text, intent, topic, accept")
    chosen = parser.parse_args()
    cases = from_file(chosen.file) if chosen.file else by_hand(chosen.hand)
    if chosen.misses:
        print("\n".join(case.sentence.text for case in cases if not case.topic_right))
        return
    show(cases, chosen.wrong)
    speed(cases)


if __name__ == "__main__":
    main()
