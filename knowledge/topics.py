"""Answers to policy questions (政策问答): one file a topic under knowledge/topics/.

What is asked in the same way about nearly every topic (how to apply, when the money comes, whether
it still holds) is written once, in knowledge/aspects.toml, and taken up by name; so are the words
that show what is asked (who is paid, what a word means), where the answers differ. Some aspects
stand in every topic, tried before all others (`foremost`) or after (`everywhere`; `of_one` only in
topics about one matter), unless the topic has a variant of that name or lists it under `without`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from knowledge.reading import KnowledgeError, Table, read_toml
from knowledge.variants import Variant, read_variant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


LONGEST_QUESTION = 60
"""Characters; a longer text (pasted, told at length) names too much to pick one side question."""


OTHER_CLAUSES = "四"
"""The clause whose offices are named where a topic's own clause names none."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: its id, Chinese title, general answer, variants, clause and what comes next.

    `benefits` are the ids that 我能领多少 works out after this answer; `money` says that the answer
    names amounts and so carries the validity sentence.
    """

    id: str
    title: str
    answer: str
    clause: str
    benefits: tuple[str, ...]
    money: bool
    person: bool
    variants: tuple[Variant, ...]

    def variant(self, text: str, facts: Mapping[str, Any]) -> Variant | None:
        """Return the first variant that fits the question, or None for the general answer.

        `text` is normalised; one longer than `LONGEST_QUESTION` gets the general answer.
        """
        if len(text) > LONGEST_QUESTION:
            return None
        return next((v for v in self.variants if v.fits(text, facts)), None)

    def covers(self, text: str, facts: Mapping[str, Any]) -> bool:
        """Say whether the topic answers this side question itself (钱发给谁, 要多久, 外地户口呢).

        So a follow-up that names no benefit can stay with the topic last spoken of.
        """
        return self.variant(text, facts) is not None


def load_topics(folder: Path) -> dict[str, Topic]:
    """Read every topic and the shared aspects beside the folder; a fault is a `KnowledgeError`."""
    shared = _Shared(read_toml(folder.parent / "aspects.toml"))
    topics = {
        path.stem: _topic(path.stem, read_toml(path), shared)
        for path in sorted(folder.glob("*.toml"))
    }
    if not topics:
        raise KnowledgeError(str(folder.name), "", "没有一个主题文件")
    return topics


class _Shared:
    """What all topics share: `kinds` of question (words only) and `aspects` (words and answer)."""

    def __init__(self, table: Table) -> None:
        kinds = table.table("kind")
        self.kinds = {name: kinds.table(name) for name in kinds.keys()}  # noqa: SIM118 - a Table
        found = [read_variant(part, "", self.kinds, money=False) for part in table.tables("aspect")]
        self.aspects = {aspect.name: aspect for aspect in found}
        self.offices = {part.text("clause"): part.text("names") for part in table.tables("offices")}
        self.foremost = self._known(table, "foremost")
        self.everywhere = self._known(table, "everywhere")
        self.of_one = self._known(table, "of_one")
        table.done()

    def _known(self, table: Table, key: str) -> list[str]:
        names = table.texts(key, [])
        for name in names:
            if name not in self.aspects:
                raise table.error(key, f"没有 {name} 这样的公共问题")
        return names

    def aspect(self, name: str, table: Table, title: str, clause: str) -> Variant:
        """The aspect as the topic says it: with its title, its clause and who is responsible."""
        if name not in self.aspects:
            raise table.error("aspects", f"没有 {name} 这样的公共问题")
        aspect = self.aspects[name]
        offices = self.offices.get(clause, self.offices.get(OTHER_CLAUSES, ""))
        answer = aspect.answer.replace("{title}", title).replace("{offices}", offices)
        return replace(aspect, answer=answer, clause=aspect.clause or clause)


def _topic(name: str, table: Table, shared: _Shared) -> Topic:
    clause = table.text("clause")
    title = table.text("title")
    money = table.get("money", bool, default=False)
    own = [
        read_variant(part, clause, shared.kinds, money=money) for part in table.tables("variant")
    ]
    before, after = (
        [shared.aspect(each, table, title, clause) for each in names]
        for names in _around(table, own, shared)
    )
    topic = Topic(
        id=name,
        title=title,
        answer=table.text("answer").strip(),
        clause=clause,
        benefits=tuple(table.texts("benefits", [])),
        money=money,
        person=table.get("person", bool, default=False),
        variants=(*before, *own, *after),
    )
    table.done()
    return topic


def _around(table: Table, own: list[Variant], shared: _Shared) -> tuple[list[str], list[str]]:
    """Name the aspects tried before and after the topic's own variants."""
    settled = {*table.texts("without", []), *(variant.name for variant in own)}
    first = [name for name in shared.foremost if name not in settled]
    first += table.texts("aspects", [])
    last = list(shared.everywhere)
    if not table.get("general", bool, default=False):
        last += shared.of_one
    return first, [name for name in last if name not in {*settled, *first}]
