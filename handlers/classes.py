"""Finding a class (看班): by county, trade and days, a page at a time; one in full; who teaches."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from handlers import human, identity, menu
from handlers.text import lines
from handlers.wording import soon
from jcbot.training.errors import NoSuchClassError
from knowledge.slots import extract_slots

if TYPE_CHECKING:
    from handlers.turn import Turn
    from jcbot.training.browsing import Days
    from jcbot.training.model import Body, Course

OTHERS = "others"  # the talk was just of other people
FOR_EVER = "2100-01-01"
LONG = 24  # characters of a message that only narrows down what was looked for
CLEAR = 0.8
PLAN = 80  # characters of a teaching plan shown
OPEN = "open"
NUMBER = re.compile(r"[a-z0-9][a-z0-9-]{2,39}", re.ASCII)
WANTED = ("county", "occupation", "date", "level")


def browse(turn: Turn) -> str:
    """Show what fits the message: classes, one class by its number, or who teaches a trade."""
    course = named(turn)
    if course is not None:
        return tell(turn, course)
    if _says(turn, "several_people"):
        return several(turn)
    wanted = slots(turn)
    if _says(turn, "where_taught"):
        return taught(turn, wanted)
    turn.state.looking = _near_home(turn, wanted)
    if _says(turn, "evening"):
        return lines(turn.say("training.evening"), show(turn))
    return show(turn)


def _near_home(turn: Turn, wanted: dict[str, Any]) -> dict[str, Any]:
    """附近的: of the county that the worker's card names."""
    if wanted.get("county") or not _says(turn, "nearby"):
        return wanted
    person = identity.known(turn)
    county = person.row.county if person is not None else None
    county = turn.state.looking.get("county") or county  # where the last look was
    return {"county": county, **wanted} if county else wanted


def slots(turn: Turn) -> dict[str, Any]:
    """What class the message speaks of."""
    found = extract_slots(turn.normal, turn.today)
    wanted = {key: found[key] for key in WANTED if key in found}
    if _says(turn, "evening"):
        wanted.pop("date", None)  # 周末上课 says when lessons are, not when the class begins
    if "date" in wanted and any(word in turn.normal for word in turn.library.cues["from_then_on"]):
        date = wanted["date"]
        wanted["date"] = [date[0] if isinstance(date, list) else date, FOR_EVER]
    return wanted


def follow(turn: Turn) -> str | None:
    """那高平的呢, 下周的, 电焊的有没有: the same look with one thing changed; None for all else."""
    state = turn.state
    if state.last != "training" or len(turn.normal) > LONG or _says(turn, "cancelling"):
        return None
    if said := _asked_of_one(turn):
        return said
    wanted = slots(turn)
    if not wanted or _other_wish(turn) or _says(turn, "where_taught"):
        return None
    state.looking = {key: value for key, value in state.looking.items() if key != "page"} | wanted
    return show(turn)


def _asked_of_one(turn: Turn) -> str | None:
    """几点上课 of the class looked at, or of the only one listed; of several, ask which."""
    from handlers import aspects  # noqa: PLC0415 - it writes with the words of this file

    names = aspects.asked(turn)
    if not names or slots(turn).get("occupation") or _wants_notice(turn):
        return None
    listed = [each for each in turn.state.offered if each.startswith("class:")]
    number = turn.state.picked or (listed[0].partition(":")[2] if len(listed) == 1 else "")
    if not number:
        return turn.say("training.which_one") if listed else None
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
    found = turn.office.training.browse(_wish(looking), _days(looking), looking.get("page", 1))
    if not found.total:
        return _none(turn, county, trade)
    head = _head(turn, found.total)
    more = found.number + 1 if found.number < found.pages else 0
    return lines(head, _list(turn, found.courses, more), turn.say("training.pick"))


def the_only(turn: Turn, wanted: dict[str, Any]) -> str:
    """Return the number of the class that is wanted, if only one fits."""
    if not wanted.get("occupation"):
        return ""
    found = turn.office.training.browse(_wish(wanted), _days(wanted), 1)
    return found.courses[0].number if found.total == 1 else ""


def named(turn: Turn) -> Course | None:
    """Return the class whose number the message names."""
    for word in NUMBER.findall(turn.normal):
        if any(char.isdigit() for char in word) and len(word) > 2:  # noqa: PLR2004
            with contextlib.suppress(NoSuchClassError):
                return turn.office.training.by_code(word)
    return None


def code(turn: Turn) -> str:
    """Return what looks like the number of a class, "" for nothing."""
    found = (word for word in NUMBER.findall(turn.normal) if "-" in word)
    return next((word.upper() for word in found if any(c.isdigit() for c in word)), "")


def details(turn: Turn, number: str) -> str:
    """Tell all about one class, by its number."""
    try:
        return tell(turn, turn.office.training.details(number))
    except NoSuchClassError:
        return lines(turn.say("training.no_class", number=number), show(turn))


def tell(turn: Turn, course: Course) -> str:
    """几点, 在哪, 带啥, 找谁: all about one class, and how to sign up."""
    state = turn.state
    state.last, state.picked, state.misses, state.topic = "training", course.number, 0, ""
    kind = turn.library.training.columns.say("kind", course.kind)
    head = turn.say(
        "training.details_head", name=name(turn, course), number=course.number, kind=kind
    )
    parts = [
        head, when(turn, course), part(turn, "where", place=course.place or course.county),
        part(turn, "bring", bring=course.bring), part(turn, "who", who=who(turn, course)),
        part(turn, "body", body=course.body), part(turn, "plan", plan=course.plan[:PLAN]),
        part(turn, "teachers", teachers=course.teachers[:PLAN]), seats(turn, course),
    ]  # fmt: skip
    return lines(*parts, menu.offer(turn, _offers(turn, course)))


