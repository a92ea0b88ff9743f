"""The first question of the interview (身份情况): who is asking, as one multi-choice list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.reading import read_toml

if TYPE_CHECKING:
    from pathlib import Path

    from knowledge.facts import FactBook
    from knowledge.reading import Table


@dataclass(frozen=True, slots=True)
class Situation:
    """One choice: its label and the words that pick it, what it settles and what it opens.

    It settles `facts` and `groups` and opens the benefits `asked`.
    """

    label: str
    words: tuple[str, ...]
    facts: dict[str, Any]
    groups: tuple[str, ...]
    asked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Situations:
    """The question and its choices, numbered from 1 in their order.

    `unclear` are the benefits worked out for somebody who cannot say.
    """

    question: str
    unclear: tuple[str, ...]
    choices: tuple[Situation, ...]

    def named(self, text: str) -> list[int]:
        """Return the places (from 0) of the choices whose words stand in the text."""
        found = enumerate(self.choices)
        return [place for place, choice in found if any(word in text for word in choice.words)]


def load_situations(path: Path, book: FactBook) -> Situations:
    """Read the question; facts that the vocabulary refuses are a `KnowledgeError`."""
    table = read_toml(path)
    situations = Situations(
        question=table.text("question"),
        unclear=tuple(table.texts("unclear")),
        choices=tuple(_situation(part, book) for part in table.tables("choice")),
    )
    table.done()
    return situations


def _situation(table: Table, book: FactBook) -> Situation:
    facts = table.table("facts")
    situation = Situation(
        label=table.text("label"),
        words=tuple(table.texts("words")),
        facts={key: facts.any(key) for key in facts.keys()},  # noqa: SIM118 - a Table
        groups=tuple(table.texts("groups", [])),
        asked=tuple(table.texts("asked")),
    )
    for key in situation.facts:
        if key not in book.specs:
            raise facts.error(key, "没有这个事实")
    table.done()
    return situation
