"""What a judged line says for itself: steps met, doubts, what was taken for granted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from knowledge.rules.outcome import Reason
from knowledge.rules.walk import facts_of

if TYPE_CHECKING:
    import datetime as dt

    from knowledge.rules.expressions import Values
    from knowledge.rules.model import Benefit, Condition, Doubt, Line
    from knowledge.rules.outcome import Verdict


@dataclass(slots=True)
class Findings:
    """What the conditions and doubts of a line say; filled by `judge`."""

    met: list[Reason] = field(default_factory=list)
    failed: list[Condition] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)
    open: list[Condition] = field(default_factory=list)
    known: list[Doubt] = field(default_factory=list)
    open_doubts: list[Doubt] = field(default_factory=list)
    assumed: list[Reason] = field(default_factory=list)


def trace(line: Line, verdict: Verdict, found: Findings) -> tuple[Reason, ...]:
    """List the conditions met and, where an amount stands, how it is counted."""
    return (*found.met, *(line.paid if verdict in {"eligible", "needs"} else ()))


def doubts(
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


def granted(found: Findings, verdict: Verdict, unclear: frozenset[str]) -> tuple[Reason, ...]:
    """List, under the fact's key, what is told as if it held because the person cannot say."""
    if verdict != "needs" or not unclear:
        return ()
    return tuple(
        Reason(key, condition.yes.text)
        for condition in found.open
        for key in facts_of(condition.node)
        if key in unclear
    )


def assumed(line: Line, verdict: Verdict, found: Findings, values: Values) -> tuple[Reason, ...]:
    """List what was taken for granted: on a refusal only what might have excused it."""
    if verdict == "not_eligible":
        failed = {condition.id for condition in found.failed}
        return tuple(d.assumed for d in found.open_doubts if d.assumed and d.excuses in failed)
    silent = [
        doubt.assumed
        for doubt in found.open_doubts
        if doubt.assumed and not (found.asks and _asked(doubt, found, values))
    ]
    return (*line.assumes, *found.assumed, *silent)


def _asked(doubt: Doubt, found: Findings, values: Values) -> bool:
    """Say whether all that the doubt hangs on is asked for anyway."""
    return all(key in found.asks for key in doubt.lacks(values))


def undated(benefit: Benefit, verdict: Verdict, low: dt.date) -> tuple[Reason, ...]:
    """Say that certificate or course is taken to be of the document's time, where it may not."""
    dated = benefit.date_fact and low >= benefit.begins
    if dated or verdict == "not_eligible" or not benefit.after_assumed:
        return ()
    return (benefit.after_assumed,)
