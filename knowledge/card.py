"""What a worker is told and asked of the own card (劳动力卡): knowledge/registry/card.toml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.reading import ROOT, read_toml

if TYPE_CHECKING:
    from pathlib import Path

    from knowledge.registry import ListColumn, ListColumns


@dataclass(frozen=True, slots=True)
class CardField:
    """One column of the card as the talk deals with it; see the file for each part."""

    column: ListColumn
    label: str
    words: tuple[str, ...]
    question: str
    show: bool
    missing: bool
    changes: bool
    hint: str

    @property
    def key(self) -> str:
        """The column's key."""
        return self.column.key

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """Codes with the word for each, where the column has a short list of them."""
        if self.column.kind not in {"choice", "county"}:
            return ()
        return tuple((code, self.column.shown(code)) for code in self.column.codes)

    def say(self, value: Any) -> str:
        """Return a stored value in words."""
        if isinstance(value, dict):  # groups: code → yes or no
            return "、".join(self.column.shown(code) for code, has in value.items() if has)
        return self.column.shown(value) if self.column.codes else str(value)


def load_refusals(path: Path = ROOT / "registry" / "refusals.toml") -> dict[str, str]:
    """Read why a card can be refused: the staff's word → what the worker reads."""
    table = read_toml(path)
    return {word: table.text(word) for word in table.keys()}  # noqa: SIM118 - a Table


def load_card(path: Path, columns: ListColumns) -> tuple[CardField, ...]:
    """Read the fields; a fault is a `KnowledgeError`."""
    table = read_toml(path)
    fields = []
    for part in table.tables("field"):
        key = part.text("key")
        if key not in columns.columns:
            raise part.error("key", f"columns.toml 里没有“{key}”这一列")
        fields.append(
            CardField(
                column=columns.columns[key],
                label=part.text("label"),
                words=tuple(part.texts("words")),
                question=part.text("question", ""),
                show=part.get("show", bool),
                missing=part.get("missing", bool),
                changes=part.get("changes", bool),
                hint=part.text("hint", ""),
            )
        )
        part.done()
    table.done()
    return tuple(fields)
