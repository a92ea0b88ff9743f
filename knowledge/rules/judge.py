"""One line of one benefit, judged for one person on one day.

The order is the contract: a failed condition refuses; else a known doubt or a gap in the
document leaves it unspecified; else a missing fact is named; else the person qualifies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from knowledge.fact_values import EARLIEST, LATEST
from knowledge.rules.outcome import Amount, Outcome, Reason, Validity, Verdict
from knowledge.rules.reasons import Findings, assumed, doubts, granted, trace, undated
from knowledge.rules.shapes import UNBOUNDED
from knowledge.rules.walk import missing

if TYPE_CHECKING:
    import datetime as dt

    from knowledge.rules.amounts import Sum
    from knowledge.rules.expressions import Values
    from knowledge.rules.model import Benefit, Condition, Document, Line, Payee


def judge(  # noqa: PLR0913 - a line does not know whose it is, and a case is four things
    document: Document,
    benefit: Benefit,
    line: Line,
    values: Values,
    on: dt.date,
    *,
    unclear: frozenset[str] = frozenset(),
) -> Outcome:
    """Judge one line: `values` as `Facts.values`, `on` is today.

    A condition of which the person says 不清楚 stays missing; `assumed` then says, under the
    fact's key, that its amount is told as if it held.
    """
    low, day = fact_days(benefit.date_fact, values, on)
    found = _weigh(line, values)
    early = day < benefit.begins
    blockers = _blockers(found) if found.failed else ()
    silent = early or any(doubt.effect != "note" for doubt in found.known)
    open_ = not (blockers or silent)
    paid = line.payment.work_out(values) if open_ and line.payment else None
    verdict = _verdict(blockers, found, paid, silent=silent)
    return Outcome(
        benefit=benefit.id,
        line=line.id,
        verdict=verdict,
        amount=0 if blockers and line.payment else _amount(paid),
        per_person=_per_person(paid),
        paid_to=paid_to(line.payee, values),
        paid_to_basis=line.payee.basis,
        clause=benefit.clause,
        validity=_validity(document, benefit, day),
        policy=document.number,
        notice=_is_past(on, document) or _is_past(day, document),
        asks=tuple(dict.fromkeys(found.asks)) if verdict == "needs" else (),
        counts=paid.missing if paid else (),
        trace=trace(line, verdict, found),
        blockers=blockers,
        doubts=doubts(benefit, verdict, found, early=early),
        assumed=assumed(line, verdict, found, values)
        + undated(benefit, verdict, low)
        + granted(found, verdict, unclear),
    )


def fact_days(date_fact: str, values: Values, on: dt.date) -> tuple[dt.date, dt.date]:
    """Return the earliest and latest day the dated fact can have.

    Where nothing is said it may be any day up to today; without a dated fact it is today.
    """
    if not date_fact:
        return on, on
    low, high = values.get(date_fact, (EARLIEST, LATEST))
    return low, high if high < LATEST else max(low, on)


def _weigh(line: Line, values: Values) -> Findings:
    found = Findings()
    for condition in line.conditions:
        holds = condition.test(values)
        if holds:
            concerns = condition.concerns is None or condition.concerns(values)
            if concerns and not condition.silent:
                found.met.append(condition.yes)
        elif holds is False:
            found.failed.append(condition)
        elif not condition.silent:
            _open(condition, values, found)
    for doubt in line.doubts:
        applies = doubt.test(values)
        if applies:
            found.known.append(doubt)
        elif applies is None:
            if doubt.effect == "gap":
                found.asks += doubt.lacks(values)
            else:
                found.open_doubts.append(doubt)
    return found


def _open(condition: Condition, values: Values, found: Findings) -> None:
    """Take an undecided condition for granted where the rules say so, else ask for its fact."""
    allowed = condition.may_assume(values) if condition.may_assume else True
    if condition.assumed and allowed:
        found.assumed.append(condition.assumed)
    elif condition.assumed_when and allowed is None:
        found.asks += missing(condition.assumed_when, values)
    else:
        found.open.append(condition)
        found.asks += condition.lacks(values)


def _blockers(found: Findings) -> tuple[Reason, ...]:
    excused = {doubt.excuses for doubt in found.known}
    return tuple(each.no for each in found.failed if each.id not in excused)


def _verdict(
    blockers: tuple[Reason, ...], found: Findings, paid: Sum | None, *, silent: bool
) -> Verdict:
    if blockers:
        return "not_eligible"
    if silent:
        return "unspecified"
    return "needs" if found.asks or (paid and paid.missing) else "eligible"


def _amount(paid: Sum | None) -> Amount:
    if paid is None or paid.high == UNBOUNDED:
        return None
    low, high = int(paid.low), int(paid.high)
    return low if low == high else (low, high)


def _per_person(paid: Sum | None) -> bool:
    """Say whether an amount stands, and is one head's for want of their number."""
    return paid is not None and paid.per_person and paid.high != UNBOUNDED


def paid_to(payee: Payee, values: Values) -> str | None:
    """Say who is paid; None where that hangs on a fact not known, or where nobody is."""
    if not payee.by:
        return payee.to
    possible = values.get(payee.by)
    if possible is None:
        return None
    if payee.choice not in possible:
        return payee.otherwise
    return payee.to if len(possible) == 1 else None


def _is_past(day: dt.date, document: Document) -> bool:
    return document.nominal_until is not None and day > document.nominal_until


def _validity(document: Document, benefit: Benefit, day: dt.date) -> Validity:
    status: Literal["in_force", "expired_unless_renewed", "before_start"] = "in_force"
    if day < benefit.begins:
        status = "before_start"
    elif _is_past(day, document):
        status = "expired_unless_renewed"
    return Validity(benefit.begins, document.nominal_until, status)
