"""How the day of a fact lies to the term of its rule: before it, within, after, or not known."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from knowledge.fact_values import EARLIEST, LATEST
from knowledge.rules.outcome import Reason, Validity

if TYPE_CHECKING:
    import datetime as dt

    from knowledge.rules.expressions import Values
    from knowledge.rules.model import Benefit, Document

Dating = Literal["settled", "before", "unclear", "unsaid"]
"""In the term or of no matter; known to be before it; said, but possibly before it; not said."""


class Timing(NamedTuple):
    """How the fact's day lies, what is taken for granted of it, and whether the term is past."""

    dated: Dating
    assumed: tuple[Reason, ...]
    validity: Validity
    notice: bool


def fact_days(date_fact: str, values: Values, on: dt.date) -> tuple[dt.date, dt.date]:
    """Return the earliest and latest day the dated fact can have.

    Where nothing is said it may be any day up to today; without a dated fact it is today.
    """
    if not date_fact:
        return on, on
    low, high = values.get(date_fact, (EARLIEST, LATEST))
    return low, high if high < LATEST else max(low, on)


@lru_cache(maxsize=4096)
def time_of(  # noqa: PLR0913 - three days, the rule's document, and whether anything was said
    document: Document, benefit: Benefit, low: dt.date, day: dt.date, on: dt.date, *, said: bool
) -> Timing:
    """Say how a fact dated from `low` to `day` lies to the benefit's term; `on` is today."""
    dated = _dated(benefit, low, day, said=said)
    taken = (benefit.after_assumed,) if dated == "unsaid" and benefit.after_assumed else ()
    past = _is_past(on, document) or _is_past(day, document)
    return Timing(dated, taken, _validity(document, benefit, day), past)


def _dated(benefit: Benefit, low: dt.date, day: dt.date, *, said: bool) -> Dating:
    if not benefit.pays:
        return "settled"
    if day < benefit.begins:
        return "before"
    if benefit.date_fact and low >= benefit.begins:
        return "settled"
    return "unclear" if said else "unsaid"


def _is_past(day: dt.date, document: Document) -> bool:
    return document.nominal_until is not None and day > document.nominal_until


def _validity(document: Document, benefit: Benefit, day: dt.date) -> Validity:
    status: Literal["in_force", "expired_unless_renewed", "before_start"] = "in_force"
    if day < benefit.begins:
        status = "before_start"
    elif _is_past(day, document):
        status = "expired_unless_renewed"
    return Validity(benefit.begins, document.nominal_until, status)
