"""Answers to policy questions (政策问答): one file a topic under knowledge/topics/.

What is asked in the same way about nearly every topic (how to apply, when the money comes, whether
it still holds) is written once, in knowledge/aspects.toml, and taken up by name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    """Read every topic and the shared aspects beside the folder; a fault is a `KnowledgeError`."""
    aspects = _aspects(read_toml(folder.parent / "aspects.toml"))
    topics = {
        path.stem: _topic(path.stem, read_toml(path), aspects)
        for path in sorted(folder.glob("*.toml"))
    }
    if not topics:
        raise KnowledgeError(str(folder.name), "", "没有一个主题文件")
    return topics


def _aspects(table: Table) -> dict[str, Variant]:
    found = [_variant(part, "", money=False) for part in table.tables("aspect")]
    table.done()
    return {aspect.name: aspect for aspect in found}


def _topic(name: str, table: Table, aspects: Mapping[str, Variant]) -> Topic:
    clause = table.text("clause")
    title = table.text("title")
    money = table.get("money", bool, default=False)
    shared = _shared(table, title, clause, aspects)
    own = (_variant(part, clause, money=money) for part in table.tables("variant"))
    topic = Topic(
        id=name,
        title=title,
        answer=table.text("answer").strip(),
        clause=clause,
        benefits=tuple(table.texts("benefits", [])),
        money=money,
        person=table.get("person", bool, default=False),
        variants=(*shared, *own),
    )
    table.done()
    return topic


def _shared(table: Table, title: str, clause: str, aspects: Mapping[str, Variant]) -> list[Variant]:
    """Take up the aspects the topic names; they come before its own variants."""
    found = []
    for name in table.texts("aspects", []):
        if name not in aspects:
            raise table.error("aspects", f"没有 {name} 这样的公共问题")
        aspect = aspects[name]
        answer = aspect.answer.replace("{title}", title)
        found.append(replace(aspect, answer=answer, clause=aspect.clause or clause))
    return found


def _variant(table: Table, clause: str, *, money: bool) -> Variant:
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
