"""What people say for each intent and topic (`intents/*.toml`), with each sentence's author.

The file's name is the intent; the files under `intents/topics/` are `policy_question`, one topic
each. A hand is one independent writer: understanding is always measured on hands it has not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.reading import KnowledgeError, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POLICY = "policy_question"
OUT = "out_of_scope"


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """What a sentence wants; `topic` is empty unless the intent is `policy_question`."""

    intent: str
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One written sentence."""

    text: str
    label: Label
    hand: str


def load_sentences(folder: Path) -> tuple[Sentence, ...]:
    """Read all files in the order of their names; a text under two labels is a `KnowledgeError`."""
    owner: dict[str, Sentence] = {}
    for path in sentence_files(folder):
        for sentence in _read(path, _label(path, folder)):
            other = owner.setdefault(sentence.text, sentence)
            if other is not sentence:
                place = other.label.topic or other.label.intent
                fault = f"“{sentence.text}”写了两遍（另一处：{place}）"
                raise KnowledgeError(path.name, sentence.hand, fault)
    if not owner:
        raise KnowledgeError(folder.name, "", "一句例句也没有")
    return tuple(owner.values())


def sentence_files(folder: Path) -> list[Path]:
    """List the files in the order in which they are read."""
    return sorted([*folder.glob("*.toml"), *folder.glob("topics/*.toml")])


def _label(path: Path, folder: Path) -> Label:
    return Label(path.stem) if path.parent == folder else Label(POLICY, path.stem)


def _read(path: Path, label: Label) -> Iterator[Sentence]:
    table = read_toml(path)
    table.text("note")
    for hand in table.tables("hand"):
        name = hand.text("name")
        for text in hand.texts("sentences"):
            if not text.strip():
                raise hand.error("sentences", "有一句是空的")
            yield Sentence(text, label, name)
        hand.done()
    table.done()
