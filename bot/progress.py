"""Progress on the terminal (进度): a line for each stage of a long job, none without a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Callable


def progress_bar() -> Progress:
    """Return what draws the lines while it is entered, on standard error."""
    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    return Progress(*parts, TimeElapsedColumn(), console=console, disable=not console.is_terminal)


def teller(bar: Progress) -> Callable[[str, int, int], None]:
    """Return what is told (stage, done, of how many)."""
    stages: dict[str, Any] = {}

    def tell(stage: str, done: int, total: int) -> None:
        if stage not in stages:
            stages[stage] = bar.add_task(stage)
        bar.update(stages[stage], completed=done, total=total)

    return tell
