"""What is wrong with a list, cell by cell, in words that mend it and do not repeat it."""

from __future__ import annotations

from dataclasses import dataclass


class CellError(ValueError):
    """A cell that cannot be taken; `reason` is a phrase that does not repeat it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell, and how to mend it; `value` is masked and short."""

    row: int
    column: str
    value: str
    reason: str
    mend: str

    def sentence(self) -> str:
        """Say it in one line."""
        value = f"“{self.value}”" if self.value else ""
        return f"第{self.row}行 {self.column}：{value}{self.reason}。{self.mend}。"
