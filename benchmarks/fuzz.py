"""No text makes the reading fail or takes it longer than 5 ms: `python -m benchmarks.fuzz`.

Random Unicode, pieces of real messages glued together, one piece many times over, very long texts.
A text over the limit is read again, for the machine may have been busy; only the quickest counts.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import json
import random
import sys
import time
from pathlib import Path

from rich.progress import track

from knowledge.reading import ROOT
from knowledge.understanding import Understander

HERE = Path(__file__).parent.parent
TODAY = dt.date(2026, 11, 23)
LIMIT_MS = 5.0
AGAIN = 7
LONGEST = 20_000
PLANES = ((0, 0x7F), (0x80, 0x2FFF), (0x3000, 0x9FFF), (0xD800, 0xDFFF), (0x10000, 0x10FFFF))


def pieces() -> list[str]:
    texts = [
        json.loads(line)["text"]
        for path in sorted((HERE / "tests" / "intents").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [text[at : at + 4] for text in texts for at in range(0, len(text), 4)]


def random_text(chance: random.Random, known: list[str]) -> str:
    """Make one strange text."""
    kind = chance.randrange(4)
    if kind == 0:
        return "".join(chr(chance.randint(*chance.choice(PLANES))) for _ in range(length(chance)))
    if kind == 1:
        return "".join(chance.choices(known, k=chance.randint(1, 40)))
    if kind == 2:
        return chance.choice(known) * chance.randint(1, 200)
    mixed = [chance.choice(known), chr(chance.randint(*chance.choice(PLANES)))]
    return "".join(chance.choices(mixed, k=length(chance)))


def length(chance: random.Random) -> int:
    return chance.choice((1, 5, 20, 60, 200, 600)) if chance.random() < 0.999 else LONGEST


def cost_ms(reader: Understander, text: str) -> float:
    start = time.perf_counter_ns()
    reader.understand(text, TODAY).as_json()
    return (time.perf_counter_ns() - start) / 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    reader = Understander.load(ROOT, HERE / "var" / "cache")
    chance, known = random.Random(chosen.seed), pieces()
    cost_ms(reader, "热身")
    gc.freeze()
    raised, slow, most = [], [], 0.0
    for _ in track(range(chosen.cases), "reading", transient=True):
        text = random_text(chance, known)
        try:
            took = cost_ms(reader, text)
            if took > LIMIT_MS:
                took = min(cost_ms(reader, text) for _ in range(AGAIN))
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is what we look for
            raised.append((ascii(text[:80]), repr(fault)))
            continue
        most = max(most, took)
        if took > LIMIT_MS:
            slow.append((round(took, 1), ascii(text[:80])))
    counts = f"raised {len(raised)}, over {LIMIT_MS} ms {len(slow)}, most {most:.2f} ms"
    print(f"{chosen.cases} texts: {counts}")
    for line in [*raised[:5], *slow[:5]]:
        print(line)
    return 1 if raised or slow else 0


if __name__ == "__main__":
    sys.exit(main())
