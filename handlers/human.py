"""Hand over to a person (转人工): number, hours, and a note left for the staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import leaving
from handlers.text import lines

if TYPE_CHECKING:
    from handlers.turn import Turn


def answer(turn: Turn) -> str:
    """Tell how to reach a person; what was asked before is left for the staff, masked."""
    understood = turn.understood
    reason = _reason(turn) if understood and understood.intent == "human_agent" else "plain"
    if turn.library.commands.find(turn.normal) != "human":
        leaving.to_staff(turn, turn.text, reason)
    if reason == "plain" and turn.state.handed:
        reason = "again"
    lead = turn.say(f"human.{reason}") if reason != "plain" else ""
    turn.state.handed = True
    return lines(lead, contact(turn), kept(turn))


def contact(turn: Turn) -> str:
    """The desk's number and hours, from the configuration."""
    desk = turn.office.human
    key = "human.contact_address" if desk.address else "human.contact"
    return turn.say(key, name=desk.name, phone=desk.phone, hours=desk.hours, address=desk.address)


def kept(turn: Turn) -> str:
    """Say that an interview under way is kept."""
    form = turn.state.form
    if form is None or not form.open:
        return ""
    form.parked = True  # what follows is talk with the office, not an answer
    return turn.say("menu.kept")


def _reason(turn: Turn) -> str:
    """Which sentence comforts first: about money not come, a fee charged, or none."""
    for reason, words in turn.library.complaints.items():
        if any(word in turn.normal for word in words):
            return reason
    return "plain"
