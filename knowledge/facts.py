"""The facts the rules know, and the strict reading of what somebody says about them.

`FactBook` is the vocabulary (facts.toml); `FactBook.parse` turns the JSON form of
readings.md into `Facts`, or refuses it with a `FactError` that names the key.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from knowledge.fact_specs import FactSpec, check_references, read_spec
from knowledge.fact_values import Parser, merge_set, parser_for
from knowledge.reading import ROOT, read_toml

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FactBook", "FactError", "FactSpec", "Facts"]


class FactError(Exception):
    """A fact that cannot be so: `key` names it, `message` is a sentence for the person."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"{key}：{message}")
        self.key, self.message = key, message


@dataclass(frozen=True)
class Facts:
    """What is known about one case, in the form the rules walk over.

    `values` holds only what is known, by key: numbers and dates as (low, high), choices as
    the frozenset still possible, flags and places as bool, sets as (surely in, surely out).
    `given` are the keys that somebody stated (asked and about aside); `raw` is the JSON form.
    """

    raw: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    asked: tuple[str, ...] = ()


class FactBook:
    """The vocabulary of facts; `specs` maps each key to its `FactSpec` in interview order."""

    def __init__(self, specs: dict[str, FactSpec], approx_percent: int) -> None:
        self.specs = specs
        self.approx_percent = approx_percent
        self._sets = [spec for spec in specs.values() if spec.identity]
        self._members = {key: spec.member_of for key, spec in specs.items() if spec.member_of}
        self._parsers: dict[str, Parser] = {}
        for spec in specs.values():
            if not spec.derived:
                parser = parser_for(spec, approx_percent)
                self._parsers |= dict.fromkeys((spec.key, spec.has, spec.not_), parser)
        self._parsers.pop("", None)

    @classmethod
    def load(cls, path: Path = ROOT / "facts.toml") -> FactBook:
        """Read the vocabulary; a fault is a `KnowledgeError`."""
        table = read_toml(path)
        percent = table.get("approx_percent", int)
        if not 0 < percent < 100:  # noqa: PLR2004 - a share in per cent lies between these
            raise table.error("approx_percent", "应当在1到99之间")
        facts = table.table("fact")
        specs = {
            key: read_spec(facts.table(key), key, order)
            for order, key in enumerate(facts.keys(), start=1)
        }
        check_references(facts, specs)
        facts.done()
        table.done()
        return cls(specs, percent)

    def parse(self, data: object) -> Facts:
        """Read the JSON form of readings.md strictly; raise `FactError` for what cannot be."""
        if not isinstance(data, dict):
            raise FactError("", "一行应当是一个用大括号括起来的 JSON 对象")
        values: dict[str, Any] = {}
        for key, value in data.items():
            parser = self._parsers.get(key)
            if parser is None:
                raise FactError(str(key), "没有这样的情况项，请检查写法")
            try:
                parser(key, value, values)
            except ValueError as fault:
                raise FactError(key, f"“{key}”{fault}") from None
        asked = values.pop("asked", ())
        values.pop("about", None)
        self._merge_sets(values)
        given = set(values)
        for key, member in self._members.items():
            if key not in values:
                self._follow(key, member, values)
                given |= {key} if values.get(key) else set()
        return Facts(dict(data), values, frozenset(given), asked)

    def _merge_sets(self, values: dict[str, Any]) -> None:
        for spec in self._sets:
            try:
                merge_set(spec, values)
            except ValueError as fault:
                raise FactError(spec.key, f"“{spec.key}”里{fault}") from None

    def _follow(self, key: str, member: str, values: dict[str, Any]) -> None:
        """Let a flag such as is_student follow from the groups where they settle it."""
        for spec in self._sets:
            has, no = values.get(spec.key, ((), ()))
            if member in has or member in no:
                values[key] = member in has
