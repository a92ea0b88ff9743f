"""The guided interview (问答): asks what changes the answer, takes answers as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import people, questions, results
from handlers.text import lines

if TYPE_CHECKING:
    from handlers.state import Form
    from handlers.turn import Turn

ASIDE = {
    "policy_question",
    "card_status",
    "card_register",
    "training_browse",
    "training_register",
    "training_cancel",
    "my_training",
    "human_agent",
    "announcement_subscribe",
    "announcement_unsubscribe",
    "greeting",
    "thanks",
    "help",
    "cancel_flow",
}


def proceed(turn: Turn, form: Form, *leads: str) -> str:
    """Work out what is known; ask the next question, or tell the result."""
    state = turn.state
    state.form, state.last, state.last_asked, state.offered = form, "estimate", form.asked, []
    if not form.asked and not state.person:
        return lines(*leads, questions.ask(turn, form, questions.SITUATION))
    estimate = people.estimate(turn, form)
    promising = results.promising(form, estimate)
    if promising:
        form.asked = promising
        estimate = people.estimate(turn, form)
    fact = results.next_question(turn, form, estimate)
    if fact:
        stake = "" if leads else results.at_stake(turn, form, estimate, fact)
        return lines(*leads, stake, questions.ask(turn, form, fact))
    form.open = ""
    return lines(*leads, results.tell(turn, form, estimate))


def answer(turn: Turn) -> str | None:
    """Read an answer to the open question; None when the message is no answer and no aside."""
    form = turn.state.form
    if form is None or form.parked or not form.open:
        return None
    if _asks_back(turn):
        return None
    read = questions.read(turn, form)
    if read.kind == "unclear":
        return _unclear(turn, form)
    if read.kind == "page":
        return questions.ask(turn, form, form.open)
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
    return questions.ask(turn, form, fact)


def ask_again(turn: Turn, form: Form) -> str:
    """Ask the open question once more, as it stands."""
    return questions.ask(turn, form, form.open)


def _asks_back(turn: Turn) -> bool:
    """Say whether the message is a question of its own, not an answer."""
    understood = turn.understood
    if understood is None or understood.intent not in ASIDE or understood.sure != "act":
        return False
    bare = len(turn.normal) <= questions.BARE
    return understood.intent != "policy_question" or not bare or questions.looks_asked(turn)


def _take(turn: Turn, form: Form, value: object) -> str:
    """Write the answer down, with whatever else the message told, and go on."""
    fact = form.open
    leads = [turn.say("interview.changed")] if fact in turn.state.person else []
    questions.put(turn, form, fact, value)
    people.note(turn, leave_out=frozenset({fact, *questions.same_number(turn, value)}))
    form.misses = 0
    return proceed(turn, form, *leads)


def _unclear(turn: Turn, form: Form) -> str:
    """不清楚 is an answer: never asked again, the result says what was assumed."""
    form.unclear = [*form.unclear, form.open]
    form.history = [*form.history, form.open]
    form.misses = 0
    return proceed(turn, form, turn.say("interview.unclear"))


def _take_something_else(turn: Turn, form: Form) -> str | None:
    """No answer to what was asked: a correction, other facts, an aside, or not understood."""
    corrected = questions.correct(turn, form)
    if corrected:
        return proceed(turn, form, turn.say("interview.corrected", what=corrected))
    other = questions.read_other(turn, form, people.estimate(turn, form))
    if other:
        return proceed(turn, form, turn.say("interview.noted_this", what=other))
    changed = people.note(turn)
    if turn.understood and set(turn.understood.heard) - {"about"}:
        key = "interview.changed" if changed else "interview.noted"
        return proceed(turn, form, turn.say(key))
    form.misses += 1
    if number := questions.no_such_choice(turn, form):
        return lines(turn.say("menu.no_such_number", last=number), ask_again(turn, form))
    if form.misses == 1:
        return lines(turn.say("interview.not_read"), ask_again(turn, form))
    return lines(turn.say("interview.not_read_again"), ask_again(turn, form))
