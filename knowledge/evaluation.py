"""How well messages are understood: cases with the wanted reading, read and counted (评测).

A case is one line of JSON: `text`, `intent`, and optionally `topic`, `facts`, `accept` (other
intents that are right too) and `hand` (its author).
"""

from __future__ import annotations

import json
import statistics
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.reading import KnowledgeError
from knowledge.sentences import OUT, POLICY, Label

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from knowledge.understanding import Understander, Understanding

NEEDED = {"text": str, "intent": str}


@dataclass(frozen=True, slots=True)
class Case:
    """One message with what it means; `facts` is None where they are not judged."""

    text: str
    label: Label
    hand: str = ""
    accepted: frozenset[str] = frozenset()
    facts: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A case as it was read, and the microseconds that took."""

    case: Case
    read: Understanding
    micros: float

    @property
    def right(self) -> bool:
        """Whether the intent is the wanted one, or one that is accepted."""
        return self.read.intent == self.case.label.intent or self.read.intent in self.case.accepted

    @property
    def topic_right(self) -> bool:
        """Whether the topic is right as well, where the intent is the wanted one."""
        if self.read.intent != self.case.label.intent:
            return self.right
        return self.case.label.topic in ("", self.read.topic)

    @property
    def first_two(self) -> bool:
        """Whether the wanted intent is among the two likeliest."""
        return self.right or self.case.label.intent in [
            name for name, _ in self.read.runners_up[:1]
        ]


def load_cases(path: Path) -> list[Case]:
    """Read a file of cases; a line that cannot be used is a `KnowledgeError` with its number."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise KnowledgeError(path.name, "", "文件打不开，或者不是 UTF-8") from None
    cases = [_case(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not cases:
        raise KnowledgeError(path.name, "", "里面一行也没有")
    return cases


def _case(path: Path, number: int, line: str) -> Case:
    place = f"第{number}行"
    try:
        row = json.loads(line)
    except ValueError:
        raise KnowledgeError(path.name, place, "不是一个 JSON") from None
    if not isinstance(row, dict) or any(
        not isinstance(row.get(key), kind) for key, kind in NEEDED.items()
    ):
        raise KnowledgeError(path.name, place, "要有文字的 text 和 intent")
    facts, accept = row.get("facts"), row.get("accept") or []
    if not (facts is None or isinstance(facts, dict)) or not isinstance(accept, list):
        raise KnowledgeError(path.name, place, "facts 要写成对象，accept 要写成列表")
    label = Label(row["intent"], row.get("topic") or "")
    return Case(row["text"], label, row.get("hand") or path.stem, frozenset(accept), facts)


def read_all(reader: Understander, cases: Iterable[Case], today: dt.date) -> list[Reading]:
    """Read every case, with the time each takes."""
    readings = []
    for case in cases:
        start = time.perf_counter_ns()
        read = reader.understand(case.text, today)
        readings.append(Reading(case, read, (time.perf_counter_ns() - start) / 1000))
    return readings


def report(readings: Sequence[Reading]) -> dict[str, Any]:
    """Return all figures as plain JSON; shares lie between 0 and 1, None where nothing counts."""
    wrong = sorted(
        (one for one in readings if not one.topic_right), key=lambda one: -one.read.score
    )
    return {
        "messages": len(readings),
        "figures": figures(readings),
        "intents": scores(readings),
        "topics": topic_scores(readings),
        "hands": _by_hand(readings),
        "confusions": confusions(readings),
        "worst": [_shown(one) for one in wrong],
        "micros": _micros(readings),
    }


def figures(readings: Sequence[Reading]) -> dict[str, float | None]:
    """Return the figures by which a change is judged."""
    out = [one for one in readings if one.case.label.intent == OUT]
    ours = [one for one in readings if one.case.label.intent != OUT]
    topical = [one for one in ours if one.case.label.topic and one.read.intent == POLICY]
    asked = [one for one in ours if one.case.label.topic]
    exact, micro_f1 = _facts(readings)
    return {
        "accuracy": _share(one.right for one in readings),
        "macro_f1": _mean(part["f1"] for part in scores(readings).values()),
        "first_two": _share(one.first_two for one in readings),
        "out_recall": _share(one.right for one in out),
        "out_precision": _share(one.right for one in readings if one.read.intent == OUT),
        "wrongly_rejected": _share(one.read.intent == OUT and not one.right for one in ours),
        "topic": _share(one.topic_right for one in topical),
        "intent_and_topic": _share(one.topic_right for one in asked),
        "facts_exact": exact,
        "facts_micro_f1": micro_f1,
    }


def scores(readings: Sequence[Reading]) -> dict[str, dict[str, float]]:
    """Return precision, recall, F1 and number of each intent; an accepted other is right."""
    meant = Counter(_counted(one) for one in readings)
    read = Counter(one.read.intent for one in readings)
    hit = Counter(one.read.intent for one in readings if one.right)
    return {name: _score(hit[name], read[name], meant[name]) for name in sorted(meant)}


def topic_scores(readings: Sequence[Reading]) -> dict[str, dict[str, float]]:
    """Return precision, recall, F1 and number of each topic, a wrong intent counted as a miss."""
    asked = [one for one in readings if one.case.label.topic]
    meant = Counter(one.case.label.topic for one in asked)
    read = Counter(one.read.topic for one in asked)
    hit = Counter(one.read.topic for one in asked if one.read.topic == one.case.label.topic)
    return {name: _score(hit[name], read[name], meant[name]) for name in sorted(meant)}


def confusions(readings: Sequence[Reading]) -> list[dict[str, Any]]:
    """Return what was taken for what, the commonest first."""
    mixed = Counter((_meant(one), _taken(one)) for one in readings if not one.topic_right)
    return [
        {"meant": meant, "read": read, "number": number}
        for (meant, read), number in mixed.most_common()
    ]


def _facts(readings: Sequence[Reading]) -> tuple[float | None, float | None]:
    """Share of messages whose whole facts are right, and F1 over single facts."""
    judged = [one for one in readings if one.case.facts is not None]
    hit = wanted = found = 0
    for one in judged:
        said, read = _pairs(one.case.facts or {}), _pairs(one.read.facts)
        hit, wanted, found = hit + len(said & read), wanted + len(said), found + len(read)
    exact = _share(one.case.facts == one.read.facts for one in judged)
    return exact, (2 * hit / (wanted + found) if wanted + found else None)


def _pairs(facts: dict[str, Any]) -> set[tuple[str, str]]:
    return {(key, json.dumps(value, sort_keys=True)) for key, value in facts.items()}


def _score(hit: int, read: int, meant: int) -> dict[str, float]:
    precision, recall = hit / read if read else 0.0, hit / meant if meant else 0.0
    both = precision + recall
    f1 = 2 * precision * recall / both if both else 0.0
    return {"precision": precision, "recall": recall, "f1": f1, "number": meant}


def _counted(one: Reading) -> str:
    return one.read.intent if one.right else one.case.label.intent


def _meant(one: Reading) -> str:
    return one.case.label.topic or one.case.label.intent


def _taken(one: Reading) -> str:
    return (one.case.label.topic and one.read.topic) or one.read.intent


def _shown(one: Reading) -> dict[str, Any]:
    return {
        "text": one.case.text,
        "meant": _meant(one),
        "read": _taken(one),
        "score": round(one.read.score, 3),
    }


def _by_hand(readings: Sequence[Reading]) -> dict[str, float | None]:
    hands = sorted({one.case.hand for one in readings})
    return {hand: _share(one.right for one in readings if one.case.hand == hand) for hand in hands}


def _micros(readings: Sequence[Reading]) -> dict[str, int]:
    took = sorted(one.micros for one in readings)
    places = {"median": 0.5, "p99": 0.99, "most": 1.0}
    return {name: round(took[int((len(took) - 1) * at)]) for name, at in places.items()}


def _share(values: Iterable[bool]) -> float | None:
    return _mean(float(value) for value in values)


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return statistics.fmean(found) if found else None
