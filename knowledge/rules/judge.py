"""One line of one benefit, judged for one person on one day.

The order is the contract: a failed condition refuses; else a known doubt or a gap in the
document leaves it unspecified; else a missing fact is named; else the person qualifies.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from knowledge.fact_values import EARLIEST, LATEST
from knowledge.rules.amounts import UNBOUNDED, Sum
from knowledge.rules.outcome import Amount, Outcome, Reason, Validity, Verdict
from knowledge.rules.walk import facts_of, missing

if TYPE_CHECKING:
    import datetime as dt

    from knowledge.rules.expressions import Values
    from knowledge.rules.model import Benefit, Condition, Document, Doubt, Line, Payee


@dataclass(slots=True)
class Findings:
    """What the conditions and doubts of a line say; filled by `_weigh`."""

    met: list[Reason] = field(default_factory=list)
    failed: list[Condition] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)
    open: list[Condition] = field(default_factory=list)
    known: list[Doubt] = field(default_factory=list)
    open_doubts: list[Doubt] = field(default_factory=list)
    assumed: list[Reason] = field(default_factory=list)


class Case(NamedTuple):
    """What a line is judged for: the facts, today, and the days the dated fact can have."""

    values: Values
    on: dt.date
    low: dt.date
    high: dt.date


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
    case = Case(values, on, *fact_days(benefit.date_fact, values, on))
    found = _weigh(line, values)
    early = case.high < benefit.begins
    blockers = _blockers(found) if found.failed else ()
    paid = line.payment.work_out(values) if line.payment else None
    verdict = _verdict(blockers, found, paid, early=early)
    return Outcome(
        benefit=benefit.id,
        line=line.id,
        verdict=verdict,
        amount=_amount(verdict, paid),
        per_person=bool(verdict == "needs" and paid and paid.per_person and paid.high != UNBOUNDED),
        paid_to=paid_to(line.payee, values),
        paid_to_basis=line.payee.basis,
        clause=benefit.clause,
        validity=_validity(document, benefit, case.high),
        policy=document.number,
        notice=document.nominal_until is not None and max(on, case.high) > document.nominal_until,
        asks=tuple(dict.fromkeys(found.asks)) if verdict == "needs" else (),
        counts=paid.missing if verdict == "needs" and paid else (),
        trace=_trace(line, verdict, found),
        blockers=blockers,
        doubts=_doubts(benefit, verdict, found, early=early),
        assumed=(
            *_granted(found, verdict, unclear),
            *_assumed(benefit, line, verdict, found, case),
        ),
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
            if not condition.silent:
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
    blockers: tuple[Reason, ...], found: Findings, paid: Sum | None, *, early: bool
) -> Verdict:
    if blockers:
        return "not_eligible"
    if early or (found.known and any(doubt.effect != "note" for doubt in found.known)):
        return "unspecified"
    return "needs" if found.asks or (paid and paid.missing) else "eligible"


def _amount(verdict: Verdict, paid: Sum | None) -> Amount:
    if paid is None or verdict == "unspecified":
        return None
    if verdict == "not_eligible":
        return 0
    if paid.high == UNBOUNDED:
        return None
    low, high = int(paid.low), int(paid.high)
    return low if low == high else (low, high)


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


def _validity(document: Document, benefit: Benefit, day: dt.date) -> Validity:
    until = document.nominal_until
    if day < benefit.begins:
        return Validity(benefit.begins, until, "before_start")
    late = until is not None and day > until
    return Validity(benefit.begins, until, "expired_unless_renewed" if late else "in_force")


def _trace(line: Line, verdict: Verdict, found: Findings) -> tuple[Reason, ...]:
    return (*found.met, *(line.paid if verdict in {"eligible", "needs"} else ()))


def _doubts(
    benefit: Benefit, verdict: Verdict, found: Findings, *, early: bool
) -> tuple[Reason, ...]:
    """Name the doubts that matter: on a refusal only what is worth knowing beside it."""
    if not found.known and not early:
        return ()
    shown = [
        doubt.reason
        for doubt in found.known
        if doubt.beside_refusal
        or verdict == "unspecified"
        or (doubt.effect == "note" and verdict != "not_eligible")
    ]
    return (*shown, benefit.before) if early and verdict == "unspecified" else tuple(shown)


def _granted(found: Findings, verdict: Verdict, unclear: frozenset[str]) -> tuple[Reason, ...]:
    if verdict != "needs" or not unclear:
        return ()
    return tuple(
        Reason(key, condition.yes.text)
        for condition in found.open
        for key in facts_of(condition.node)
        if key in unclear
    )


def _assumed(
    benefit: Benefit, line: Line, verdict: Verdict, found: Findings, case: Case
) -> tuple[Reason, ...]:
    """List what was taken for granted: on a refusal only what might have excused it."""
    if verdict == "not_eligible":
        failed = {condition.id for condition in found.failed}
        return tuple(d.assumed for d in found.open_doubts if d.assumed and d.excuses in failed)
    doubts = [
        doubt.assumed
        for doubt in found.open_doubts
        if doubt.assumed and not (found.asks and _asked(doubt, found, case))
    ]
    undated = not benefit.date_fact or case.low < benefit.begins
    after = [benefit.after_assumed] if benefit.after_assumed and undated else []
    return (*line.assumes, *found.assumed, *doubts, *after)


def _asked(doubt: Doubt, found: Findings, case: Case) -> bool:
    """Say whether all that the doubt hangs on is asked for anyway."""
    return all(key in found.asks for key in doubt.lacks(case.values))
