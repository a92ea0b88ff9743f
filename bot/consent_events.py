"""WeChat's events about subscription notices (订阅事件): agreed, turned off, what became of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jcbot import consents
from jcbot.finish_events import Finish, finish
from knowledge.sending import SUBSCRIPTION

if TYPE_CHECKING:
    from bot.wechat.reading import Message
    from handlers.turn import Answer
    from jcbot.office import Office

POPUP, CHANGE = "subscribe_msg_popup_event", "subscribe_msg_change_event"
SENT = "subscribe_msg_sent_event"
ACCEPT, REJECT, GOOD = "accept", "reject", "0"


def take(message: Message, office: Office) -> bool:
    """Take in such an event, in the turn's transaction; False for any other message."""
    incoming = message.incoming
    if incoming.event not in (POPUP, CHANGE, SENT):
        return False
    if incoming.event == SENT:
        for each in incoming.answers:
            _finished(office, incoming.openid, each)
        return True
    for each in {each.template: each for each in incoming.answers}.values():
        _chosen(office, message, each)
    return True


def _chosen(office: Office, message: Message, answer: Answer) -> None:
    """A popup's yes is one consent more; turning it on in the settings gives none by itself."""
    popup = message.incoming.event == POPUP
    long_term = answer.template in office.config.sending.subscriptions_long_term
    choice = consents.Choice(message.incoming.openid, answer.template, message.created)
    if answer.status == ACCEPT and (popup or long_term):
        consents.give(office.conn, choice, office.now, long_term=long_term)
    elif answer.status == REJECT and not popup:
        consents.refuse(office.conn, choice, office.now)


def _finished(office: Office, openid: str, answer: Answer) -> None:
    """Settle the message; WeChat need not have told its id when it was sent."""
    sent = office.config.sending.subscriptions
    kinds = frozenset(kind for kind, template in sent.items() if template == answer.template)
    good = answer.status == GOOD
    code = answer.status if answer.status.isdecimal() else "no code"
    reason = "success" if good else f"failed: {code}"
    event = Finish(openid, answer.ref, good, reason, SUBSCRIPTION, kinds)
    finish(office.conn, event, office.now)
