"""What an estimate is in words (结果): amount first, who is paid, why, then what next."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from handlers import menu, people, policy
from handlers.text import lines
from knowledge.rules.walk import facts_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handlers.state import Form
    from handlers.turn import Turn
    from knowledge.rules import Estimate, Outcome, Reason

SHOWN = 3  # outcomes told in one message
REASONS = 4
ASSUMED = 2
WORTH = {"eligible", "needs"}  # what is worth telling beside the first outcome
ENOUGH = 2  # facts told that settle an outcome: it is what the worker came for


def next_question(turn: Turn, form: Form, estimate: Estimate) -> str:
    """Return the fact to ask now, or "" when the result can be told.

    Asked about nothing in particular, a good result is told at once: the rest may be asked for.
    """
    fact = estimate.next_question or ""
    if not fact or not turn.library.book.specs[fact].ask:
        return ""
    return fact if form.asked or not _settled(turn, estimate) else ""


def promising(form: Form, estimate: Estimate) -> list[str]:
    """Asked about nothing in particular and nothing in hand: what only an amount hangs on.

    The interview is then about these, not about everything the facts touch.
    """
    if form.asked or any(map(_in_hand, estimate.outcomes)):
        return []
    found = [each for each in estimate.outcomes if each.verdict == "needs" and not each.asks]
    return list(dict.fromkeys(each.benefit for each in found))


def at_stake(turn: Turn, form: Form, estimate: Estimate, fact: str) -> str:
    """Say what amount hangs on the question, once, where it is known already."""
    if fact == "groups" and "groups_has" in turn.state.person:
        return _who_would(turn, estimate)
    if any(name in turn.library.book.specs for name in form.history):
        return ""
    for outcome in estimate.outcomes:
        if outcome.verdict == "needs" and fact in outcome.needs and outcome.amount:
            paid = _texts(_paid(turn, outcome))
            return turn.say("results.at_stake", name=_name(turn, outcome), paid=paid)
    return ""


def _who_would(turn: Turn, estimate: Estimate) -> str:
    """A named group was not enough: say which people the benefit is for, then ask."""
    open_ = [each.benefit for each in estimate.outcomes if "groups" in each.needs]
    for benefit in open_:
        for line in turn.library.policies.benefits[benefit].lines:
            for condition in line.conditions:
                if "groups" in facts_of(condition.node):
                    return condition.no.text + "。"
    return ""


def tariff(turn: Turn, estimate: Estimate) -> str:
    """How the first open benefit is paid, in words."""
    return next((_texts(_paid(turn, each)) for each in estimate.outcomes if each.needs), "")


def tell(turn: Turn, form: Form, estimate: Estimate) -> str:
    """Tell the result: the best outcomes, their source, what was taken for granted, next steps."""
    told = _chosen(turn, form, estimate)
    turn.state.topic = told[0].benefit if told else turn.state.topic
    if not told:
        return turn.say("results.nothing") + "\n" + turn.say("results.refused_help")
    first, *others = told
    parts = [_sentence(turn, first), _because(turn, first)]
    parts += [turn.say("results.besides", sentence=_sentence(turn, each)) for each in others]
    parts.append(_listed(turn, "results.assumed", _assumed(turn, form, told)))
    parts.append(_listed(turn, "results.overlap", estimate.totals.left_out))
    parts.append(_basis(turn, told))
    parts.append(_next(turn, told))
    return lines(*parts)


def _in_hand(outcome: Outcome) -> bool:
    return outcome.verdict == "eligible" and bool(outcome.amount)


def _settled(turn: Turn, estimate: Estimate) -> bool:
    """Say whether one outcome is in hand, or settled by at least two facts that were told."""
    return any(
        _in_hand(each) or (each.verdict != "needs" and len(_told(turn, each)) >= ENOUGH)
        for each in estimate.outcomes
    )


def _rank(turn: Turn, outcome: Outcome) -> tuple[bool, int, int, bool]:
    """In hand first, then what was told most about; the worker's money before others'."""
    order = ("eligible", "needs", "unspecified", "not_eligible")
    told = len(_told(turn, outcome))
    return (
        outcome.verdict != "eligible",
        -told,
        order.index(outcome.verdict),
        outcome.paid_to != "worker",
    )


def _told(turn: Turn, outcome: Outcome) -> set[str]:
    """The outcome's own facts that are known."""
    return set(turn.state.person) & set(turn.library.policies.benefits[outcome.benefit].own_facts)


def _chosen(turn: Turn, form: Form, estimate: Estimate) -> list[Outcome]:
    """All that was asked for by name; else what the facts settle and what they come near to."""
    outcomes = sorted(estimate.outcomes, key=partial(_rank, turn))
    if form.asked:
        return outcomes[:SHOWN]
    near = [each for each in outcomes if len(_told(turn, each)) >= ENOUGH]
    first, *others = near or outcomes
    return [first, *(each for each in others if each.verdict in WORTH)][:SHOWN]


