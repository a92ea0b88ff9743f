"""What a worker can have sent or stopped (订阅): knowledge/sending/subscriptions.toml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.reading import ROOT, read_toml

if TYPE_CHECKING:
    from pathlib import Path

FILE = ROOT / "sending" / "subscriptions.toml"


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """One kind of announcement: what it is called, and words that show that it is meant."""

    label: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """All kinds by their code, and the one that is meant where none is named."""

    kinds: dict[str, NoticeKind]
    usual: str

    def named(self, text: str) -> list[str]:
        """Return the kinds that a normalised message speaks of, in their order."""
        return [code for code, kind in self.kinds.items() if any(w in text for w in kind.words)]

    def labels(self, codes: list[str]) -> str:
        """Return kinds as people call them, 、 between."""
        return "、".join(self.kinds[code].label for code in codes)

    def code(self, written: str) -> str | None:
        """Return the code of a kind given by code or label; None for anything else."""
        known = {kind.label: code for code, kind in self.kinds.items()}
        return written if written in self.kinds else known.get(written)


def load_subscriptions(path: Path = FILE) -> Subscriptions:
    """Read the file; a fault is a `KnowledgeError`."""
    table = read_toml(path)
    parts = table.table("kind")
    kinds = {}
    for code in parts.keys():  # noqa: SIM118 - a Table
        part = parts.table(code)
        kinds[code] = NoticeKind(part.text("label"), tuple(part.texts("words")))
        part.done()
    usual = table.text("usual")
    if usual not in kinds:
        raise table.error("usual", f"只能写 {'、'.join(kinds)} 之一")
    table.done()
    return Subscriptions(kinds, usual)
