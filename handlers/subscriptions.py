"""Notices on and off (订阅与退订): by kind, for a county or trade, all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import class_words, cues, menu, wanted_class
from handlers.text import lines
from handlers.wording import soon
from jcbot.training.errors import NoSuchClassError
from jcbot.training.model import CONFIRMED, WAITING

if TYPE_CHECKING:
    from handlers.turn import Turn
    from jcbot.training.model import Course, Mine

CLASSES = "classes"


def subscribe(turn: Turn) -> str:
    """订阅, 有班叫我, 高平有电工班了告诉我, 恢复通知."""
    _begin(turn)
    if said := _by_itself(turn):
        return said
    if cues.says(turn, "restoring") and (stopped := _refused(turn)):
        return _switch_on(turn, stopped)
    course = _looked_at(turn)
    county, trade = _part(turn, course)
    if county or trade:
        turn.office.wishes.wish(CLASSES, county, trade)
        said = turn.say("subscriptions.on_part", what=_what(turn, county, trade))
        return lines(said, _line(turn, course), _see(turn, county, trade, course))
    known = turn.library.subscriptions
    return _switch_on(turn, known.named(turn.normal) or [known.usual])


def unsubscribe(turn: Turn) -> str:
    """退订 stops all at once; 别给我发岗位 stops one kind, a trade named only what was wished."""
    _begin(turn)
    known, wishes = turn.library.subscriptions, turn.office.wishes
    county, trade = _part(turn, None)
    if (county or trade) and wishes.drop(CLASSES, county, trade):
        return turn.say("subscriptions.off_part", what=_what(turn, county, trade))
    named = known.named(turn.normal) or ([CLASSES] if county or trade else [])
    if cues.says(turn, "all_of_it"):
        named = []
    wishes.unwish(named or known.kinds)
    stopped = _refused(turn)
    rest = [kind for kind in known.kinds if kind not in stopped]
    if named and rest:
        kinds, others = known.labels(named), known.labels(rest)
        return lines(turn.say("subscriptions.off_some", kinds=kinds, rest=others), _still(turn))
    off = turn.say("subscriptions.off_all", kinds=known.labels(list(known.kinds)))
    return lines(off, _still(turn), turn.say("subscriptions.back"))


def _begin(turn: Turn) -> None:
    turn.state.last, turn.state.topic = "notices", ""
    if not (turn.state.asking or turn.state.task):
        turn.state.offered = []


def _switch_on(turn: Turn, kinds: list[str]) -> str:
    for kind in kinds:
        turn.office.wishes.wish(kind)
    said = turn.say("subscriptions.on", kinds=turn.library.subscriptions.labels(kinds))
    return lines(said, _see(turn, "", "", None) if CLASSES in kinds else "")


def _refused(turn: Turn) -> list[str]:
    stopped = {each.kind for each in turn.office.wishes.of() if not each.on}
    return [kind for kind in turn.library.subscriptions.kinds if kind in stopped]


def _part(turn: Turn, course: Course | None) -> tuple[str, str]:
    """County and trade that the message names; 有名额叫我 after a class means that one's."""
    wanted = wanted_class.slots(turn)
    county, trade = wanted.get("county", ""), wanted.get("occupation", "").removesuffix("班")
    if not (county or trade) and course is not None:
        return course.county, course.occupation
    return county, trade


def _looked_at(turn: Turn) -> Course | None:
    """The class that was just looked at, where the message asks for room in it."""
    if not turn.state.picked or not cues.says(turn, "room"):
        return None
    try:
        return turn.office.training.details(turn.state.picked)
    except NoSuchClassError:
        return None


def _what(turn: Turn, county: str, trade: str) -> str:
    """高平市的电工班."""
    where = turn.say("subscriptions.part_county", county=county) if county else ""
    key = "subscriptions.part_class" if trade else "subscriptions.part_any"
    return where + turn.say(key, trade=trade)


def _by_itself(turn: Turn) -> str:
    """提醒我一下, from who has a seat: reminders come by themselves."""
    held = _held(turn, CONFIRMED)
    if not held or not cues.says(turn, "own_reminder") or cues.says(turn, "room"):
        return ""
    course = held[0].course
    if any(wanted_class.slots(turn).get(key) for key in ("county", "occupation")):
        return ""
    named = class_words.name(turn, course)
    said = turn.say("subscriptions.by_itself", name=named, first=soon(turn, course.first_day))
    offers = [("announcement_subscribe", turn.say("subscriptions.offer_new"))]
    return lines(said, menu.offer(turn, offers))


def _line(turn: Turn, course: Course | None) -> str:
    """Where one stands in the line for the class talked of."""
    if course is None:
        return ""
    for each in _held(turn, WAITING):
        if each.course.number == course.number:
            name = class_words.name(turn, course)
            return turn.say("subscriptions.in_line", name=name, place=each.place)
    return ""


def _still(turn: Turn) -> str:
    """What still comes, and how to stop that too."""
    held = _held(turn, CONFIRMED)
    if not held:
        return turn.say("subscriptions.still")
    names = "、".join(class_words.name(turn, each.course) for each in held)
    return turn.say("subscriptions.still_class", name=names)


def _held(turn: Turn, state: str) -> list[Mine]:
    """What the worker holds of classes to come, the next first."""
    key = turn.office.people.bound_to()
    mine = turn.office.training.mine(key) if key is not None else []
    held = [e for e in mine if e.state == state and turn.today < e.course.first_day]
    return sorted(held, key=lambda each: each.course.first_day)


def _see(turn: Turn, county: str, trade: str, course: Course | None) -> str:
    """Offer the line of a full class, and what there is already."""
    offers = []
    if course is not None and turn.now < course.deadline and not _line(turn, course):
        key = "training.offer_sign_up" if course.free else "training.offer_queue"
        offers.append((f"sign_up:{course.number}", turn.say(key)))
    if turn.office.training.browse((county, trade, ""), (None, None), 1).total:
        turn.state.looking = {k: v for k, v in (("county", county), ("occupation", trade)) if v}
        offers.append(("classes:1", turn.say("subscriptions.offer_see")))
    return menu.offer(turn, offers) if offers else ""
