"""Questions about what the policy says (政策问答)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import menu
from handlers.text import lines

OVERVIEW = "policy_overview"

if TYPE_CHECKING:
    from handlers.turn import Turn
    from knowledge.topics import Topic


def answer(turn: Turn) -> str:
    """Answer the topic the question is about; without one, show the topics."""
    topic = turn.understood.topic if turn.understood else None
    if topic is None or topic not in turn.library.topics:
        return menu.ask(turn)
    return tell(turn, topic)


def tell(turn: Turn, name: str, question: str | None = None) -> str:
    """Say what the document says on a topic, with clause, and what can be done next."""
    topic = turn.library.topics[name]
    turn.state.topic, turn.state.last, turn.state.misses = name, "policy", 0
    turn.state.handed = False
    facts = turn.understood.heard if turn.understood else {}
    variant = topic.variant(turn.normal if question is None else question, facts)
    text, clause, money = topic.answer, topic.clause, topic.money
    if variant:
        text, clause, money = variant.answer, variant.clause, variant.money
    return lines(text, basis(turn, clause, notice=money), _next(turn, topic))


def side_question(turn: Turn) -> str | None:
    """能保证给我吗, 外地户口能不能领: about no benefit in particular, so about them all."""
    heard = turn.understood.heard if turn.understood else {}
    if turn.library.topics[OVERVIEW].covers(turn.normal, heard):
        return tell(turn, OVERVIEW)
    return None


def also(turn: Turn) -> str:
    """Answer the second question of a message, where it is one about the policy."""
    name = turn.understood.also_topic if turn.understood else None
    if name is None or name not in turn.library.topics or name == turn.state.topic:
        return ""
    topic = turn.library.topics[name]
    variant = topic.variant(turn.normal, turn.understood.heard if turn.understood else {})
    part = variant or topic
    return lines(turn.say("policy.also"), part.answer, basis(turn, part.clause, notice=part.money))


def basis(turn: Turn, clause: str, *, notice: bool) -> str:
    """The source of an answer: number and clause; `notice` adds whether it still holds."""
    document = turn.library.document(turn.today)
    key = "policy.basis_notice" if notice else "policy.basis"
    return turn.say(key, number=document.number, clause=clause, notice=document.notice)


def _next(turn: Turn, topic: Topic) -> str:
    choices = []
    if topic.benefits:
        action = "estimate:" + ",".join(topic.benefits)
        benefits = turn.library.policies.benefits
        money = any(line.payment for name in topic.benefits for line in benefits[name].lines)
        key = "policy.next_estimate" if topic.person else "policy.next_employer"
        key = key if money else "policy.next_check"
        choices.append((action, turn.say(key)))
    choices.append(menu.human(turn))
    return menu.offer(turn, choices)
