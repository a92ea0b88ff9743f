"""One-time consents along the courier's road (授权的用与还): used up, given back, emptied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.wechat.outcomes import Refused
from jcbot import consents
from knowledge.sending import SUBSCRIPTION

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.handful import Called
    from jcbot.ledger import Plan
    from jcbot.settings import Sending

NO_CONSENT = 43101


def spend(conn: Connection, plan: Plan, settings: Sending) -> bool:
    """Count the consent of a plan down; False if another courier was quicker to use it."""
    if plan.channel != SUBSCRIPTION:
        return True
    return consents.use(conn, plan.item.openid, settings.subscriptions[plan.item.kind])


def restore(conn: Connection, called: Called, settings: Sending, holder: str) -> None:
    """Give a consent back where its message was certainly not sent; call before settling."""
    item, outcome = called.plan.item, called.outcome
    template = settings.subscriptions.get(item.kind, "")
    if called.plan.channel != SUBSCRIPTION or called.broken:
        return
    if isinstance(outcome, Refused) and outcome.code == NO_CONSENT:
        consents.empty(conn, item.openid, template)
    elif outcome is None or isinstance(outcome, Refused):
        consents.give_back(conn, item.openid, template, item.id, holder)
