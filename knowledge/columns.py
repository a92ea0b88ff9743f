"""How the lists of training are written: columns, their headings, the words in the cells."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.reading import Table, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KINDS = {"code", "text", "choice", "number", "day", "id", "paper"}
_CLUTTER = re.compile(r"[\s()（）\[\]【】*＊:：\ufeff\u200b]+")


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `words` maps a way of writing (see `plain`) to its code, `shown` a code back.

    `names` are its headings, the first is ours; `least` and `most` of a number or, `most`, of
    the length of a text; `default` is the word that an empty choice stands for.
    """

    key: str
    names: tuple[str, ...]
    kind: str
    hint: str
    need: bool
    default: str
    least: int
    most: int
    words: dict[str, str]
    shown: dict[str, str]

    @property
    def empty(self) -> str:
        """What an empty text or choice is kept as."""
        return self.words[plain(self.default)] if self.default else ""


@dataclass(frozen=True, slots=True)
class Columns:
    """All columns by key, each plain heading → key, plain headings that are known and left out."""

    columns: dict[str, Column]
    headings: dict[str, str]
    left_out: tuple[str, ...]

    def say(self, key: str, code: str) -> str:
        """Return a code of a choice as people call it; "" stays ""."""
        return self.columns[key].shown.get(code, code)


def plain(text: str) -> str:
    """Return a heading or word without what may differ: width, case, blanks, brackets."""
    return _CLUTTER.sub("", unicodedata.normalize("NFKC", text)).casefold()


def load_columns(path: Path, others: Mapping[str, Column] | None = None) -> Columns:
    """Read the columns of a list; a fault is a `KnowledgeError`.

    `words_as` takes the words of one of the `others`, so that no word is written twice.
    """
    table = read_toml(path)
    parts = table.table("column")
    columns = {key: _column(parts.table(key), key, others or {}) for key in parts.keys()}  # noqa: SIM118 - a Table
    headings: dict[str, str] = {}
    for key, column in columns.items():
        for name in column.names:
            if headings.setdefault(plain(name), key) != key:
                raise parts.error(f"{key}.names", f"“{name}”已经是另一列的名称")
    left_out = tuple(plain(heading) for heading in table.texts("leave_out", []))
    if both := headings.keys() & set(left_out):
        raise table.error("leave_out", f"“{min(both)}”也是一列的名称")
    table.done()
    return Columns(columns, headings, left_out)


def _column(table: Table, key: str, others: Mapping[str, Column]) -> Column:
    kind = table.text("kind")
    names = tuple(table.texts("names"))
    if kind not in KINDS or not names:
        raise table.error("kind", f"只能是 {'、'.join(sorted(KINDS))}，而且至少要有一个名称")
    words, shown = _words(table, others)
    if (kind == "choice") != bool(words):
        raise table.error("words", "choice 这一类必须写，别的不能写")
    column = Column(
        key=key, names=names, kind=kind, hint=table.text("hint"),
        need=table.get("need", bool, default=False), default=table.text("default", ""),
        least=table.get("least", int, 0), most=table.get("most", int, 0),
        words=words, shown=shown,
    )  # fmt: skip
    if column.default and plain(column.default) not in words:
        raise table.error("default", "要是这一列的一种写法")
    table.done()
    return column


def _words(table: Table, others: Mapping[str, Column]) -> tuple[dict[str, str], dict[str, str]]:
    """Return each plain word → its code, and each code → its first word."""
    if other := table.text("words_as", ""):
        if other not in others:
            raise table.error("words_as", f"没有“{other}”这一列")
        return others[other].words, others[other].shown
    part = table.table("words")
    spelt = {code: part.texts(code) for code in part.keys()}  # noqa: SIM118 - a Table
    words: dict[str, str] = {}
    for code, ways in spelt.items():
        for way in ways:
            if words.setdefault(plain(way), code) != code:
                raise part.error(code, f"“{way}”写了两处")
    return words, {code: ways[0] for code, ways in spelt.items()}
