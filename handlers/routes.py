"""Which handler answers which intent: the table to read first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import (
    card,
    card_form,
    classes,
    estimate,
    fallback,
    human,
    my_training,
    policy,
    sign_up,
    smalltalk,
    subscriptions,
)
from handlers.commands import stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlers.turn import Turn

TOPICS: dict[str, Callable[[Turn], str]] = {
    "policy_question": policy.answer,
    "subsidy_estimate": estimate.answer,
    "eligibility_check": estimate.answer,
    "card_status": card.status,
    "card_register": card_form.register,
    "training_browse": classes.browse,
    "training_register": sign_up.start,
    "training_cancel": my_training.cancel,
    "my_training": my_training.show,
    "announcement_subscribe": subscriptions.subscribe,
    "announcement_unsubscribe": subscriptions.unsubscribe,
    "human_agent": human.answer,
    "greeting": smalltalk.greeting,
    "thanks": smalltalk.thanks,
    "help": smalltalk.usage,
    "affirm": smalltalk.idle_yes,
    "deny": smalltalk.idle_no,
    "cancel_flow": stop,
    "out_of_scope": fallback.out_of_scope,
}

ACTIONS: dict[str, Callable[[Turn, str], str]] = {
    "class": classes.details,
    "classes": classes.page,
    "sign_up": sign_up.sign_up,
    "cancel": my_training.cancel_one,
    "card_correct": card_form.correct,
    "card_which": card_form.which,
    "card_redo": card_form.redo,
    "register_card": lambda turn, _: card_form.begin_new(turn),
}
"""What a choice of a list does, by the part of its name before the colon."""
