"""What a judged line says for itself: steps met, doubts, what was taken for granted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from knowledge.rules.outcome import Reason

if TYPE_CHECKING:
    from knowledge.rules.expressions import Values
    from knowledge.rules.model import Benefit, Condition, Doubt, Line
    from knowledge.rules.outcome import Verdict
    from knowledge.rules.timing import Dating


@dataclass(slots=True)
class Findings:
    """What the conditions and doubts of a line say; filled by `judge`.

    Of a doubt that may or may not apply, `open_doubts` are those nobody said anything about,
    `blurred` those whose facts are all known in part.
    """

    met: list[Reason] = field(default_factory=list)
    failed: list[Condition] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)
    open: list[Condition] = field(default_factory=list)
    known: list[Doubt] = field(default_factory=list)
    open_doubts: list[Doubt] = field(default_factory=list)
    blurred: list[Doubt] = field(default_factory=list)
    assumed: list[Reason] = field(default_factory=list)


def trace(line: Line, verdict: Verdict, found: Findings) -> tuple[Reason, ...]:
    """List the conditions met and, where an amount stands, how it is counted.

    A condition that a known doubt is about is not told as met.
    """
    met = found.met
    if met and found.known:
        instead = {doubt.excuses: doubt.instead for doubt in found.known}
        told = [instead.get(step.id, step) for step in met]
        met = [step for step in told if step]
    return (*met, *(line.paid if verdict in {"eligible", "needs"} else ()))


def doubts(
    benefit: Benefit, verdict: Verdict, found: Findings, dated: Dating, values: Values
) -> tuple[Reason, ...]:
    """Name the doubts that matter: on a refusal only what is worth knowing beside it.

    One that may apply, by what was said, is named too, though it changes no verdict.
    """
    shown = [doubt.reason for doubt in found.known if _matters(doubt, verdict)]
    if found.blurred:
        failed = {condition.id for condition in found.failed}
        shown += [
            doubt.reason
            for doubt in found.blurred
            if (doubt.excuses in failed if failed else not _asked(doubt, found, values))
        ]
    if dated in {"before", "unclear"} and verdict != "not_eligible":
        shown.append(benefit.before)
    return tuple(shown)


def _matters(doubt: Doubt, verdict: Verdict) -> bool:
    if doubt.beside_refusal or verdict == "unspecified":
        return True
    return doubt.effect == "note" and verdict != "not_eligible"


def granted(found: Findings, verdict: Verdict, unclear: frozenset[str]) -> tuple[Reason, ...]:
    """List, under the fact's key, what is told as if it held because the person cannot say."""
    if verdict != "needs" or not unclear:
        return ()
    return tuple(
        Reason(key, condition.yes.text)
        for condition in found.open
        for key in condition.facts
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
        if doubt.assumed and not _asked(doubt, found, values)
    ]
    return (*line.assumes, *found.assumed, *silent)


def _asked(doubt: Doubt, found: Findings, values: Values) -> bool:
    """Say whether all that the doubt hangs on is asked for anyway."""
    if doubt.common or not found.asks:
        return False
    return all(key in found.asks for key in doubt.lacks(values))
