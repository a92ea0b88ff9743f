"""The two totals: what goes to the worker, what is paid to others. Never added across."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.rules.outcome import Amount, Outcome, Totals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from knowledge.rules.model import Overlap


Span = tuple[int, int]


def totals(outcomes: Sequence[Outcome], overlaps: Iterable[Overlap]) -> Totals:
    """Add up what is certain; of what may pay for the same thing only the largest counts.

    Where amounts are ranges, the total holds every sum that can be true.
    """
    spans: dict[str, Span] = {}
    to_worker = set()
    for each in outcomes:
        if each.verdict == "eligible" and each.amount is not None:
            spans[each.name] = _span(each.amount)
            if each.paid_to == "worker":
                to_worker.add(each.name)
    left_out = []
    for overlap in overlaps:
        rivals = [name for name in overlap.lines if name in spans]
        if len(rivals) > 1:
            lows, highs = zip(*(spans.pop(name) for name in rivals), strict=True)
            spans[rivals[0]] = max(lows), max(highs)
            left_out.append(overlap.reason)
    return Totals(
        worker=_add(span for name, span in spans.items() if name in to_worker),
        others=_add(span for name, span in spans.items() if name not in to_worker),
        left_out=tuple(left_out),
    )


def _span(amount: int | Span) -> Span:
    return amount if isinstance(amount, tuple) else (amount, amount)


def _add(spans: Iterable[Span]) -> Amount:
    low = high = 0
    for least, most in spans:
        low, high = low + least, high + most
    return low if low == high else (low, high)