def _sentence(turn: Turn, outcome: Outcome) -> str:
    """One outcome in one sentence."""
    who, name = people.who(turn), _name(turn, outcome)
    if outcome.verdict == "not_eligible":
        key = "results.not_eligible" if _paid(turn, outcome) else "results.not_fit"
        return turn.say(key, name=name, reason=_texts(outcome.blockers[:2]))
    if outcome.verdict == "unspecified":
        return turn.say("results.unspecified", name=name, reason=_texts(outcome.doubts[:2], "。"))
    if outcome.verdict == "needs":
        return _needs(turn, outcome, who, name)
    if not _paid(turn, outcome):
        return turn.say("results.no_money", name=name, notes=_texts(outcome.doubts))
    if outcome.amount is None:
        return turn.say("results.no_amount", name=name)
    inferred = "_inferred" if outcome.paid_to_basis == "inferred" else ""
    key = f"results.{outcome.paid_to}{inferred}"
    return turn.say(key, who=who, name=name, amount=_money(turn, outcome))


def _needs(turn: Turn, outcome: Outcome, who: str, name: str) -> str:
    """What it would be, and what it still hangs on."""
    specs = turn.library.book.specs
    missing = "、".join(specs[fact].question.split("？")[0] for fact in outcome.needs[:2])
    if not outcome.amount:
        return turn.say("results.needs", name=name, missing=missing)
    payee = turn.say(f"results.payee_{outcome.paid_to or 'open'}", who=who)
    money = _money(turn, outcome)
    return turn.say("results.needs_amount", name=name, amount=money, payee=payee, missing=missing)


def _money(turn: Turn, outcome: Outcome) -> str:
    """An amount in words: 2000元, 4000元到6000元, 最多4000元."""
    amount = outcome.amount
    if isinstance(amount, tuple):
        low, high = amount
        key = "results.between" if low else "results.up_to"
        said = turn.say(key, low=low, high=high)
    else:
        said = turn.say("results.exact", amount=amount)
    return turn.say("results.per_person", amount=said) if outcome.per_person else said


def _because(turn: Turn, outcome: Outcome) -> str:
    """Why: the conditions met, or what the blocker already said is not repeated."""
    if outcome.verdict not in {"eligible", "needs"}:
        return ""
    paid = {reason.id for reason in _paid(turn, outcome)}
    met = [reason for reason in outcome.trace if reason.id not in paid]
    return _listed(turn, "results.because", met[:REASONS])


def _paid(turn: Turn, outcome: Outcome) -> tuple[Reason, ...]:
    """The sentence that tells how the amount is worked out."""
    benefit = turn.library.policies.benefits[outcome.benefit]
    return next((line.paid for line in benefit.lines if line.id == outcome.line), ())


def _assumed(turn: Turn, form: Form, told: list[Outcome]) -> list[Reason]:
    """What was taken for granted in the results told; after 不清楚 it matters most."""
    found = {reason.id: reason for outcome in told[:1] for reason in outcome.assumed}
    unclear = [reason for key, reason in found.items() if key in form.unclear]
    fresh = [reason for key, reason in found.items() if key not in turn.state.assumed]
    said = (unclear or fresh)[:ASSUMED]
    turn.state.assumed = [*turn.state.assumed, *(reason.id for reason in said)]
    return said


def _listed(turn: Turn, key: str, reasons: Iterable[Reason]) -> str:
    texts = _texts(reasons)
    return turn.say(key, reasons=texts) if texts else ""


def _texts(reasons: Iterable[Reason], joint: str = "；") -> str:
    return joint.join(reason.text.rstrip("。；，") for reason in reasons)


def _name(turn: Turn, outcome: Outcome) -> str:
    name = turn.library.policies.benefits[outcome.benefit].name
    key = f"results.line_{outcome.line}"
    return turn.say(key, name=name) if key in turn.library.replies else name


def _basis(turn: Turn, told: list[Outcome]) -> str:
    clauses = "、".join(dict.fromkeys(outcome.clause for outcome in told))
    notice = any(outcome.notice and outcome.amount != 0 for outcome in told)
    return policy.basis(turn, clauses, notice=notice)


def _next(turn: Turn, told: list[Outcome]) -> str:
    choices = [("topic:apply_process", turn.say("results.next_apply"))]
    waiting = [each.benefit for each in told if each.verdict == "needs"]
    if waiting:
        action = "estimate:" + ",".join(dict.fromkeys(waiting))
        choices.insert(0, (action, turn.say("results.next_settle")))
    choices.append(("do:change", turn.say("results.next_change")))
    choices.append(("human_agent", turn.say("menu.to_human")))
    return menu.offer(turn, choices)
