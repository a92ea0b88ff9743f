"""One step of the talk: commands, the open question, the last list, follow-ups, then intents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import (
    arrivals,
    card_form,
    classes,
    commands,
    fallback,
    followup,
    interview,
    leaving,
    my_training,
    offers,
    policy,
    sign_up,
    tasks,
    unasked,
)
from handlers.paging import paginate
from handlers.routes import TOPICS
from handlers.text import lines
from handlers.turn import Reply
from jcbot.masking import long_numbers
from knowledge.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlers.state import Form
    from handlers.turn import Turn
    from knowledge.understanding import Understanding

LIMIT = 1960  # bytes of a page, so that page and 更多 line stay within WeChat's 2,000
MOST = 0.5  # of the shares, together
MUCH = 2  # facts
AKIN = {"policy_question", "subsidy_estimate", "eligibility_check"}
STEERING: tuple[Callable[[Turn], str | None], ...] = (
    commands.answer,
    commands.privacy,
    sign_up.by_number,
    offers.confirm,
    tasks.answer,
    interview.answer,
)
ASIDES: tuple[Callable[[Turn], str | None], ...] = (
    offers.answer,
    sign_up.follow,
    my_training.follow,
    classes.follow,
    card_form.follow,
    followup.answer,
)
OFFICE = {"training_browse", "training_register", "training_cancel", "my_training", "card_status"}
NOTICES = {"announcement_subscribe", "announcement_unsubscribe"}
KEEPS_TASK = {"human_agent", "greeting", "thanks", "help", "out_of_scope", *NOTICES}


def step(turn: Turn) -> Reply:
    """Answer one message; changes `turn.state`, and nothing else but through the office."""
    turn.normal = normalise(turn.text)
    said = _speak(turn)
    if turn.then:  # it is known now who writes: on with what he wanted
        then, turn.then = turn.then, ""
        said = lines(said, offers.perform(turn, then))
    return Reply(_first_page(turn, said))


def _speak(turn: Turn) -> str:
    if turn.message.kind not in {"text", "voice"} or not turn.text:
        return arrivals.answer(turn)
    if long_numbers(turn.text):
        return _private(turn)
    for attempt in STEERING:
        said = attempt(turn)
        if said is not None:
            return said
    asking = turn.state.asking
    for attempt in ASIDES if not turn.state.task else ():
        said = attempt(turn)
        if said is not None:
            return _come_back(turn, asking, said)
    if asking and interview.only_answers(turn):
        return interview.not_read(turn, asking)
    return _come_back(turn, asking, by_intent(turn))


def _come_back(turn: Turn, asking: Form | None, said: str) -> str:
    """After an aside, come back to the open question."""
    if asking is None or turn.state.asking is not asking:
        return said
    again = interview.ask_again(turn, asking)
    return lines(said, turn.say("interview.back_to_question") + again)


def _private(turn: Turn) -> str:
    """A number is for the open step, or says who writes; others have no place in the open chat."""
    for attempt in (tasks.answer, card_form.sent_phone, unasked.answer):
        if (said := attempt(turn)) is not None:
            return said
    turn.state.offered = []
    asking = turn.state.asking
    again = interview.ask_again(turn, asking) if asking else turn.say("privacy.ask_without")
    return lines(turn.say("privacy.no_numbers"), again)


def by_intent(turn: Turn) -> str:
    """Answer by what the message means; where that is in doubt, ask which."""
    understood = turn.understood
    if understood is not None and (said := _beside_the_step(turn, understood)):
        return said
    leaving.remember(turn)
    if understood is not None and _tells_much(understood):
        return TOPICS["subsidy_estimate"](turn)
    if understood is None or (understood.sure == "ask" and not _same_answer(understood)):
        return policy.side_question(turn) or fallback.answer(turn)
    if understood.intent != "out_of_scope":
        turn.state.misses = 0
    return lines(TOPICS[understood.intent](turn), policy.also(turn))


def _beside_the_step(turn: Turn, understood: Understanding) -> str:
    """With a step open: a question on the policy is answered and the step put again.

    Anything else puts the step aside, and says so. A wish for a class or the card leaves a
    questionnaire, whose numbers would hide the list.
    """
    state, intent = turn.state, understood.intent
    if state.asking and intent in OFFICE and understood.sure == "act":
        state.asking.parked = True
        return lines(TOPICS[intent](turn), turn.say("menu.kept"))
    if not state.task:
        return ""
    topic = understood.topic or understood.about_topic or understood.likely_topic
    if intent in AKIN and topic in turn.library.topics:
        return lines(policy.tell(turn, topic), tasks.again(turn))
    if intent in KEEPS_TASK:
        return lines(TOPICS[intent](turn), tasks.again(turn))
    state.shelf_task()
    said = TOPICS[intent](turn)
    return said if state.task else lines(said, turn.say("menu.task_kept"))


def _tells_much(understood: Understanding) -> bool:
    """Whether it is not clear what is asked, but several facts are told: work them out."""
    told = len(understood.heard.keys() - {"about"})
    return understood.sure == "ask" and told >= MUCH and understood.intent in AKIN


def _same_answer(understood: Understanding) -> bool:
    """Whether the likeliest meanings are well served by the first one's answer.

    An answer on the policy offers the estimate, and an estimate tells the policy.
    """
    shares = {understood.intent: understood.score, **dict(understood.runners_up)}
    akin = sum(share for name, share in shares.items() if name in AKIN)
    second = understood.runners_up[0][0] if understood.runners_up else understood.intent
    if understood.intent in AKIN and (second in AKIN or akin >= MOST):
        return True
    return TOPICS[understood.intent] is TOPICS[second]


def _first_page(turn: Turn, text: str) -> str:
    """Show the first page of a long reply; 更多 shows the rest."""
    pages = paginate(text, LIMIT)
    if len(pages) <= 1:
        return text
    turn.state.pages = pages[1:]
    return pages[0] + "\n" + turn.say("menu.more")
