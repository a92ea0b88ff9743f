"""The guided interview (问答): asks what changes the answer, takes answers as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import carded, cues, human, leaving, menu, people, questions, results
from handlers.state import Form
from handlers.text import lines

if TYPE_CHECKING:
    from handlers.turn import Turn

PATIENCE = 3  # answers not read in a row before a person is named
SEVERAL = 2  # facts that make a message a matter of its own
CERTIFICATE = {"certificate_type", "certificate_level"}
WANTS = {"subsidy_estimate", "eligibility_check"}
ANSWERS = {*WANTS, "affirm", "deny", "out_of_scope"}


def proceed(turn: Turn, form: Form, *leads: str) -> str:
    """Work out what is known; ask the next question, or tell the result."""
    state = turn.state
    state.form, state.last, state.last_asked, state.offered = form, "estimate", form.asked, []
    state.misses, state.handed = 0, False
    state.shelf_task()
    carded.fill(turn)
    state.topic = form.asked[0] if form.asked else state.topic
    if not form.asked and not state.told_facts and not carded.tells(turn):
        return lines(*leads, questions.ask(turn, form, questions.SITUATION))
    estimate = people.estimate(turn, form)
    if not estimate.outcomes:  # what was told, a place say, touches no benefit yet
        return lines(*leads, questions.ask(turn, form, questions.SITUATION))
    promising = results.promising(turn, form, estimate)
    if promising:
        form.asked = state.last_asked = promising
        estimate = people.estimate(turn, form)
    fact = results.next_question(turn, form, estimate)
    if fact:
        stake = "" if leads else results.at_stake(turn, form, estimate, fact)
        return lines(*leads, stake, questions.ask(turn, form, fact, estimate))
    form.open = ""
    return lines(*leads, results.tell(turn, form, estimate))


def answer(turn: Turn) -> str | None:
    """Read an answer to the open question; None for a question back (an aside)."""
    form = turn.state.asking
    if form is None or (_asks_back(turn) and not _leans_on_it(turn)):
        return None
    if form.open in CERTIFICATE and _has_none(turn):
        return _no_certificate(turn, form)
    read = questions.read(turn, form)
    if read.kind == "unclear":
        return _unclear(turn, form)
    if read.kind == "value":
        return _take(turn, form, read.value)
    return _take_something_else(turn, form)


def step_back(turn: Turn, form: Form) -> str:
    """Forget the last answer and ask that question again."""
    earlier = [fact for fact in form.history if fact != form.open]
    if not earlier:
        return lines(turn.say("interview.nothing_before"), ask_again(turn, form))
    fact = earlier[-1]
    form.history = earlier[:-1]
    turn.state.person.pop(fact, None)
    form.unclear = [name for name in form.unclear if name != fact]
    form.open = ""
    return questions.ask(turn, form, fact)


def ask_again(turn: Turn, form: Form) -> str:
    """Ask the open question once more, as it stands."""
    return questions.ask(turn, form, form.open)


def _asks_back(turn: Turn) -> bool:
    """Say whether the message is a question or request of its own, not an answer."""
    understood = turn.understood
    if understood is None or understood.intent in ANSWERS:
        return understood is not None and _another_benefit(turn)
    return cues.looks_asked(turn) or understood.intent != "policy_question"


def _leans_on_it(turn: Turn) -> bool:
    """那… and …呢 speak of the open matter, unless they name another benefit."""
    return cues.refers(turn) and not _another_benefit(turn)


def _another_benefit(turn: Turn) -> bool:
    """Whether the message asks about a benefit that this interview is not about."""
    understood, form = turn.understood, turn.state.form
    if understood is None or form is None or not form.asked:
        return False
    if _told_of_another(turn, form):
        return True
    topic = understood.about_topic
    if topic is None or not cues.looks_asked(turn):
        return False
    return not set(turn.library.topics[topic].benefits) & set(form.asked)


def _told_of_another(turn: Turn, form: Form) -> bool:
    """Whether several facts are told and none of them is this interview's."""
    benefits = turn.library.policies.benefits
    own = {fact for name in form.asked for fact in benefits[name].own_facts}
    heard = set(turn.understood.heard) - {"about"} if turn.understood else set()
    return len(heard) >= SEVERAL and not heard & {*own, "groups_has", "groups_not"}


