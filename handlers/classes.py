"""Finding a class (看班): by county, trade and days, a page at a time; one in full; who teaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handlers import aspects, class_words, cues, human, identity, menu, wanted_class
from handlers.text import lines
from handlers.wording import soon
from jcbot.training.errors import NoSuchClassError

if TYPE_CHECKING:
    from handlers.turn import Turn
    from jcbot.training.model import Course

OTHERS = "others"  # the talk was just of other people
LONG = 24  # characters of a message that only narrows down what was looked for
CLEAR = 0.8


def browse(turn: Turn) -> str:
    """Show what fits the message: classes, one class by its number, or who teaches a trade."""
    course = wanted_class.named(turn)
    if course is not None:
        return tell(turn, course)
    if cues.says(turn, "several_people"):
        return several(turn)
    wanted = wanted_class.slots(turn)
    if cues.says(turn, "where_taught"):
        return taught(turn, wanted)
    turn.state.looking = _near_home(turn, wanted)
    if cues.says(turn, "evening"):
        return lines(turn.say("training.evening"), show(turn))
    return show(turn)


def _near_home(turn: Turn, wanted: dict[str, Any]) -> dict[str, Any]:
    """附近的: of the county that the worker's card names."""
    if wanted.get("county") or not cues.says(turn, "nearby"):
        return wanted
    person = identity.known(turn)
    county = person.row.county if person is not None else None
    county = turn.state.looking.get("county") or county  # where the last look was
    return {"county": county, **wanted} if county else wanted


def follow(turn: Turn) -> str | None:
    """那高平的呢, 下周的, 电焊的有没有: the same look with one thing changed; None for all else."""
    state = turn.state
    if state.last != "training" or len(turn.normal) > LONG or cues.says(turn, "cancelling"):
        return None
    if said := _asked_of_one(turn):
        return said
    wanted = wanted_class.slots(turn)
    if not wanted or _other_wish(turn) or cues.says(turn, "where_taught"):
        return None
    state.looking = {key: value for key, value in state.looking.items() if key != "page"} | wanted
    return show(turn)


def _asked_of_one(turn: Turn) -> str | None:
    """几点上课 of the class looked at, or of the only one listed; of several, ask which."""
    names = aspects.asked(turn)
    if not names or wanted_class.slots(turn).get("occupation") or _wants_notice(turn):
        return None
    number = turn.state.picked or wanted_class.only_listed(turn)
    if not number:
        return turn.say("training.which_one") if wanted_class.listed(turn) else None
    try:
        course = turn.office.training.details(number)
    except NoSuchClassError:
        return None
    turn.state.picked = number
    return lines(*aspects.tell(turn, course, names), menu.offer(turn, _offers(turn, course)))


def _other_wish(turn: Turn) -> bool:
    """Whether the message wants something else of classes, or is clearly another matter."""
    understood = turn.understood
    if understood is None or understood.intent in {"out_of_scope", "training_browse"}:
        return understood is None
    wishes = {"training_register", "training_cancel", "my_training", "card_status"}
    return understood.intent in wishes or understood.score > CLEAR or _wants_notice(turn)


def _wants_notice(turn: Turn) -> bool:
    """有名额了叫我: no question about the class, but word of it."""
    understood = turn.understood
    return understood is not None and understood.intent == "announcement_subscribe"


def page(turn: Turn, number: str) -> str:
    """Show another page of the same list."""
    turn.state.looking["page"] = int(number)
    return show(turn)


def show(turn: Turn) -> str:
    """Show the classes that are looked for; where there are none, what comes nearest."""
    state = turn.state
    looking = state.looking
    state.last, state.picked, state.misses, state.topic = "training", "", 0, ""
    county, trade = looking.get("county", ""), looking.get("occupation", "")
    found = wanted_class.look(turn, looking)
    if not found.total:
        return _none(turn, county, trade)
    head = _head(turn, found.total)
    more = found.number + 1 if found.number < found.pages else 0
    return lines(head, _list(turn, found.courses, more), turn.say("training.pick"))


