"""What to tell of an estimate (结果): the best first, why, on what basis, then what next."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from handlers import carded, menu, people, policy
from handlers.state import Form
from handlers.text import lines
from handlers.wording import joined, name_of, paid_by, sentence
from knowledge.rules.walk import facts_of

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    own = _nearly_own(turn, estimate)
    first = (
        people.estimate(turn, Form(asked=[own[0].benefit], unclear=form.unclear))
        if own
        else estimate
    )
    fact = first.next_question or ""
    if not fact or not turn.library.book.specs[fact].ask:
        return ""
    return fact if (form.asked and not form.again) or not _settled(turn, estimate) else ""


def promising(turn: Turn, form: Form, estimate: Estimate) -> list[str]:
    """Asked about nothing in particular and nothing in hand: what only an amount hangs on.

    The interview is then about these, not about everything the facts touch; what is nearly the
    worker's own comes first.
    """
    if form.asked or any(map(_in_hand, estimate.outcomes)):
        return []
    open_ = [each for each in estimate.outcomes if each.verdict == "needs"]
    found = [each for each in open_ if not each.asks]
    own = _nearly_own(turn, estimate)
    if own and carded.tells(turn):  # by the card others come near too, which nobody asked for
        return list(dict.fromkeys(each.benefit for each in own))
    return list(dict.fromkeys(each.benefit for each in [*own, *found])) if found else []


def _nearly_own(turn: Turn, estimate: Estimate) -> list[Outcome]:
    """The worker's own money, of which enough is told to ask for the rest first."""
    return [
        each
        for each in estimate.outcomes
        if each.verdict == "needs" and each.paid_to == "worker" and len(_told(turn, each)) >= ENOUGH
    ]


def at_stake(turn: Turn, form: Form, estimate: Estimate, fact: str) -> str:
    """Say what amount hangs on the question, once, where it is known already."""
    if fact == "groups" and "groups_has" in turn.state.person:
        return _who_would(turn, estimate)
    if any(name in turn.library.book.specs for name in form.history):
        return ""
    for outcome in estimate.outcomes:
        if outcome.verdict == "needs" and fact in outcome.needs and outcome.amount:
            paid = joined(paid_by(turn, outcome))
            return turn.say("results.at_stake", name=name_of(turn, outcome), paid=paid)
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
    return next((joined(paid_by(turn, each)) for each in estimate.outcomes if each.needs), "")


def tell(turn: Turn, form: Form, estimate: Estimate) -> str:
    """Tell the result: the best outcomes, their source, what was taken for granted, next steps."""
    told = _chosen(turn, form, estimate)
    turn.state.told = list(dict.fromkeys(each.benefit for each in told))
    turn.state.topic = told[0].benefit if told else turn.state.topic
    if not told:
        return turn.say("results.nothing") + "\n" + turn.say("results.refused_help")
    first, *others = told
    parts = [sentence(turn, first), _because(turn, first)]
    parts += [turn.say("results.besides", sentence=sentence(turn, each)) for each in others]
    parts.append(_by_card(turn, told))
    parts.append(_listed(turn, "results.assumed", _assumed(turn, form, told)))
    parts.append(_listed(turn, "results.overlap", estimate.totals.left_out))
    parts.append(_basis(turn, told))
    parts.append(_next(turn, told, askable=estimate.next_question is not None))
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
    told = set(turn.state.told_facts) | carded.of_work(turn)
    return told & set(turn.library.policies.benefits[outcome.benefit].own_facts)


def _chosen(turn: Turn, form: Form, estimate: Estimate) -> list[Outcome]:
    """All that was asked for by name; else what the facts settle and what they come near to."""
    outcomes = sorted(estimate.outcomes, key=partial(_rank, turn))
    if form.asked or not outcomes:
        return outcomes[:SHOWN]
    near = [each for each in outcomes if len(_told(turn, each)) >= ENOUGH]
    first, *others = near or outcomes
    return [first, *(each for each in others if each.verdict in WORTH and each.amount)][:SHOWN]


def _because(turn: Turn, outcome: Outcome) -> str:
    """Why: the conditions met, or what the blocker already said is not repeated."""
    if outcome.verdict not in {"eligible", "needs"}:
        return ""
    paid = {reason.id for reason in paid_by(turn, outcome)}
    met = [reason for reason in outcome.trace if reason.id not in paid]
    return _listed(turn, "results.because", met[:REASONS])


def _assumed(turn: Turn, form: Form, told: list[Outcome]) -> list[Reason]:
    """What was taken for granted in the results told; after 不清楚 it matters most."""
    found = {reason.id: reason for outcome in told[:1] for reason in outcome.assumed}
    unclear = [reason for key, reason in found.items() if key in form.unclear]
    fresh = [reason for key, reason in found.items() if key not in turn.state.assumed]
    said = (unclear or fresh)[:ASSUMED]
    turn.state.assumed = [*turn.state.assumed, *(reason.id for reason in said)]
    return said


def _listed(turn: Turn, key: str, reasons: Iterable[Reason]) -> str:
    texts = joined(reasons)
    return turn.say(key, reasons=texts) if texts else ""


def _by_card(turn: Turn, told: list[Outcome]) -> str:
    """Which facts are those of the worker's card."""
    benefits = turn.library.policies.benefits
    own = {fact for each in told for fact in benefits[each.benefit].own_facts}
    groups = {"groups_has"} if "groups" in own else set()
    facts = carded.named(turn, own | groups)
    return turn.say("results.by_card", facts=facts) if facts else ""


def _basis(turn: Turn, told: list[Outcome]) -> str:
    clauses = "、".join(dict.fromkeys(outcome.clause for outcome in told))
    notice = any(outcome.notice and outcome.amount != 0 for outcome in told)
    return policy.basis(turn, clauses, notice=notice)


def _next(turn: Turn, told: list[Outcome], *, askable: bool) -> str:
    choices = [("topic:apply_process", turn.say("results.next_apply"))]
    waiting = [each.benefit for each in told if each.verdict == "needs"]
    if waiting and askable:
        action = "estimate:" + ",".join(dict.fromkeys(waiting))
        choices.insert(0, (action, turn.say("results.next_settle")))
    choices.append(("do:change", turn.say("results.next_change")))
    choices.append(menu.human(turn))
    return menu.offer(turn, choices)
