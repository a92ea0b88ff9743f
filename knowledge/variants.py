"""The special answers of a topic (变体) and the words that call for each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knowledge.reading import Table


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
    patterns: tuple[re.Pattern[str], ...]
    all: tuple[str, ...]
    none: tuple[str, ...]
    facts: tuple[tuple[str, Any], ...]
    clause: str
    money: bool

    def fits(self, text: str, facts: Mapping[str, Any]) -> bool:
        """Say whether this variant answers the question."""
        if (self.any or self.patterns) and not self._named(text):
            return False
        if any(word in text for word in self.none) or any(word not in text for word in self.all):
            return False
        return all(facts.get(key) == value for key, value in self.facts)

    def _named(self, text: str) -> bool:
        if any(word in text for word in self.any):
            return True
        return any(pattern.search(text) for pattern in self.patterns)


def read_variant(table: Table, clause: str, kinds: Mapping[str, Table], *, money: bool) -> Variant:
    """Read a variant; `kinds` are the kinds of question it may name under `asks`.

    `clause` and `money` hold where the entry says nothing of its own; a fault is a
    `KnowledgeError`.
    """
    facts = table.table("facts")
    words = [table, *_kind(table, kinds)]
    variant = Variant(
        name=table.text("name"),
        answer=table.text("answer").strip(),
        any=tuple(word for part in words for word in part.texts("any", [])),
        patterns=tuple(_pattern(part) for part in words if "pattern" in part),
        all=tuple(table.texts("all", [])),
        none=tuple(word for part in words for word in part.texts("none", [])),
        facts=tuple((key, facts.any(key)) for key in facts.keys()),  # noqa: SIM118 - a Table
        clause=table.text("clause", clause),
        money=table.get("money", bool, default=money),
    )
    if not (variant.any or variant.patterns or variant.all or variant.facts):
        raise table.error("any", "这个变体没有写什么时候用（any、asks、pattern、all 或 facts）")
    for part in words:
        part.done()
    return variant


def _kind(table: Table, kinds: Mapping[str, Table]) -> list[Table]:
    """The words of the kind of question that the variant answers, if it names one."""
    if "asks" not in table:
        return []
    name = table.text("asks")
    if name not in kinds:
        raise table.error("asks", f"没有 {name} 这样的问法")
    return [kinds[name]]


def _pattern(table: Table) -> re.Pattern[str]:
    try:
        return re.compile(table.text("pattern"))
    except re.error as fault:
        raise table.error("pattern", f"正则表达式写错了（{fault}）") from None
