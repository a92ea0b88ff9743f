"""Messages by hands that were never trained on (`*.jsonl`), each read right or listed as a miss.

`misses.txt` holds the messages that are known to be misread: one that is now read right must be
taken off the list, so the list only shrinks. Where the right intent and the wrong one are nearly
level, the last bit of the arithmetic decides, and neither outcome is asserted.
`python -m benchmarks.understanding --file F --misses` prints the misses of a file.
"""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from knowledge.reading import ROOT
from knowledge.understanding import Understander, Understanding

HERE = Path(__file__).parent
TODAY = dt.date(2026, 11, 23)
CACHE = Path(__file__).parents[2] / "var" / "cache"
LEVEL = 0.1
FILES = sorted(HERE.glob("*.jsonl"))


@pytest.fixture(scope="module")
def reader() -> Understander:
    return Understander.load(ROOT, CACHE)


@pytest.fixture(scope="module")
def misses() -> set[str]:
    lines = (HERE / "misses.txt").read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("# ")}


def cases(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def right(row: dict[str, Any], read: Understanding) -> bool:
    accepted = {row["intent"], *row.get("accept", [])}
    wanted = row.get("topic") if read.intent == row["intent"] else read.topic
    return read.intent in accepted and read.topic == wanted


def level(read: Understanding) -> bool:
    shares = {read.intent: read.score, **dict(read.runners_up)}
    first, second = sorted(shares.values(), reverse=True)[:2] if len(shares) > 1 else (1.0, 0.0)
    return first - second < LEVEL


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_message_is_read_right_or_is_a_known_miss(
    path: Path, reader: Understander, misses: set[str]
) -> None:
    unexpected, healed = [], []
    for row in cases(path):
        read = reader.understand(row["text"], TODAY)
        if level(read):
            continue
        if right(row, read) and row["text"] in misses:
            healed.append(row["text"])
        if not right(row, read) and row["text"] not in misses:
            unexpected.append((row["text"], row["intent"], read.intent))
    assert unexpected == []
    assert healed == [], "read right now: take these off misses.txt"


def test_every_known_miss_is_a_message_of_a_hand(misses: set[str]) -> None:
    known = {row["text"] for path in FILES for row in cases(path)}
    assert misses - known == set()