def _has_none(turn: Turn) -> bool:
    return turn.normal.strip("，。,. ") in turn.library.cues["no_certificate"]


def _no_certificate(turn: Turn, form: Form) -> str:
    """No certificate yet: say what there would be, and what training is free."""
    estimate = people.estimate(turn, form)
    paid = results.tariff(turn, estimate)
    form.open = ""
    offers = [
        ("estimate:inclusive_training", turn.say("training.check_mine")),
        ("topic:worker_skill_upgrade", turn.say("interview.no_certificate_how")),
        menu.human(turn),
    ]
    said = turn.say("interview.no_certificate", paid=paid)
    return lines(said, menu.offer(turn, offers))


def _take(turn: Turn, form: Form, value: object) -> str:
    """Write the answer down, with whatever else the message told, and go on."""
    fact = form.open
    known = turn.state.person.get(fact)
    changed = known is not None and not isinstance(known, dict) and known != value
    questions.put(turn, form, fact, value)
    people.note(turn, leave_out=frozenset({fact, *questions.same_number(turn, value)}))
    form.misses = 0
    return proceed(turn, form, *([turn.say("interview.changed")] if changed else []))


def _unclear(turn: Turn, form: Form) -> str:
    """不清楚 is an answer: never asked again, the result says what was assumed."""
    form.misses = 0
    if form.open == questions.SITUATION:
        questions.put(turn, form, form.open, [])
        return proceed(turn, form, turn.say("interview.unclear_situation"))
    form.unclear = [*form.unclear, form.open]
    form.history = [*form.history, form.open]
    return proceed(turn, form, turn.say("interview.unclear"))


def _take_something_else(turn: Turn, form: Form) -> str | None:
    """No answer to what was asked: a correction, other facts, an aside, or not understood."""
    corrected = questions.correct(turn, form)
    if corrected or (cues.refers(turn) and (corrected := questions.requantify(turn))):
        return proceed(turn, form, turn.say("interview.corrected", what=corrected))
    if form.open != questions.SITUATION:
        other = questions.read_other(turn, form, people.estimate(turn, form))
        if other:
            return proceed(turn, form, turn.say("interview.noted_this", what=other))
    whom = turn.state.whom
    changed = people.note(turn)
    if turn.state.whom != whom and turn.state.person:
        return proceed(turn, Form())
    if turn.understood and set(turn.understood.heard) - {"about"}:
        key = "interview.changed" if changed else "interview.noted"
        return proceed(turn, form, turn.say(key))
    return None if cues.looks_asked(turn) else not_read(turn, form)


def only_answers(turn: Turn) -> bool:
    """Whether the message can be nothing but an answer: no request or matter of its own."""
    understood = turn.understood
    return understood is None or (understood.intent in ANSWERS and not _another_benefit(turn))


def not_read(turn: Turn, form: Form) -> str:
    """Say so, differently each time; the third time name a person.

    够不够 and 能领多少 once more are no miss: it hangs on the open question.
    """
    if turn.understood and turn.understood.intent in WANTS:
        return lines(turn.say("interview.depends"), ask_again(turn, form))
    form.misses += 1
    if number := questions.no_such_choice(turn, form):
        return lines(turn.say("menu.no_such_number", last=number), ask_again(turn, form))
    if form.misses == 1:
        return lines(turn.say("interview.not_read"), ask_again(turn, form))
    if form.misses < PATIENCE:
        return turn.say("interview.not_read_again")
    form.misses, form.parked = 0, True
    leaving.to_staff(turn, turn.text, "not_understood")
    return lines(turn.say("fallback.person"), human.contact(turn), turn.say("menu.kept"))
