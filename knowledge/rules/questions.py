"""What to ask next: the one identity question first, what is settled never, counts last."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from knowledge.facts import FactBook
    from knowledge.rules.outcome import Outcome


def next_question(
    outcomes: Sequence[Outcome], book: FactBook, unclear: frozenset[str]
) -> str | None:
    """Name the fact to ask for, or None.

    Only facts that can still change a verdict or an amount are in an outcome's needs. What
    the person does not know is taken as it would hold, so that its amount can be worked out.
    """
    open_ = [outcome for outcome in outcomes if outcome.verdict == "needs"]
    asks = _askable((key for outcome in open_ for key in outcome.asks), book, unclear)
    if asks:
        return min(asks, key=lambda key: (not book.specs[key].identity, book.specs[key].order))
    counts = _askable((key for outcome in open_ for key in outcome.counts), book, unclear)
    return min(counts, key=lambda key: book.specs[key].order) if counts else None


def _askable(keys: Iterable[str], book: FactBook, unclear: frozenset[str]) -> list[str]:
    return [key for key in keys if book.specs[key].ask and key not in unclear]
