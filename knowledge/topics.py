"""Answers to policy questions (政策问答): one file a topic under knowledge/topics/."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.reading import KnowledgeError, Table, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Variant:
    """A special answer of a topic and when it is given.

    It holds when one of `any` and all of `all` stand in the normalised question, none of `none`
    does, and every entry of `facts` equals what was read from the question.
    """

    name: str
    answer: str
    any: tuple[str, ...]
    all: tuple[str, ...]
    none: tuple[str, ...]
    facts: tuple[tuple[str, Any], ...]
    clause: str
    money: bool

    def fits(self, text: str, facts: Mapping[str, Any]) -> bool:
        """Say whether this variant answers the question."""
        if self.any and not any(word in text for word in self.any):
            return False
        if any(word in text for word in self.none) or any(word not in text for word in self.all):
            return False
        return all(facts.get(key) == value for key, value in self.facts)


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
        """Return the first variant that fits the question, or None for the general answer."""
        return next((v for v in self.variants if v.fits(text, facts)), None)


def load_topics(folder: Path) -> dict[str, Topic]:
    """Read every topic; a fault is a `KnowledgeError`."""
    topics = {path.stem: _topic(path.stem, read_toml(path)) for path in sorted(folder.glob("*.toml"))}
    if not topics:
        raise KnowledgeError(str(folder.name), "", "没有一个主题文件")
    return topics


def _topic(name: str, table: Table) -> Topic:
    clause = table.text("clause")
    money = table.get("money", bool, default=False)
    topic = Topic(
        id=name,
        title=table.text("title"),
        answer=table.text("answer").strip(),
        clause=clause,
        benefits=tuple(table.texts("benefits", [])),
        money=money,
        person=table.get("person", bool, default=False),
        variants=tuple(_variant(part, clause, money) for part in table.tables("variant")),
    )
    table.done()
    return topic


def _variant(table: Table, clause: str, money: bool) -> Variant:  # noqa: FBT001 - inherited default
    facts = table.table("facts")
    variant = Variant(
        name=table.text("name"),
        answer=table.text("answer").strip(),
        any=tuple(table.texts("any", [])),
        all=tuple(table.texts("all", [])),
        none=tuple(table.texts("none", [])),
        facts=tuple((key, facts.any(key)) for key in facts.keys()),  # noqa: SIM118 - a Table
        clause=table.text("clause", clause),
        money=table.get("money", bool, default=money),
    )
    if not (variant.any or variant.all or variant.facts):
        raise table.error("any", "这个变体没有写什么时候用（any、all 或 facts）")
    table.done()
    return variant
