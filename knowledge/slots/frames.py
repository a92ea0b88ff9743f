"""The words around a trade that show it is one: `lexicon/frames.toml`, ready for searching."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from operator import add
from typing import TYPE_CHECKING

from knowledge.reading import ROOT, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMES = re.compile("[\u4e00-\u9fffa-z]")
LINK = r"(?:的|那个|这个|那|这|[ ,]){0,2}"


@dataclass(frozen=True)
class Stops:
    """Common words and letters, which are in no trade's name; `heads` are passed over whole."""

    words: frozenset[str]
    letters: frozenset[str]
    heads: frozenset[str]
    sizes: dict[str, tuple[int, ...]]
    """Lengths worth trying by the first two characters, the longest first."""

    @classmethod
    def of(cls, words: Iterable[str], letters: Iterable[str], heads: Iterable[str]) -> Stops:
        """Lay out the words."""
        every = frozenset((*words, *heads))
        sizes: dict[str, set[int]] = {}
        for word in every:
            sizes.setdefault(word[:2], set()).add(len(word))
        longest_first = {start: tuple(sorted(one, reverse=True)) for start, one in sizes.items()}
        single = frozenset((*letters, *(word for word in every if len(word) == 1)))
        return cls(every, single, frozenset(heads), longest_first)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where they stand, from left to right; other signs than letters count as well."""
        found: list[tuple[int, int]] = []
        end = 0
        for at, pair in enumerate(map(add, text, text[1:] + " ")):
            if at < end:
                continue
            sizes = self.sizes.get(pair, ())
            word = next((one for n in sizes if (one := text[at : at + n]) in self.words), "")
            if not word and (pair[0] in self.letters or not NAMES.match(pair)):
                word = pair[0]
            end = at + len(word)
            if word and word not in self.heads:
                found.append((at, end))
        return found


@dataclass(frozen=True)
class Frames:
    """What `lexicon/frames.toml` says, made ready for searching."""

    lead: re.Pattern[str]
    tail: re.Pattern[str]
    lead_listed: re.Pattern[str]
    tail_listed: re.Pattern[str]
    stops: Stops
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
    heads = table.texts("head")
    stops = Stops.of(table.texts("words"), table.text("single"), heads)
    found = Frames(
        _before(lead), _behind(tail, unless),
        _before([*lead, *table.texts("lead_listed")]), _behind([*tail, *listed], []),
        stops, tuple(heads), tuple(past.texts("before")),
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
