"""One fact of facts.toml: what it is called, how it is asked, what an answer may look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from knowledge.reading import Table

KINDS = {
    "number", "flag", "choice", "set", "numbers", "date", "place", "text", "ids", "list_of_words",
}  # fmt: skip
IDENTITY_KIND = "set"


@dataclass(frozen=True)
class FactSpec:
    """One fact of facts.toml.

    `choices` are (value, label in everyday words) in the order shown; values of flags are
    True and False. `order` is the place in the interview. `ask` is False where only a class
    or a document knows, so that a worker is never asked. `leaves_open` are pairs of a member of
    a set and those of which a complete list that names it still says nothing. `after` is the
    fact without which there is no sense in asking this one.
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
    whole: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    after: str = ""
    leaves_open: tuple[tuple[str, frozenset[str]], ...] = ()

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


def read_spec(table: Table, key: str, order: int) -> FactSpec:
    """Read one [fact.KEY] table; `order` is its place in the file."""
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
        leaves_open=_leaves_open(table), after=table.get("after", str, ""),
        home=tuple(table.texts("home", [])), whole=tuple(table.texts("whole", [])),
        above=tuple(table.texts("above", [])),
    )  # fmt: skip
    table.done()
    return spec


def _leaves_open(table: Table) -> tuple[tuple[str, frozenset[str]], ...]:
    pairs = table.table("leaves_open")
    keys = pairs.keys()
    return tuple((key, frozenset(pairs.texts(key))) for key in keys)


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


def check_references(facts: Table, specs: dict[str, FactSpec]) -> None:
    """Refuse a derived fact or a group that is not there."""
    members = {value for spec in specs.values() if spec.identity for value, _ in spec.choices}
    for key, spec in specs.items():
        named = {name for left, right in spec.leaves_open for name in (left, *right)}
        if not named <= {value for value, _ in spec.choices}:
            raise facts.error(f"{key}.leaves_open", "只能写这一项自己的选项")
        if spec.after and (spec.after not in specs or specs[spec.after].order > spec.order):
            raise facts.error(f"{key}.after", f"“{spec.after}”不是排在它前面的情况项")
        for name in ("total", "longest", "count", "single"):
            other = getattr(spec, name)
            if other and (other not in specs or specs[other].kind != "number"):
                raise facts.error(f"{key}.{name}", f"“{other}”不是一个数字类的情况项")
        if spec.member_of and spec.member_of not in members:
            raise facts.error(f"{key}.member_of", f"没有“{spec.member_of}”这一群人")
