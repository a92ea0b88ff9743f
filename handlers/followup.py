"""那技师呢, 要是半年呢, 不对，是14个月: one thing changes and the last answer is given again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import estimate, interview, people, policy, questions
from knowledge.slots import read_answer

if TYPE_CHECKING:
    from handlers.turn import Turn

SHORT = 16
SURE_ELSEWHERE = {"human_agent", "greeting", "thanks", "help", "cancel_flow", "affirm", "deny"}


def answer(turn: Turn) -> str | None:
    """Answer a message that only makes sense after the last one; None for all others."""
    understood, last = turn.understood, turn.state.last
    if understood is None or not last or len(turn.normal) > SHORT:
        return None
    if last == "estimate" and (said := _corrected(turn)):
        return said
    opens = turn.normal.startswith(turn.library.cues["opening"])
    if not (opens or turn.normal.rstrip("?？。 ").endswith("呢")):
        return None
    if understood.intent in SURE_ELSEWHERE or _another_topic(turn):
        return None
    return _policy(turn) if last == "policy" else _again(turn)


def _another_topic(turn: Turn) -> bool:
    """Say whether the message names a matter of its own."""
    named = turn.understood.about_topic if turn.understood else None
    return named is not None and named != turn.state.topic


def _policy(turn: Turn) -> str | None:
    """The same topic, asked about something else."""
    topic = turn.library.topics.get(turn.state.topic)
    if topic is None:
        return None
    facts = turn.understood.heard if turn.understood else {}
    if topic.variant(turn.normal, facts):
        return policy.tell(turn, topic.id)
    if facts and topic.benefits:
        people.note(turn)
        return estimate.begin(turn, topic.benefits)
    return None


def _again(turn: Turn) -> str | None:
    """The same estimate with one fact changed."""
    understood = turn.understood
    if understood is None:
        return None
    changed = bool(set(understood.heard) - {"about"})
    people.note(turn)
    level = understood.slots.get("level")
    if level and "certificate_level" in turn.state.person:
        turn.state.person["certificate_level"] = level
        changed = True
    if not (changed or _quantity(turn)):
        return None
    return estimate.begin(turn, turn.state.last_asked)


def _quantity(turn: Turn) -> bool:
    """Put a bare quantity (600人呢) to the known fact that is counted in its unit."""
    known = turn.state.person
    for key in reversed(list(known)):
        spec = turn.library.book.specs.get(key)
        if spec is None or spec.kind != "number" or not spec.unit or spec.unit not in turn.normal:
            continue
        read = read_answer(spec, turn.normal, turn.today)
        if read.kind == "value":
            known[key] = read.value
            return True
    return False


def _corrected(turn: Turn) -> str | None:
    """不对，是14个月 after the result: read it as a new answer to an earlier question."""
    form = turn.state.form
    if form is None or not questions.corrects(turn):
        return None
    changed = questions.correct(turn, form)
    if changed:
        lead = turn.say("interview.corrected", what=changed)
        return interview.proceed(turn, form, lead)
    if turn.understood and set(turn.understood.heard) - {"about"}:
        people.note(turn)
        return interview.proceed(turn, form, turn.say("interview.noted"))
    return None
