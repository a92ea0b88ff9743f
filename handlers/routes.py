"""Which handler answers which intent: the table to read first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import coming, estimate, fallback, human, policy, smalltalk
from handlers.commands import stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlers.turn import Turn

TOPICS: dict[str, Callable[[Turn], str]] = {
    "policy_question": policy.answer,
    "subsidy_estimate": estimate.answer,
    "eligibility_check": estimate.answer,
    "card_status": coming.card,
    "card_register": coming.card,
    "training_browse": coming.training,
    "training_register": coming.training,
    "training_cancel": coming.training,
    "my_training": coming.training,
    "announcement_subscribe": coming.notices,
    "announcement_unsubscribe": coming.notices,
    "human_agent": human.answer,
    "greeting": smalltalk.greeting,
    "thanks": smalltalk.thanks,
    "help": smalltalk.usage,
    "affirm": smalltalk.idle_yes,
    "deny": smalltalk.idle_no,
    "cancel_flow": stop,
    "out_of_scope": fallback.out_of_scope,
}
