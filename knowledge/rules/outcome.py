"""What an estimate says: one outcome a benefit line, totals, the next question.

`as_json()` gives exactly the contract format of `jcbot estimate`. Texts are plain Chinese,
each complete in itself and fit to be shown to a worker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import datetime as dt

Verdict = Literal["eligible", "not_eligible", "unspecified", "needs"]
Amount = int | tuple[int, int] | None


@dataclass(frozen=True)
class Reason:
    """One step of the reasoning: an id for machines, a sentence for people."""

    id: str
    text: str

    def as_json(self) -> dict[str, str]:
        """Return {"id", "text"}."""
        return {"id": self.id, "text": self.text}


class Validity(NamedTuple):
    """From when the rule holds, until when it is named, and how the fact's date lies to it."""

    begins: dt.date
    nominal_until: dt.date | None
    status: Literal["in_force", "expired_unless_renewed", "before_start"]

    def as_json(self) -> dict[str, str | None]:
        """Return the contract's three keys, dates as ISO text."""
        until = self.nominal_until.isoformat() if self.nominal_until else None
        return {"from": self.begins.isoformat(), "nominal_until": until, "status": self.status}


class Outcome(NamedTuple):
    """What one line of one benefit comes to for one person.

    `amount` is whole yuan, (low, high), 0 when refused, or None (silent, unbounded, no money).
    `asks` are the missing facts on which the verdict hangs, `counts` those on which only the
    amount hangs; `needs` is both. `notice` says that the reply must carry the sentence about
    the plan's term (`PolicySet.notice`). `policy` is the document's number.
    """

    benefit: str
    line: str
    verdict: Verdict
    amount: Amount
    per_person: bool
    paid_to: str | None
    paid_to_basis: str | None
    clause: str
    validity: Validity
    policy: str
    notice: bool
    asks: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    trace: tuple[Reason, ...] = ()
    blockers: tuple[Reason, ...] = ()
    doubts: tuple[Reason, ...] = ()
    assumed: tuple[Reason, ...] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the missing facts, those the verdict hangs on first."""
        return tuple(dict.fromkeys((*self.asks, *self.counts)))

    @property
    def name(self) -> str:
        """Return benefit and line as one name: labor_prep.living."""
        return f"{self.benefit}.{self.line}"

    def as_json(self) -> dict[str, Any]:
        """Return the contract's form of one outcome."""
        found: dict[str, Any] = {
            "benefit": self.benefit,
            "line": self.line,
            "verdict": self.verdict,
            "needs": list(self.needs),
            "amount_yuan": amount_json(self.amount),
            "paid_to": self.paid_to,
            "paid_to_basis": self.paid_to_basis,
            "clause": self.clause,
            "trace": [reason.as_json() for reason in self.trace],
            "blockers": [reason.as_json() for reason in self.blockers],
            "doubts": [reason.as_json() for reason in self.doubts],
            "assumed": [reason.as_json() for reason in self.assumed],
            "validity": self.validity.as_json(),
        }
        return found | ({"per": "person"} if self.per_person else {})


@dataclass(frozen=True)
class Totals:
    """What goes to the worker and what is paid to others; `left_out` says what is not in it."""

    worker: Amount
    others: Amount
    left_out: tuple[Reason, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the two totals, and what was left out if anything was."""
        found: dict[str, Any] = {
            "worker": amount_json(self.worker),
            "others": amount_json(self.others),
        }
        left_out = [reason.as_json() for reason in self.left_out]
        return found | ({"left_out": left_out} if left_out else {})


@dataclass(frozen=True)
class Estimate:
    """All outcomes for one person, with what to ask next (None: nothing more to ask)."""

    outcomes: tuple[Outcome, ...]
    next_question: str | None
    totals: Totals
    policy: str
    policy_hash: str

    def as_json(self) -> dict[str, Any]:
        """Return the contract's form of one line of `jcbot estimate`."""
        return {
            "outcomes": [outcome.as_json() for outcome in self.outcomes],
            "next_question": self.next_question,
            "totals": self.totals.as_json(),
            "policy": self.policy,
            "policy_hash": self.policy_hash,
        }


def amount_json(amount: Amount) -> int | list[int] | None:
    """Return an amount as JSON has it."""
    return list(amount) if isinstance(amount, tuple) else amount
