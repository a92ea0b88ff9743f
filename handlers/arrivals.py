"""All that is not words (事件与其他消息): follows, clicks, scans, pictures, locations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import classes, human, identity, menu, offers, smalltalk
from handlers.text import lines
from knowledge.normalise import normalise
from knowledge.slots import extract_slots

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlers.turn import Turn

CLICKS = {
    "CHECK": "estimate",
    "TRAINING": "training_browse",
    "CARD": "card_status",
    "MINE": "my_training",
    "HUMAN": "human_agent",
    "HELP": "help",
}
SAYS = {"image": "picture", "video": "video", "shortvideo": "video", "link": "link"}


def answer(turn: Turn) -> str:
    """Answer a message without words; an empty text means silence."""
    message = turn.message
    if message.kind == "event":
        handler = EVENTS.get(message.event)
        return handler(turn) if handler else ""
    if message.kind == "location":
        return _near(turn)
    if message.kind in {"text", "voice"}:
        return turn.say("arrivals.voice_unheard" if message.kind == "voice" else "arrivals.empty")
    return turn.say(f"arrivals.{SAYS.get(message.kind, 'unknown')}")


def subscribe(turn: Turn) -> str:
    """Welcome a follower; one who scanned a code is told about that code at once."""
    identity.lapse(turn)  # here too: the two events may come out of order
    if turn.message.event_key:
        return turn.say("arrivals.welcome") + "\n" + scan(turn)
    return turn.say("arrivals.welcome") + "\n" + menu.show(turn)


def unsubscribe(turn: Turn) -> str:
    """Say nothing: nobody would read it. What was told is kept until its time is over.

    Notices that were wished for end with it.
    """
    identity.lapse(turn)
    turn.state.offered = []
    turn.office.wishes.forget()
    return ""


def click(turn: Turn) -> str:
    """A menu button; an unknown key shows the menu."""
    action = CLICKS.get(turn.message.event_key.upper())
    return offers.perform(turn, action) if action else menu.show(turn)


def scan(turn: Turn) -> str:
    """A QR code with a scene: a class, a county's desk, or the account of one of the staff."""
    kind, _, name = turn.message.event_key.partition("_")
    if kind == "session" and name:
        return classes.details(turn, name)
    if kind == "county" and name:
        county = turn.library.county(name)
        said = turn.say("arrivals.scan_county", name=county) + "\n" + human.contact(turn)
        return lines(said, _of_county(turn, county))
    if kind == "staff" and name:
        return _staff(turn, name)
    return smalltalk.greeting(turn)


def _staff(turn: Turn, code: str) -> str:
    """The code of an account: bound to this WeChat, or one sentence for whatever is wrong."""
    if not turn.office.bind_staff(code):
        return turn.say("arrivals.staff_old")
    turn.state.last = turn.state.last or "staff"  # an empty talk is not kept, nor when it was
    return turn.say("arrivals.staff_bound")


def _near(turn: Turn) -> str:
    """A location: the classes of the county its label names, else of the nearest one."""
    message = turn.message
    county = extract_slots(normalise(message.label), turn.today).get("county")
    if not county and message.latitude is not None and message.longitude is not None:
        county = turn.library.centres.nearest(message.latitude, message.longitude)
    if not isinstance(county, str) or not county:
        turn.state.last = "training"
        return turn.say("training.near_place")
    return _of_county(turn, county) or classes.nothing(turn)


def _of_county(turn: Turn, county: str) -> str:
    turn.state.looking = {"county": county}
    return classes.show(turn) if classes.any_open(turn) else ""


EVENTS: dict[str, Callable[[Turn], str]] = {
    "subscribe": subscribe,
    "unsubscribe": unsubscribe,
    "click": click,
    "scan": scan,
}
