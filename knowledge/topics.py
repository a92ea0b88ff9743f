"""Answers to policy questions (政策问答): one file a topic under knowledge/topics/.

What is asked in the same way about nearly every topic (how to apply, when the money comes, whether
it still holds) is written once, in knowledge/aspects.toml, and taken up by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from knowledge.reading import KnowledgeError, Table, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Variant:
    """A special answer of a topic and when it is given.

    It holds when one of `any` stands in the normalised question (or `pattern` is found, a regular
    expression, for counts), all of `all` do, none of `none` does, and every entry of `facts`
    equals what was read from the question.
    """

    name: str
    answer: str
    any: tuple[str, ...]
    pattern: re.Pattern[str] | None
    all: tuple[str, ...]
    none: tuple[str, ...]
    facts: tuple[tuple[str, Any], ...]
    clause: str
    money: bool

    def fits(self, text: str, facts: Mapping[str, Any]) -> bool:
        """Say whether this variant answers the question."""
        if (self.any or self.pattern) and not self._named(text):
            return False
        if any(word in text for word in self.none) or any(word not in text for word in self.all):
            return False
        return all(facts.get(key) == value for key, value in self.facts)

    def _named(self, text: str) -> bool:
        if any(word in text for word in self.any):
            return True
        return self.pattern is not None and self.pattern.search(text) is not None


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
        pattern=_pattern(table),
        all=tuple(table.texts("all", [])),
        none=tuple(table.texts("none", [])),
        facts=tuple((key, facts.any(key)) for key in facts.keys()),  # noqa: SIM118 - a Table
        clause=table.text("clause", clause),
        money=table.get("money", bool, default=money),
    )
    if not (variant.any or variant.pattern or variant.all or variant.facts):
        raise table.error("any", "这个变体没有写什么时候用（any、pattern、all 或 facts）")
    table.done()
    return variant


def _pattern(table: Table) -> re.Pattern[str] | None:
    if "pattern" not in table:
        return None
    try:
        return re.compile(table.text("pattern"))
    except re.error as fault:
        raise table.error("pattern", f"正则表达式写错了（{fault}）") from None
