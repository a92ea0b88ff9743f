"""What a worker wants, from the text alone: `Understander.load`, then `.understand(text, today)`.

Exact table first, then the linear reading; a message made of words that were never seen, or read
without any certainty, is not ours (`out_of_scope`). No state of the talk enters here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from knowledge.exact import Exact, load_exact
from knowledge.features import squeeze
from knowledge.model import Model
from knowledge.normalise import normalise
from knowledge.priorities import Priority, Ranked, load_priorities, settle
from knowledge.seconds import second_question
from knowledge.sentences import OUT, POLICY
from knowledge.slots import extract_facts, extract_slots
from knowledge.slots import load as load_slots

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from knowledge.model import Judgement

TELLING = {"subsidy_estimate", "eligibility_check", "card_register"}
"""What people tell of themselves in these is a fact; a question about nobody states none."""
WANTING = {
    "training_browse",
    "training_register",
    "training_cancel",
    "my_training",
    "card_register",
    "announcement_subscribe",
}
"""A class is wanted in these; elsewhere a trade or a date is just being talked about."""
ABOUT = "about"
"""Whom a message speaks of: no fact to count by."""
RUNNERS = 3
ACT = 0.5
"""From this share on, or with this lead over the second, the first intent is acted on."""
LEAD = 0.25
LOST = 0.25
"""Below this share nothing was understood."""
NOVEL = 0.55
"""Share of unseen characters above which only a rather certain reading (`BOLD`) is believed."""
BOLD = 0.8
HEAD = TAIL = 60
"""Of a longer message the beginning and the end are weighed: the question stands there."""
FOREIGN = 0.4
"""A message is not turned away below this share when ours comes near (`CLOSE`): then it is ours."""
CLOSE = 0.75

Sure = Literal["act", "ask", "unknown"]


@dataclass(frozen=True, slots=True)
class Understanding:
    """One message as understood.

    `score` (0–1) is how likely `intent` is; `topic` is None unless the intent is
    `policy_question`; `about_topic` is the benefit that the message names, whatever it wants of
    it; `also` holds the intent of a second question, `also_topic` its topic when it asks about
    the policy (where `topic` and it are two topics, `also` is empty); `sure` says whether to act,
    to ask which of two, or that nothing was understood. `facts` and `slots` are those of messages
    that tell or want something; `heard` is all that the words say, also in a question about
    nobody (the dialogue needs it for answers and follow-ups). `likely_topic` is what it would
    ask about, were it a question on the policy.
    """

    text: str
    intent: str
    score: float
    topic: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    slots: dict[str, Any] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    runners_up: tuple[tuple[str, float], ...] = ()
    sure: Sure = "act"
    about_topic: str | None = None
    heard: dict[str, Any] = field(default_factory=dict)
    also_topic: str | None = None
    likely_topic: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the line of `jcbot understand`; slots that were not named are left out."""
        return {
            "text": self.text,
            "intent": self.intent,
            "score": round(self.score, 4),
            "topic": self.topic,
            "facts": self.facts,
            "slots": self.slots,
            "also": list(self.also),
            "runners_up": [
                {"intent": intent, "score": round(score, 4)} for intent, score in self.runners_up
            ],
        }


class Understander:
    """Reads messages; holds no state and may be shared."""

    def __init__(self, exact: Exact, priorities: tuple[Priority, ...], model: Model) -> None:
        self._exact, self._priorities, self._model = exact, priorities, model

    @classmethod
    def load(cls, root: Path, cache: Path) -> Understander:
        """Read the data under `root`; the trained table is kept in the folder `cache`.

        Raises `KnowledgeError` for a fault in the data. The first start after a change of the
        sentences trains for some seconds.
        """
        load_slots()
        priorities = load_priorities(root / "priorities.toml")
        return cls(load_exact(root / "exact.toml"), priorities, Model.load(root, cache))

    def with_model(self, model: Model) -> Understander:
        """Return a reader that differs only in what it has learnt."""
        return Understander(self._exact, self._priorities, model)

    def understand(self, text: str, today: dt.date) -> Understanding:
        """Read one message. Never raises; only the first 300 characters are read."""
        clean = normalise(text)
        bare = squeeze(clean)
        intent = self._exact.find(clean)
        if intent is not None:
            return Understanding(text, intent, 1.0)
        if not bare:
            return Understanding(text, OUT, 1.0)
        seen = self._model.judge(bare if len(bare) <= HEAD + TAIL else bare[:HEAD] + bare[-TAIL:])
        heard = extract_facts(clean, today)
        decided = settle(
            _decide(seen), seen.concepts, len(heard.keys() - {ABOUT}), self._priorities
        )
        first, score = decided[0]
        topic = seen.topics[0][0] if first == POLICY else None
        also, also_topic = second_question(clean, first, topic, self._model.judge)
        return Understanding(
            text,
            first,
            score,
            topic,
            heard if first in TELLING else {},
            extract_slots(clean, today) if first in WANTING else {},
            also=also,
            runners_up=decided[1 : 1 + RUNNERS],
            sure=_sure(decided),
            about_topic=_about(seen),
            heard=heard,
            also_topic=also_topic,
            likely_topic=seen.topics[0][0],
        )


def _decide(seen: Judgement) -> Ranked:
    """Order the intents, with what is too novel or too uncertain put down as not ours."""
    first, score = seen.intents[0]
    if first == OUT and score < FOREIGN and seen.intents[1][1] > score * CLOSE:
        out, ours, *rest = seen.intents
        return (ours, out, *rest)
    if first == OUT or (score >= LOST and (seen.unseen < NOVEL or score >= BOLD)):
        return seen.intents
    return ((OUT, 1 - score), *(pair for pair in seen.intents if pair[0] != OUT))


def _about(seen: Judgement) -> str | None:
    """Return the likeliest of the benefits that the message names."""
    ranked = (*(topic for topic, _ in seen.topics), *seen.named)
    return next((topic for topic in ranked if topic in seen.named), None)


def _sure(decided: Ranked) -> Sure:
    (first, score), (_, second) = decided[:2]
    if score < LOST or (first == OUT and score < ACT):
        return "unknown"
    return "act" if score >= ACT or score - second >= LEAD else "ask"
