"""How a list of people (名册) is written: its columns, their headings, the words in the cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.columns import plain
from knowledge.reading import ROOT, Table, read_toml

if TYPE_CHECKING:
    from pathlib import Path

    from knowledge.facts import FactBook

KINDS = {"id", "name", "phone", "county", "text", "choice", "groups", "number", "date"}
WORDY = {"county", "choice", "groups"}


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column: `names` are its headings (the first is ours), `words` what is written → code.

    `most` is the largest number or the longest text; `none` are the words that deny the codes
    in `none_denies`.
    """

    key: str
    kind: str
    names: tuple[str, ...]
    hint: str
    need: bool
    most: int
    words: dict[str, str]
    codes: tuple[str, ...]
    none: tuple[str, ...]
    none_denies: tuple[str, ...]

    @property
    def name(self) -> str:
        """Our own heading for it."""
        return self.names[0]

    def shown(self, code: str) -> str:
        """Return a code as people call it: the first of its words."""
        return next((word for word, each in self.words.items() if each == code), code)


@dataclass(frozen=True, slots=True)
class ListColumns:
    """All columns by key, every known heading (plainly written) → key, those left out."""

    columns: dict[str, ListColumn]
    headings: dict[str, str]
    left_out: tuple[str, ...]


def load_registry(book: FactBook, path: Path = ROOT / "registry" / "columns.toml") -> ListColumns:
    """Read the columns; a fault is a `KnowledgeError`."""
    table = read_toml(path)
    parts = table.table("column")
    columns = {key: _column(parts.table(key), key, book) for key in parts.keys()}  # noqa: SIM118
    headings: dict[str, str] = {}
    for key, column in columns.items():
        for name in column.names:
            if headings.setdefault(plain(name), key) != key:
                raise parts.error(f"{key}.names", f"“{name}”已经是另一列的名称")
    left_out = tuple(plain(heading) for heading in table.texts("leave_out", []))
    if both := headings.keys() & set(left_out):
        raise table.error("leave_out", f"“{min(both)}”也是一列的名称")
    parts.done()
    table.done()
    return ListColumns(columns, headings, left_out)


def _column(table: Table, key: str, book: FactBook) -> ListColumn:
    kind = table.text("kind")
    if kind not in KINDS:
        raise table.error("kind", f"没有“{kind}”这一类，只能是 {'、'.join(sorted(KINDS))}")
    names = tuple(table.texts("names"))
    if not names:
        raise table.error("names", "至少要有一个名称")
    words, codes = _words(table.table("words"))
    if (kind in WORDY) != bool(codes):
        raise table.error("words", "只有 choice、groups、county 这几类要写，而且必须写")
    denies = tuple(table.texts("none_denies", []))
    if not set(denies) <= set(codes):
        raise table.error("none_denies", "只能写这一列自己的代号")
    most = table.get("most", int, 0) or _follow_fact(table, codes, book)
    column = ListColumn(
        key=key, kind=kind, names=names, hint=table.text("hint"),
        need=table.get("need", bool, False), most=most, words=words, codes=codes,
        none=tuple(plain(word) for word in table.texts("none", [])), none_denies=denies,
    )  # fmt: skip
    table.done()
    return column


def _words(table: Table) -> tuple[dict[str, str], tuple[str, ...]]:
    found: dict[str, str] = {}
    for code in table.keys():  # noqa: SIM118 - a Table
        for word in table.texts(code):
            if found.setdefault(plain(word), code) != code:
                raise table.error(code, f"“{word}”写了两处")
    return found, tuple(table.keys())


def _follow_fact(table: Table, codes: tuple[str, ...], book: FactBook) -> int:
    """Check that the codes are the fact's own choices; return the fact's largest number."""
    key = table.get("fact", str, "")
    if not key:
        return 0
    if key not in book.specs:
        raise table.error("fact", f"没有“{key}”这个情况项")
    spec = book.specs[key]
    if codes and set(codes) != {choice for choice, _ in spec.choices}:
        raise table.error("words", f"代号要和 facts.toml 里 {key} 的选项一样")
    return spec.most
