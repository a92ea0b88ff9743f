"""那技师呢, 要是半年呢, 不对，是14个月: one thing changes and the last answer is given again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import cues, estimate, interview, people, policy, questions
from handlers.state import Form
from knowledge.slots import mentioned_levels, read_answer

if TYPE_CHECKING:
    from handlers.turn import Turn
    from knowledge.topics import Topic

LONG = 28
CHOICE = 8  # characters of a bare choice
GENERAL = {"payment_timing", "apply_process", "policy_overview", "policy_meta"}
OURS = {
    "subsidy_estimate",
    "eligibility_check",
    "policy_question",
    "out_of_scope",
    "affirm",
    "deny",
    "help",
}
TELLS = {"subsidy_estimate", "eligibility_check", "out_of_scope", "affirm", "deny"}


def answer(turn: Turn) -> str | None:
    """Answer a message that only makes sense after the last one; None for all others."""
    understood, state = turn.understood, turn.state
    if understood is None or not state.last or len(turn.normal) > LONG:
        return None
    if understood.intent not in OURS or _another_topic(turn):
        return None
    if state.last == "estimate" and not state.asking and (said := _again(turn)):
        return said
    return _same_topic(turn)


def _another_topic(turn: Turn) -> bool:
    """Say whether the message names a matter of its own.

    钱发给谁 and the like are about whatever was talked of, if that has an answer to it.
    """
    named = turn.understood.about_topic if turn.understood else None
    if named in {None, turn.state.topic}:
        return False
    return named not in GENERAL or not _covered(turn)


def _covered(turn: Turn) -> bool:
    topic = turn.library.topics.get(turn.state.topic)
    heard = turn.understood.heard if turn.understood else {}
    return topic is not None and topic.covers(turn.normal, heard)


def _same_topic(turn: Turn) -> str | None:
    """A question that names nothing is about what was talked of last."""
    understood, topic = turn.understood, turn.library.topics.get(turn.state.topic)
    if topic is None or understood is None:
        return None
    if _covered(turn) and cues.looks_asked(turn):
        return policy.tell(turn, topic.id)
    benefits = _fitting(turn, topic)
    if cues.refers(turn) and understood.heard and benefits:
        people.note(turn)
        return estimate.begin(turn, benefits)
    return _choice(turn, benefits) if len(turn.normal) <= CHOICE else None


def _fitting(turn: Turn, topic: Topic) -> tuple[str, ...]:
    """The topic's benefits; where none of them asks for what was told, those that do."""
    heard = set(turn.understood.heard) - {"about"} if turn.understood else set()
    all_of_them = turn.library.policies.benefits
    if not heard or any(heard & set(all_of_them[name].own_facts) for name in topic.benefits):
        return topic.benefits
    others = [name for name, each in all_of_them.items() if heard & set(each.own_facts)]
    return tuple(others) if len(others) == 1 else topic.benefits


def _choice(turn: Turn, benefits: tuple[str, ...]) -> str | None:
    """市里的, after the studios: one of the choices that the benefit last told of has."""
    book = turn.library.book
    own = (fact for name in benefits for fact in turn.library.policies.benefits[name].own_facts)
    for fact in own:
        spec = book.specs[fact]
        if len(spec.choices) <= questions.TWO or spec.identity:
            continue
        read = read_answer(spec, questions.bare(turn), turn.today)
        if read.kind == "value":
            people.put(turn.state.person, fact, read.value)
            return estimate.begin(turn, benefits)
    return None


def _again(turn: Turn) -> str | None:
    """The same estimate with something changed: a correction, a quantity, a level, a person."""
    understood, state = turn.understood, turn.state
    if understood is None or not (cues.refers(turn) or understood.intent in TELLS):
        return None
    other = people.turn_to(turn)
    form = Form(asked=[] if other and not state.person else state.last_asked)
    if state.form is not None:
        form.history = [name for name in state.form.history if name != questions.SITUATION]
        form.unclear = list(state.form.unclear)
    what = _changed(turn, form)
    if not what and not other:
        return None
    lead = turn.say("interview.corrected", what=what) if what and cues.corrects(turn) else ""
    return interview.proceed(turn, form, *([lead] if lead else []))


def _changed(turn: Turn, form: Form) -> str:
    """Write down what the message changes and return its wording, "" for nothing."""
    corrected = questions.correct(turn, form) or _level(turn) or questions.requantify(turn)
    corrected = corrected or questions.read_other(turn, form, people.estimate(turn, form))
    if corrected:
        form.asked, form.again = form.asked or turn.state.told, True
        return corrected
    heard = turn.understood.heard if turn.understood else {}
    said = [key for key in heard if key != "about"]
    people.note(turn)
    specs = turn.library.book.specs
    told = [key for key in said if key in specs and not isinstance(heard[key], list)]
    words = "；".join(people.say_back(turn, specs[key], heard[key]) for key in told)
    return words or (turn.say("interview.what_you_said") if said else "")


def _level(turn: Turn) -> str:
    """那技师呢: the level of the certificate talked of."""
    levels = mentioned_levels(turn.normal, turn.today)
    known = turn.state.person
    if not levels or known.get("certificate_level") in {None, levels[-1]}:
        return ""
    known["certificate_level"] = levels[-1]
    return turn.library.book.specs["certificate_level"].say(levels[-1])
