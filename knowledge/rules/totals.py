"""The two totals: what goes to the worker, what is paid to others. Never added across."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.rules.outcome import Amount, Outcome, Reason, Totals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from knowledge.rules.model import Overlap


def totals(outcomes: Sequence[Outcome], overlaps: Iterable[Overlap]) -> Totals:
    """Add up what is certain; of what may pay for the same thing only the largest counts."""
    counted = {o.name: o for o in outcomes if o.verdict == "eligible" and o.amount is not None}
    left_out: dict[str, Reason] = {}
    for overlap in overlaps:
        rivals = [counted[name] for name in overlap.lines if name in counted]
        if len(rivals) > 1:
            largest = max(rivals, key=lambda outcome: _span(outcome.amount)[::-1])
            for rival in rivals:
                if rival is not largest:
                    del counted[rival.name]
            left_out[overlap.reason.id] = overlap.reason
    return Totals(
        worker=_add(o for o in counted.values() if o.paid_to == "worker"),
        others=_add(o for o in counted.values() if o.paid_to != "worker"),
        left_out=tuple(left_out.values()),
    )


def _span(amount: Amount) -> tuple[int, int]:
    if amount is None:
        return 0, 0
    return amount if isinstance(amount, tuple) else (amount, amount)


def _add(outcomes: Iterable[Outcome]) -> Amount:
    spans = [_span(outcome.amount) for outcome in outcomes]
    low, high = sum(span[0] for span in spans), sum(span[1] for span in spans)
    return low if low == high else (low, high)
