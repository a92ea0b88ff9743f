"""Why a question is left for the staff, and how long an answer may be: staff/questions.toml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.reading import ROOT, Table, read_toml

if TYPE_CHECKING:
    from pathlib import Path

FILE = ROOT / "staff" / "questions.toml"
REASONS = {"not_understood", "out_of_scope", "not_useful", "plain"}
LONGEST, SHORTEST = 500, 10


@dataclass(frozen=True, slots=True)
class Asked:
    """Characters an answer may have, and of the question it repeats; reasons by code."""

    answer: int
    shown: int
    reasons: dict[str, str]

    def called(self, reason: str) -> str:
        """Return what a reason is called to staff."""
        return self.reasons.get(reason, reason)


def load_asked(path: Path = FILE) -> Asked:
    """Read the file; a fault is a `KnowledgeError`."""
    table = read_toml(path)
    limits, reasons = table.table("limits"), table.table("reason")
    made = Asked(
        _length(limits, "answer"),
        _length(limits, "shown"),
        {code: reasons.text(code) for code in reasons.keys()},  # noqa: SIM118 - a Table
    )
    if missing := REASONS - set(made.reasons):
        raise reasons.error(min(missing), "缺少这一项")
    limits.done()
    table.done()
    return made


def _length(table: Table, key: str) -> int:
    length = table.get(key, int)
    if not SHORTEST <= length <= LONGEST:
        raise table.error(key, f"只能是{SHORTEST}到{LONGEST}（个字）")
    return length
