"""How much, and do I qualify (算补贴、问条件): from the first message on, facts in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import cues, interview, menu, people, policy
from handlers.state import Form
from handlers.text import lines
from knowledge.slots import mentioned_levels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handlers.turn import Turn

CLOSE = 0.25  # share from which a question on the policy may be meant
SHORT = 28  # characters of a message that leans on the one before
STUDENTS = "student_startup"
FREE_TRAINING = "inclusive_training"
OF_AN_EMPLOYER = {"staff", "trainees", "hires_group", "employer_type", "seats"}
LEVELS = "worker_skill_upgrade"  # the topic that names both amounts of a level


def answer(turn: Turn) -> str:
    """Work out what this message asks: the benefit it names, or all that its facts touch."""
    state, understood = turn.state, turn.understood
    facts = set(understood.heard) - {"about"} if understood else set()
    people.turn_to(turn)
    asked = _named(turn)
    if not facts and not state.told_facts and mentioned_levels(turn.normal, turn.today):
        return policy.tell(turn, understood.about_topic or LEVELS if understood else LEVELS)
    if not (facts or asked or state.told_facts) and (said := _rather_policy(turn)):
        return said
    if not facts and not asked and state.form and state.form.open:
        return _resume_or_restart(turn, state.form)
    people.note(turn)
    return begin(turn, asked)


def begin(turn: Turn, asked: Sequence[str]) -> str:
    """Start an interview about these benefits (empty: whatever the facts touch)."""
    return interview.proceed(turn, Form(asked=list(asked)))


def start(turn: Turn) -> str:
    """我能领多少 from the menu: with facts known from before, say so and how to begin anew."""
    state = turn.state
    state.whom = ""
    if state.form and state.form.open and not state.form.parked:
        state.form.parked = True
    if state.form and state.form.open:
        return _resume_or_restart(turn, state.form)
    if not state.told_facts:
        return begin(turn, [])
    return lines(turn.say("results.as_told", told=people.told(turn)), begin(turn, []))


def _rather_policy(turn: Turn) -> str | None:
    """Nothing is told and nobody meant: better said what the policy says (企业培训30人补多少)."""
    if said := policy.side_question(turn):
        return said
    understood = turn.understood
    if understood is None or understood.likely_topic is None or not understood.runners_up:
        return None
    second, share = understood.runners_up[0]
    if second != "policy_question" or share < CLOSE:
        return None
    return policy.tell(turn, understood.likely_topic)


def _named(turn: Turn) -> list[str]:
    """The benefits the message names, by the topic it speaks of."""
    topic = turn.understood.about_topic if turn.understood else None
    if _student(turn):
        return [STUDENTS]
    if topic:
        return list(turn.library.topics[topic].benefits)
    return _of_the_talk(turn) or _to_learn(turn)


def _student(turn: Turn) -> bool:
    """大三学生想开店: a student has a rule of their own, whatever course is named."""
    heard = turn.understood.heard if turn.understood else {}
    return heard.get("is_student") is True and heard.get("wants_startup") is True


def _to_learn(turn: Turn) -> list[str]:
    """想学个手艺有啥免费的, with nothing said of a certificate: it is about the free training."""
    heard = set(turn.understood.heard) if turn.understood else set()
    certified = any(fact.startswith("certificate") for fact in heard | set(turn.state.person))
    known = heard & OF_AN_EMPLOYER or certified or "wants_startup" in heard
    return [] if known or not cues.wants_to_learn(turn) else [FREE_TRAINING]


def _of_the_talk(turn: Turn) -> list[str]:
    """The benefits talked of last, where the facts told are theirs (我们公司20个人)."""
    topic = turn.library.topics.get(turn.state.topic)
    heard = set(turn.understood.heard) if turn.understood else set()
    if topic is None or len(turn.normal) > SHORT:
        return []
    benefits = turn.library.policies.benefits
    own = {fact for name in topic.benefits for fact in benefits[name].own_facts}
    return list(topic.benefits) if own & heard else []


def _resume_or_restart(turn: Turn, form: Form) -> str:
    """An interview was left half-way: offer to go on."""
    form.parked = True
    choices = [
        ("do:resume", turn.say("interview.resume_choice")),
        ("do:restart", turn.say("interview.restart_choice")),
    ]
    step = len(form.history) + 1
    return turn.say("interview.resume_or_restart", step=step) + "\n" + menu.offer(turn, choices)