def name(turn: Turn, course: Course) -> str:
    """Return 电工班（初级）."""
    if not course.level:
        return turn.say("training.class_name", occupation=course.occupation)
    level = turn.library.training.columns.say("level", course.level)
    return turn.say("training.class_level", occupation=course.occupation, level=level)


def who(turn: Turn, course: Course) -> str:
    """Return whom to ask about a class."""
    desk = turn.office.human
    return f"{course.contact}{course.phone}" or f"{desk.name}{desk.phone}"


def room(turn: Turn, course: Course) -> str:
    """Return how much room a class has."""
    key = "training.room_free" if course.free else "training.room_full"
    return turn.say(key, free=course.free)


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
    told = [_body(turn, each) for each in found[: menu.MOST - 1]]
    offers = [("classes:1", turn.say("training.offer_more")), _human(turn)]
    return lines(head, *told, menu.offer(turn, offers))


def several(turn: Turn) -> str:
    """Several people for one phone: say how; whose number comes next is then asked."""
    turn.state.last = OTHERS
    return lines(turn.say("training.several_people"), human.contact(turn))


def _wish(looking: dict[str, Any]) -> tuple[str, str, str]:
    return looking.get("county", ""), looking.get("occupation", ""), looking.get("level", "")


def _days(looking: dict[str, Any]) -> Days:
    """Return first and last day; a class that begins on another day than asked is none."""
    named_days = looking.get("date")
    if not named_days:
        return None, None
    first, last = named_days if isinstance(named_days, list) else (named_days, named_days)
    return dt.date.fromisoformat(first), dt.date.fromisoformat(last)


def _head(turn: Turn, total: int) -> str:
    looking = turn.state.looking
    trade = looking.get("occupation", "").removesuffix("班")
    what = _on(turn) + looking.get("county", "")
    what = what or turn.say("training.head_somewhere")
    return turn.say("training.found", what=what, trade=trade, total=total)


def _list(turn: Turn, courses: tuple[Course, ...], more: int) -> str:
    actions = [(f"class:{each.number}", _row(turn, each)) for each in courses]
    if more:
        actions.append((f"classes:{more}", turn.say("training.next_page")))
    return menu.offer(turn, actions)


def _row(turn: Turn, course: Course) -> str:
    return turn.say(
        "training.row", name=name(turn, course), first=soon(turn, course.first_day),
        days=course.days, county=course.county, room=room(turn, course),
    )  # fmt: skip


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
    first, last = _days(turn.state.looking)
    if not first or not last:
        return ""
    key = "training.found_day" if first == last else "training.found_days"
    key = "training.found_from" if last.isoformat() == FOR_EVER else key
    return turn.say(key, first=soon(turn, first), last=soon(turn, last))


def when(turn: Turn, course: Course) -> str:
    """First and last day, days, hours."""
    return turn.say(
        "training.details_when", first=soon(turn, course.first_day),
        last=soon(turn, course.last_day), days=course.days,
        hours=f"，{course.hours}" if course.hours else "",
    )  # fmt: skip


def part(turn: Turn, key: str, **values: str) -> str:
    """One line about a class, left out where nothing is known."""
    return turn.say(f"training.details_{key}", **values) if all(values.values()) else ""


def seats(turn: Turn, course: Course) -> str:
    """Seats, room and deadline, or why nobody can sign up any more."""
    last = soon(turn, (course.deadline - dt.timedelta(seconds=1)).date())
    if course.state != OPEN:
        return turn.say("training.details_cancelled")
    if turn.now >= course.deadline:
        return turn.say("training.details_closed", deadline=last)
    said = turn.say(
        "training.details_seats", seats=course.seats, room=room(turn, course), deadline=last
    )
    return said + fee(turn, course)


def fee(turn: Turn, course: Course) -> str:
    """Say that it is free, for the kinds of which the document says so."""
    key = f"training.fee_{course.kind}"
    return turn.say(key) if key in turn.library.replies else ""


def _offers(turn: Turn, course: Course) -> list[tuple[str, str]]:
    offers = [("classes:1", turn.say("training.offer_more")), _human(turn)]
    if course.state == OPEN and turn.now < course.deadline:
        key = "training.offer_sign_up" if course.free else "training.offer_queue"
        offers.insert(0, (f"sign_up:{course.number}", turn.say(key)))
    return offers


def _human(turn: Turn) -> tuple[str, str]:
    return "human_agent", turn.say("menu.to_human")


def _body(turn: Turn, body: Body) -> str:
    qualified = body.qualification
    qualification = (
        turn.say("training.body_qualification", qualification=qualified) if qualified else ""
    )
    contact = body.contact or body.phone
    who = (
        turn.say("training.body_contact", contact=body.contact, phone=body.phone) if contact else ""
    )
    open_ = turn.say("training.body_open", count=body.open_classes) if body.open_classes else ""
    return turn.say(
        "training.body", name=body.name, county=body.county, qualification=qualification,
        contact=who + open_,
    )  # fmt: skip


def _says(turn: Turn, cue: str) -> bool:
    return any(word in turn.normal for word in turn.library.cues[cue])
