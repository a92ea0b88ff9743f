"""What to ask next: the one identity question first, what is settled never, counts last."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from knowledge.facts import FactBook, Facts, FactSpec
    from knowledge.rules.outcome import Outcome


def next_question(
    outcomes: Sequence[Outcome], facts: Facts, book: FactBook, unclear: frozenset[str]
) -> str | None:
    """Name the fact to ask for, or None.

    Only facts that can still change a verdict or an amount are in an outcome's needs. What
    the person does not know is taken as it would hold, so that its amount can be worked out;
    what has sense only after it is not asked.
    """
    open_ = [outcome for outcome in outcomes if outcome.verdict == "needs"]
    lost = unclear - facts.values.keys()

    def askable(keys: Iterable[str]) -> list[FactSpec]:
        specs = [book.specs[key] for key in set(keys) - unclear]
        return [spec for spec in specs if spec.ask and spec.after not in lost]

    asks = askable(key for outcome in open_ for key in outcome.asks)
    if asks:
        return min(asks, key=lambda spec: (not spec.identity, spec.order)).key
    counts = askable(key for outcome in open_ for key in outcome.counts)
    return min(counts, key=lambda spec: spec.order).key if counts else None
