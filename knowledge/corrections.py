"""Corrections by staff, taken back into the sentence files (纠正).

A correction is a line of JSON with `text`, `intent` and, for `policy_question`, `topic`; a line
whose `intent` is still empty was not looked at yet and is passed over.
"""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.evaluation import load_cases
from knowledge.features import squeeze
from knowledge.normalise import normalise
from knowledge.reading import KnowledgeError
from knowledge.sentences import POLICY, Label, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

HAND = "staff"
ALIKE = 0.8
"""Share of trigrams from which on two sentences are one."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """What is to be learnt, and what is not: each with the sentence that is there already."""

    fresh: tuple[Sentence, ...]
    known: tuple[tuple[str, str], ...]


def trigrams(text: str) -> frozenset[str]:
    """Return the stretches of three characters of a message, its ends marked."""
    bare = f"^{squeeze(normalise(text))}$"
    return frozenset(bare[at : at + 3] for at in range(len(bare) - 2))


def alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two sentences, by their trigrams, count as one."""
    return len(one & other) > ALIKE * len(one | other)


def read_corrections(path: Path, sentences: Sequence[Sentence]) -> Corrections:
    """Read a file of corrections against the sentences there are.

    An intent or topic that does not exist, or a text that is known under another label, is a
    `KnowledgeError`; a text that is nearly a known one of its label is passed over.
    """
    labels = {one.label for one in sentences}
    seen = defaultdict(list)
    for one in sentences:
        seen[one.label].append((trigrams(one.text), one.text))
    owner = {one.text: one.label for one in sentences}
    fresh: list[Sentence] = []
    known: list[tuple[str, str]] = []
    for case in load_cases(path):
        if not case.label.intent:
            continue
        _check(path, case.text, case.label, labels, owner)
        grams = trigrams(case.text)
        double = next((text for other, text in seen[case.label] if alike(grams, other)), None)
        if double is not None:
            known.append((case.text, double))
            continue
        seen[case.label].append((grams, case.text))
        owner[case.text] = case.label
        fresh.append(Sentence(case.text, case.label, HAND))
    return Corrections(tuple(fresh), tuple(known))


def write_corrections(folder: Path, fresh: Iterable[Sentence]) -> list[Path]:
    """Append the sentences to the files of their labels; return the files changed.

    Each file is replaced whole, and none before all of them can be read in their new form.
    """
    by_file: dict[Path, list[str]] = defaultdict(list)
    for one in fresh:
        by_file[_file(folder, one.label)].append(one.text)
    drafts = {
        path: _with(path.read_text(encoding="utf-8"), texts) for path, texts in by_file.items()
    }
    for path, text in drafts.items():
        _readable(path, text)
    for path, text in drafts.items():
        draft = path.with_suffix(".draft")
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    return list(drafts)


def _readable(path: Path, text: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise KnowledgeError(path.name, "", "添进去以后读不出来，没有改动任何文件") from None


def _check(
    path: Path, text: str, label: Label, labels: set[Label], owner: dict[str, Label]
) -> None:
    if not squeeze(normalise(text)):
        raise KnowledgeError(path.name, text, "没有字，没法当例句")
    if label not in labels:
        wanted = f"{label.intent} {label.topic}".strip()
        advice = "，政策问题要写 topic" if label.intent == POLICY and not label.topic else ""
        raise KnowledgeError(path.name, text, f"没有这样的意图或主题：{wanted}{advice}")
    other = owner.get(text, label)
    if other != label:
        raise KnowledgeError(path.name, text, f"这句话已经写在 {other.topic or other.intent} 里")


def _file(folder: Path, label: Label) -> Path:
    if label.topic:
        return folder / "topics" / f"{label.topic}.toml"
    return folder / f"{label.intent}.toml"


def _with(text: str, sentences: list[str]) -> str:
    """Put the sentences at the end of the staff's list; without one, begin it at the end."""
    added = "".join(f"    {json.dumps(one, ensure_ascii=False)},\n" for one in sentences)
    head = f'[[hand]]\nname = "{HAND}"\nsentences = [\n'
    start = text.find(head)
    if start < 0:
        return f"{text.rstrip()}\n\n{head}{added}]\n"
    end = text.index("\n]", start) + 1
    return text[:end] + added + text[end:]
