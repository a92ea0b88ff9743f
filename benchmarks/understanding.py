"""How well messages are understood, measured on hands that were not trained on.

For every two hands (authors) a model is trained on all others and reads what the two wrote:
`python -m benchmarks.understanding [--hand NAME] [--without PART] [--wrong N]`;
`--parts` does so with each part taken out in turn, and with fewer hands to learn from;
`--state` reads short answers with and without the question that was open.
Files of cases are read by `jcbot evaluate`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.progress import track

from bot.evaluate import show
from knowledge import model
from knowledge.concepts import Concepts, Words, load_concepts
from knowledge.evaluation import Case, Reading, figures, read_all, report
from knowledge.exact import load_exact
from knowledge.facts import FactBook
from knowledge.model import Model
from knowledge.normalise import normalise
from knowledge.priorities import load_priorities
from knowledge.reading import ROOT
from knowledge.sentences import Sentence, load_sentences
from knowledge.slots import extract_facts, load, read_answer
from knowledge.understanding import Understander

TODAY = dt.date(2026, 11, 23)
TOGETHER = 2
PARTS = ("", "concepts", "retrieval", "priorities", "exact", "half", "quarter")
NOTHING = Concepts((), (), Words.of({}), (), {}, (), {}, {})
ANSWERS = Path("tests/slots/answers.txt")
SHOWN = ("accuracy", "macro_f1", "out_recall", "wrongly_rejected", "topic", "intent_and_topic")


def hands(sentences: tuple[Sentence, ...]) -> list[str]:
    return sorted({one.hand for one in sentences})


def read_hands(left_out: tuple[str, ...], without: str) -> list[Reading]:
    """Read these hands' sentences with a model that never saw them, one part taken out."""
    sentences = load_sentences(ROOT / "intents")
    known = _fewer([name for name in hands(sentences) if name not in left_out], without)
    concepts = NOTHING if without == "concepts" else load_concepts(ROOT / "concepts.toml")
    exact = load_exact(ROOT / "exact.toml") if without != "exact" else _no_exact()
    priorities = () if without == "priorities" else load_priorities(ROOT / "priorities.toml")
    model.NEAR_SHARE = 0.0 if without == "retrieval" else model.NEAR_SHARE
    trained = Model.of([one for one in sentences if one.hand in known], concepts)
    reader = Understander(exact, priorities, trained)
    cases = [Case(one.text, one.label, one.hand) for one in sentences if one.hand in left_out]
    return read_all(reader, cases, TODAY)


def _fewer(names: list[str], without: str) -> set[str]:
    step = {"half": 2, "quarter": 4}.get(without, 1)
    return set(names[::step])


def _no_exact():  # noqa: ANN202 - a stand-in for the table
    class Nothing:
        def find(self, _text: str) -> None:
            return None

    return Nothing()


def by_hand(only: str | None, without: str) -> list[Reading]:
    """Read every hand, two with one model, each model in a process of its own."""
    names = [only] if only else hands(load_sentences(ROOT / "intents"))
    groups = [tuple(names[at : at + TOGETHER]) for at in range(0, len(names), TOGETHER)]
    with ProcessPoolExecutor(max_workers=2, max_tasks_per_child=1) as pool:
        parts = pool.map(read_hands, groups, itertools.repeat(without))
        done = track(
            parts, f"without {without}" if without else "whole", len(groups), transient=True
        )
        return [one for part in done for one in part]


def parts() -> None:
    """Print the figures with each part taken out."""
    print("without".ljust(12), *(name.rjust(16) for name in SHOWN))
    for part in PARTS:
        found = figures(by_hand(None, part))
        print(
            (part or "nothing").ljust(12), *(f"{found[name]:16.4f}" for name in SHOWN), flush=True
        )


def state() -> None:
    """Print how many short answers are read right with their question, and from the words alone."""
    load()
    book = FactBook.load()
    right = alone = number = 0
    for line in ANSWERS.read_text(encoding="utf-8").splitlines():
        if not line.startswith("["):
            continue
        (fact, said), (kind, value) = map(json.loads, line.split(" → "))
        clean = normalise(said)
        answer = read_answer(book.specs[fact], clean, TODAY)
        right += [answer.kind, answer.value] == [kind, value]
        read = extract_facts(clean, TODAY)
        alone += read.get(fact) == value if kind == "value" else fact not in read
        number += 1
    print(f"{number} answers: read right with the open question {right}, without it {alone}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", type=int, default=0, help="print so many misread sentences")
    parser.add_argument("--hand", help="only this hand")
    parser.add_argument("--without", default="", choices=PARTS, help="take this part out")
    parser.add_argument("--parts", action="store_true", help="take each part out in turn")
    parser.add_argument("--state", action="store_true", help="short answers and their questions")
    chosen = parser.parse_args()
    if chosen.parts:
        return parts()
    if chosen.state:
        return state()
    found = report(by_hand(chosen.hand, chosen.without))
    show(Console(width=120, highlight=False), found)
    for one in found["worst"][: chosen.wrong]:
        print(f"{one['meant']} → {one['read']} {one['score']:.2f}: {one['text']}")
    return None


if __name__ == "__main__":
    main()
