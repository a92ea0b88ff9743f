"""The words around a trade that show it is one: `lexicon/frames.toml`, ready for searching."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from knowledge.reading import ROOT, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable

LINK = r"(?:的|那个|这个|那|这|[ ,]){0,2}"


@dataclass(frozen=True)
class Frames:
    """What `lexicon/frames.toml` says, made ready for searching."""

    lead: re.Pattern[str]
    tail: re.Pattern[str]
    lead_listed: re.Pattern[str]
    tail_listed: re.Pattern[str]
    stop: re.Pattern[str]
    heads: tuple[str, ...]
    past: tuple[str, ...]
    never: tuple[str, ...]
    never_after: tuple[str, ...]
    changed: tuple[str, ...]
    card: tuple[str, ...]
    held: tuple[str, ...]
    held_unless: tuple[str, ...]


@cache
def frames() -> Frames:
    """Read the frames once; a fault is a `KnowledgeError`."""
    table = read_toml(ROOT / "lexicon" / "frames.toml")
    past, never = table.table("past"), table.table("never")
    lead, tail = table.texts("lead"), table.texts("tail")
    listed, unless = table.texts("tail_listed"), table.texts("tail_not")
    single = re.escape(table.text("single"))
    heads = table.texts("head")
    stop = rf"{_either([*table.texts('words'), *heads])}|[^\u4e00-\u9fffa-z]|[{single}]"
    found = Frames(
        _before(lead), _behind(tail, unless),
        _before([*lead, *table.texts("lead_listed")]), _behind([*tail, *listed], []),
        re.compile(stop), tuple(heads), tuple(past.texts("before")),
        tuple(never.texts("before")), tuple(never.texts("after")),
        tuple(never.texts("mind_changed")), tuple(never.texts("card")),
        tuple(never.texts("held")), tuple(never.texts("held_unless")),
    )  # fmt: skip
    for part in (past, never, table):
        part.done()
    return found


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _before(words: list[str]) -> re.Pattern[str]:
    return re.compile(rf"(?:{_either(words)}){LINK}$")


def _behind(words: list[str], unless: list[str]) -> re.Pattern[str]:
    but = f"(?!{_either(unless)})" if unless else ""
    return re.compile(rf"{LINK}(?:{_either(words)}){but}")
