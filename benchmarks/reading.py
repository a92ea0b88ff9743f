"""Speed and memory of understanding, beside jieba's cut and a scikit-learn model, in one run.

All three read the same sentences (the test hands) in processes of their own on this machine; the
scikit-learn model (character 1–3-grams, linear SVM) is trained on the same sentences as ours.
`python -m benchmarks.reading` needs the extra `bench`.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent.parent
FILES = sorted((HERE / "tests" / "intents").glob("*.jsonl"))
TODAY = dt.date(2026, 11, 23)
ROUNDS = 3
PARTS = ("nothing", "jieba", "ours", "scikit-learn")


def cases() -> list[dict[str, str]]:
    lines = [line for path in FILES for line in path.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line) for line in lines]


def nothing() -> Callable[[str], object]:
    return len


def jieba() -> Callable[[str], object]:
    import jieba  # noqa: PLC0415 - only in its own process

    jieba.initialize()
    return jieba.lcut


def ours() -> Callable[[str], object]:
    from knowledge.reading import ROOT  # noqa: PLC0415 - only in its own process
    from knowledge.understanding import Understander  # noqa: PLC0415 - as above

    reader = Understander.load(ROOT, HERE / "var" / "cache")
    return lambda text: reader.understand(text, TODAY).intent


def scikit_learn() -> Callable[[str], object]:
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - an extra
    from sklearn.svm import LinearSVC  # noqa: PLC0415 - as above

    from knowledge.reading import ROOT  # noqa: PLC0415 - only in its own process
    from knowledge.sentences import load_sentences  # noqa: PLC0415 - as above

    sentences = load_sentences(ROOT / "intents")
    words = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    model = LinearSVC().fit(
        words.fit_transform([one.text for one in sentences]),
        [one.label.intent for one in sentences],
    )
    return lambda text: model.predict(words.transform([text]))[0]


def measure(name: str) -> None:
    """Print one line of JSON: seconds to ready, megabytes, microseconds, share right."""
    import knowledge  # noqa: F401, PLC0415 - all processes begin alike

    before = resident()
    start = time.perf_counter()
    makers = {"nothing": nothing, "jieba": jieba, "ours": ours, "scikit-learn": scikit_learn}
    read = makers[name]()
    ready = time.perf_counter() - start
    rows = cases()
    for row in rows[:50]:
        read(row["text"])
    took = []
    right = 0
    for _ in range(ROUNDS):
        for row in rows:
            begun = time.perf_counter_ns()
            said = read(row["text"])
            took.append((time.perf_counter_ns() - begun) / 1000)
            right += said == row["intent"] or said in row.get("accept", [])
    figures = [ready, resident() - before, *np.quantile(took, [0.5, 0.99, 1.0]), right / len(took)]
    print(json.dumps([float(one) for one in figures]))


def resident() -> float:
    """Megabytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> int:
    if sys.argv[1:]:
        measure(sys.argv[1])
        return 0
    print(f"{len(cases())} sentences of the test hands, read {ROUNDS} times")
    heads = ("ready s", "MB", "median µs", "p99 µs", "most µs", "right")
    print("".ljust(14), *(head.rjust(10) for head in heads))
    for part in PARTS:
        command = [sys.executable, "-m", "benchmarks.reading", part]
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
        if done.returncode:
            print(part.ljust(14), "not measured:", done.stderr.strip().splitlines()[-1:])
            continue
        figures = json.loads(done.stdout.splitlines()[-1])
        print(part.ljust(14), *(f"{figure:10.2f}" for figure in figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
