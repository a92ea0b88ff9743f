"""Conditions as a small tree: and, or, not, comparison, set membership, "where … then …".

There is no arithmetic and no eval. The same tree is walked for one person (`compile_test`)
and turned into SQL for a table of people (`jcbot.eligibility`). A test is True, False, or
None where a fact is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from knowledge.facts import FactSpec
    from knowledge.reading import Table

Values = dict[str, Any]
Test = Callable[[Values], bool | None]


@dataclass(frozen=True)
class Always:
    """True whatever is known: the document itself is silent."""


@dataclass(frozen=True)
class AtLeast:
    """A number at or above `bound`; with `strict`, above it."""

    fact: str
    bound: int
    strict: bool = False


@dataclass(frozen=True)
class IsFlag:
    """A flag that is `value`."""

    fact: str
    value: bool


@dataclass(frozen=True)
class OneOf:
    """A choice that is one of `values`, out of `names`."""

    fact: str
    values: frozenset[str]
    names: tuple[str, ...]


@dataclass(frozen=True)
class HasAny:
    """A set that holds at least one of `values`."""

    fact: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Not:
    """The opposite."""

    part: Node


@dataclass(frozen=True)
class AllOf:
    """And."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class AnyOf:
    """Or."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Where:
    """`then` counts only where `when` holds; until `when` is known, only it is missing."""

    when: Node
    then: Node


Node = Always | AtLeast | IsFlag | OneOf | HasAny | Not | AllOf | AnyOf | Where


class ExpressionReader:
    """Reads a TOML table into a tree, checking every name and type against the fact book."""

    def __init__(self, specs: dict[str, FactSpec], lists: dict[str, tuple[str, ...]]) -> None:
        self.specs, self.lists = specs, lists

    def read(self, table: Table) -> Node:
        """Read one expression; unknown facts, values and forms are `KnowledgeError`."""
        node = self._read(table)
        table.done()
        return node

    def _read(self, table: Table) -> Node:
        keys = table.keys()
        if "fact" in keys:
            return self._fact(table)
        if keys == ["always"]:
            if not table.get("always", bool):
                raise table.error("always", "只能是 true")
            return Always()
        if set(keys) == {"when", "then"}:
            return Where(self.read(table.table("when")), self.read(table.table("then")))
        if keys == ["not"]:
            return Not(self.read(table.table("not")))
        for word, kind in (("all", AllOf), ("any", AnyOf)):
            if keys == [word]:
                parts = tuple(self.read(part) for part in table.tables(word))
                if not parts:
                    raise table.error(word, "里面至少要有一个条件")
                return kind(parts)
        raise table.error("", "条件要写成 fact、all、any、not、when/then 或 always")

    def _fact(self, table: Table) -> Node:
        key = table.text("fact")
        spec = self.specs.get(key)
        if spec is None:
            raise table.error("fact", f"没有“{key}”这个情况项")
        match spec.kind:
            case "number":
                return self._number(table, key)
            case "flag" | "place":
                return IsFlag(key, table.get("is", bool))
            case "choice":
                return self._choice(table, spec)
            case "set" | "list_of_words":
                return HasAny(key, self._members(table, spec))
        raise table.error("fact", f"“{key}”这一类不能用在条件里")

    def _number(self, table: Table, key: str) -> Node:
        words = [word for word in table.keys() if word != "fact"]  # noqa: SIM118 - no dict
        if len(words) != 1 or words[0] not in {"min", "max", "below", "above"}:
            raise table.error("", "数字要写 min、max、below、above 中的一个")
        word = words[0]
        bound = table.get(word, int)
        node = AtLeast(key, bound, strict=word in {"above", "max"})
        return Not(node) if word in {"below", "max"} else node

    def _choice(self, table: Table, spec: FactSpec) -> Node:
        names = tuple(str(name) for name, _ in spec.choices)
        values = table.texts("in") if "in" in table else [table.text("is")]
        self._check(table, values, names)
        return OneOf(spec.key, frozenset(values), names)

    def _members(self, table: Table, spec: FactSpec) -> tuple[str, ...]:
        if "list" in table:
            name = table.text("list")
            if name not in self.lists:
                raise table.error("list", f"没有“{name}”这个名单")
            return self.lists[name]
        values = table.texts("any")
        self._check(table, values, tuple(str(name) for name, _ in spec.choices))
        return tuple(values)

    @staticmethod
    def _check(table: Table, values: list[str], names: tuple[str, ...]) -> None:
        for value in values:
            if value not in names:
                raise table.error("", f"没有“{value}”这个选项，只有 {'、'.join(names)}")
        if not values:
            raise table.error("", "至少要写一个选项")
