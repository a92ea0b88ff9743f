"""The facts the rules know, and the strict reading of what somebody says about them.

`FactBook` is the vocabulary (facts.toml); `FactBook.parse` turns the JSON form of
readings.md into `Facts`, or refuses it with a `FactError` that names the key.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from knowledge.fact_values import Parser, merge_set, parser_for
from knowledge.reading import ROOT, Table, read_toml

if TYPE_CHECKING:
    from pathlib import Path

KINDS = {
    "number", "flag", "choice", "set", "numbers", "date", "place", "text", "ids", "list_of_words",
}  # fmt: skip
IDENTITY_KIND = "set"


class FactError(Exception):
    """A fact that cannot be so: `key` names it, `message` is a sentence for the person."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"{key}：{message}")
        self.key, self.message = key, message


@dataclass(frozen=True)
class FactSpec:
    """One fact of facts.toml.

    `choices` are (value, label in everyday words) in the order shown; values of flags are
    True and False. `order` is the place in the interview. `ask` is False where only a class
    or a document knows, so that a worker is never asked.
    """

    key: str
    kind: str
    of: str
    question: str
    why: str
    wording: str
    order: int
    choices: tuple[tuple[Any, str], ...] = ()
    unit: str = ""
    least: int = 0
    most: int = 0
    ask: bool = True
    fraction: bool = False
    derived: bool = False
    has: str = ""
    not_: str = ""
    member_of: str = ""
    total: str = ""
    longest: str = ""
    count: str = ""
    single: str = ""
    home: tuple[str, ...] = ()
    above: tuple[str, ...] = ()

    @property
    def identity(self) -> bool:
        """Say whether this is the one multi-choice question about who the person is."""
        return self.kind == IDENTITY_KIND

    def label(self, value: object) -> str:
        """Return the everyday label of a choice, or the value with its unit."""
        for choice, label in self.choices:
            if choice is value or (choice == value and not isinstance(value, bool)):
                return label
        return f"{value}{self.unit}"

    def say(self, value: object) -> str:
        """Say a plain JSON value back in words: 失业保险交了14个月."""
        if self.kind == "flag":
            return self.label(value)
        values = value if isinstance(value, list) else [value]
        return self.wording.replace("{value}", "、".join(self.label(each) for each in values))


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
            key: _read_spec(facts.table(key), key, order)
            for order, key in enumerate(facts.keys(), start=1)
        }
        _check_references(facts, specs)
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


def _read_spec(table: Table, key: str, order: int) -> FactSpec:
    kind = table.text("kind")
    if kind not in KINDS:
        raise table.error("kind", f"没有“{kind}”这一类，只能是 {'、'.join(sorted(KINDS))}")
    of = table.text("of")
    if of not in {"person", "employer", "course"}:
        raise table.error("of", "只能是 person、employer 或 course")
    spec = FactSpec(
        key=key, kind=kind, of=of, order=order,
        question=table.text("question"), why=table.text("why"), wording=table.text("wording"),
        choices=_read_choices(table, kind), unit=table.get("unit", str, ""),
        least=table.get("least", int, 0), most=_most(table, kind),
        ask=table.get("ask", bool, default=True), fraction=table.get("fraction", bool, False),
        derived=table.get("derived", bool, False),
        has=table.get("has", str, ""), not_=table.get("not", str, ""),
        member_of=table.get("member_of", str, ""),
        total=table.get("total", str, ""), longest=table.get("longest", str, ""),
        count=table.get("count", str, ""), single=table.get("single", str, ""),
        home=tuple(table.texts("home", [])), above=tuple(table.texts("above", [])),
    )  # fmt: skip
    table.done()
    return spec


def _most(table: Table, kind: str) -> int:
    most = table.get("most", int, 0)
    if kind in {"number", "numbers"} and most <= 0:
        raise table.error("most", "数字类要写明最大是多少")
    return most


def _read_choices(table: Table, kind: str) -> tuple[tuple[Any, str], ...]:
    labels = table.table("choices")
    found = [(key, labels.text(key)) for key in labels.keys()]  # noqa: SIM118 - Table is no dict
    needs = kind in {"choice", "set", "flag", "list_of_words"}
    if needs != bool(found):
        raise table.error("choices", "这一类要列出选项" if needs else "这一类没有选项")
    if kind != "flag":
        return tuple(found)
    if {key for key, _ in found} != {"true", "false"}:
        raise table.error("choices", "是或否的选项只能是 true 和 false")
    return tuple((key == "true", label) for key, label in found)


def _check_references(facts: Table, specs: dict[str, FactSpec]) -> None:
    members = {value for spec in specs.values() if spec.identity for value, _ in spec.choices}
    for key, spec in specs.items():
        for name in ("total", "longest", "count", "single"):
            other = getattr(spec, name)
            if other and (other not in specs or specs[other].kind != "number"):
                raise facts.error(f"{key}.{name}", f"“{other}”不是一个数字类的情况项")
        if spec.member_of and spec.member_of not in members:
            raise facts.error(f"{key}.member_of", f"没有“{spec.member_of}”这一群人")
