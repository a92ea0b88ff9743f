"""One line of one benefit, judged for one person on one day.

The order is the contract: a failed condition refuses; else a known doubt or a gap in the
document leaves it unspecified; else a missing fact is named; else the person qualifies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.rules.outcome import Amount, Outcome, Reason, Verdict
from knowledge.rules.reasons import Findings, assumed, doubts, granted, trace
from knowledge.rules.shapes import UNBOUNDED
from knowledge.rules.timing import fact_days, time_of
from knowledge.rules.walk import compile_missing

if TYPE_CHECKING:
    import datetime as dt

    from knowledge.rules.amounts import Sum
    from knowledge.rules.expressions import Values
    from knowledge.rules.model import Benefit, Condition, Document, Doubt, Line, Payee


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
    timing = time_of(document, benefit, low, day, on, said=benefit.date_fact in values)
    found = _weigh(line, values)
    blockers = _blockers(found) if found.failed else ()
    silent = timing.dated == "before" or _is_silent(found)
    paid = line.payment.work_out(values) if line.payment and not (blockers or silent) else None
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
        validity=timing.validity,
        policy=document.number,
        notice=timing.notice,
        asks=tuple(dict.fromkeys(found.asks)) if verdict == "needs" else (),
        counts=paid.missing if paid else (),
        trace=trace(line, verdict, found),
        blockers=blockers,
        doubts=doubts(benefit, verdict, found, timing.dated, values),
        assumed=assumed(line, verdict, found, values)
        + (timing.assumed if verdict != "not_eligible" else ())
        + (granted(found, verdict, unclear) if unclear else ()),
    )


def _weigh(line: Line, values: Values) -> Findings:
    found, known = Findings(), values.keys()
    for condition, test in line.checks:
        holds = test(values)
        if holds:
            if condition.tells is None or condition.tells(values):
                found.met.append(condition.yes)
        elif holds is False:
            found.failed.append(condition)
        elif not condition.silent:
            _open(line, condition, values, found)
    for doubt, test, hangs_on in line.suspicions:
        if hangs_on and known.isdisjoint(hangs_on):
            _unsaid(line, doubt, found)
            continue
        applies = test(values)
        if applies:
            found.known.append(doubt)
        elif applies is None:
            _doubt(line, doubt, values, found)
    return found


def _open(line: Line, condition: Condition, values: Values, found: Findings) -> None:
    """Take an undecided condition for granted where the rules say so, else ask for its fact.

    Nothing is taken for granted of a fact of which something was said.
    """
    if condition.assumed and condition.facts[0] not in values:
        allowed = condition.may_assume(values) if condition.may_assume else True
        if allowed:
            found.assumed.append(condition.assumed)
            return
        if condition.assumed_when and allowed is None:
            found.asks += compile_missing(condition.assumed_when)(values)
            return
    found.open.append(condition)
    found.asks += line.asks[condition.id](values)


def _unsaid(line: Line, doubt: Doubt, found: Findings) -> None:
    """Note a doubt about which nothing at all was said."""
    if doubt.effect == "gap":
        found.asks += line.asks[doubt.id]({})
    else:
        found.open_doubts.append(doubt)


def _doubt(line: Line, doubt: Doubt, values: Values, found: Findings) -> None:
    """Ask for a gap's facts; of any other doubt note whether somebody said what blurs it."""
    if doubt.effect == "gap":
        found.asks += line.asks[doubt.id](values)
    else:
        said = all(key in values for key in doubt.lacks(values))
        (found.blurred if said else found.open_doubts).append(doubt)


def _is_silent(found: Findings) -> bool:
    return any(doubt.effect != "note" for doubt in found.known) if found.known else False


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