def details(turn: Turn, number: str) -> str:
    """Tell all about one class, by its number."""
    try:
        return tell(turn, turn.office.training.details(number))
    except NoSuchClassError:
        return lines(turn.say("training.no_class", number=number), show(turn))


def tell(turn: Turn, course: Course) -> str:
    """Tell all about one class, and how to sign up."""
    state = turn.state
    state.last, state.picked, state.misses, state.topic = "training", course.number, 0, ""
    return lines(*class_words.sheet(turn, course), menu.offer(turn, _offers(turn, course)))


def taught(turn: Turn, wanted: dict[str, Any]) -> str:
    """哪里能学: who teaches it, those with open classes first."""
    county, trade = wanted.get("county", ""), wanted.get("occupation", "")
    turn.state.looking, turn.state.last = wanted, "training"
    found = turn.office.training.bodies(trade, county)
    if not found and county:
        found, county = turn.office.training.bodies(trade, ""), ""
    if not found:
        return lines(turn.say("training.no_bodies", where=county, trade=trade), show(turn))
    head = turn.say("training.bodies", trade=trade) if trade else turn.say("training.bodies_all")
    told = [class_words.body(turn, each) for each in found[: menu.MOST - 1]]
    offers = [("classes:1", turn.say("training.offer_more")), menu.human(turn)]
    return lines(head, *told, menu.offer(turn, offers))


def several(turn: Turn) -> str:
    """Several people for one phone: say how; whose number comes next is then asked."""
    turn.state.last = OTHERS
    return lines(turn.say("training.several_people"), human.contact(turn))


def _head(turn: Turn, total: int) -> str:
    looking = turn.state.looking
    trade = looking.get("occupation", "").removesuffix("班")
    what = _on(turn) + looking.get("county", "")
    what = what or turn.say("training.head_somewhere")
    return turn.say("training.found", what=what, trade=trade, total=total)


def _list(turn: Turn, courses: tuple[Course, ...], more: int) -> str:
    actions = [(f"class:{each.number}", class_words.row(turn, each)) for each in courses]
    if more:
        actions.append((f"classes:{more}", turn.say("training.next_page")))
    return menu.offer(turn, actions)


def _none(turn: Turn, county: str, trade: str) -> str:
    """Nothing fits: the same trade elsewhere, else what there is in the county, else at all."""
    said = turn.say("training.none", where=county, trade=trade.removesuffix("班"), days=_on(turn))
    office, anytime = turn.office.training, (None, None)
    wider = [(county, trade), ("", trade)] if trade else []
    for where, what in [*wider, (county, ""), ("", "")]:
        found = office.browse((where, what, ""), anytime, 1)
        if found.total:
            turn.state.looking = {
                key: value for key, value in (("county", where), ("occupation", what)) if value
            }
            head = _head(turn, found.total)
            more = 2 if found.pages > 1 else 0
            return lines(said, head, _list(turn, found.courses, more), turn.say("training.pick"))
    return nothing(turn)


def nothing(turn: Turn) -> str:
    """No class anywhere: whom to ask."""
    offers = [
        ("estimate:inclusive_training", turn.say("training.check_mine")),
        ("topic:inclusive_training", turn.say("training.what_it_is")),
    ]
    said = lines(turn.say("training.nothing_at_all"), human.contact(turn))
    return lines(said, menu.offer(turn, offers))


def any_open(turn: Turn) -> bool:
    """Say whether any class can be signed up for."""
    return turn.office.training.browse(("", "", ""), (None, None), 1).total > 0


def _on(turn: Turn) -> str:
    first, last = wanted_class.days(turn.state.looking)
    if not first or not last:
        return ""
    key = "training.found_day" if first == last else "training.found_days"
    key = "training.found_from" if last.isoformat() == wanted_class.FOR_EVER else key
    return turn.say(key, first=soon(turn, first), last=soon(turn, last))


def _offers(turn: Turn, course: Course) -> list[tuple[str, str]]:
    offers = [("classes:1", turn.say("training.offer_more")), menu.human(turn)]
    if course.state == class_words.OPEN and turn.now < course.deadline:
        key = "training.offer_sign_up" if course.free else "training.offer_queue"
        offers.insert(0, (f"sign_up:{course.number}", turn.say(key)))
    return offers
