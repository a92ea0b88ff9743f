"""One's own classes (我的培训): what is held, how far it is, and giving a seat back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import (
    class_words,
    classes,
    cues,
    human,
    identity,
    menu,
    progress,
    sign_up,
    wanted_class,
)
from handlers.answers import choice
from handlers.text import lines
from handlers.wording import soon
from jcbot.training.errors import TrainingError
from jcbot.training.model import CANCELLED, CONFIRMED, WAITING

if TYPE_CHECKING:
    from handlers.turn import Turn
    from jcbot.training.model import Mine
    from jcbot.training.progress import Progress

CONFIRM = "cancel"
SHOWN = 6
SHORT = 20  # characters of a message that only says which class is given back


def show(turn: Turn) -> str:
    """Show all classes of the person bound, the running and coming ones first."""
    if cues.of_somebody_else(turn):
        return lines(turn.say("training.somebody_else"), human.contact(turn))
    if said := identity.require(turn, "my_training"):
        return said
    turn.state.last, turn.state.topic = "my_training", ""
    key = turn.office.people.bound_to()
    mine = turn.office.training.mine(key) if key is not None else []
    who = identity.called(turn)
    if not mine:
        actions = [("training_browse", turn.say("card.offer_browse")), menu.human(turn)]
        said = turn.say("training.mine_none", who=who)
        return lines(said, _count(turn), menu.offer(turn, actions))
    mine.sort(key=lambda each: each.course.last_day < turn.today)
    steps = turn.office.training.progress(key) if key is not None else {}
    told = [lines(_told(turn, each), *_steps(turn, steps, each)) for each in mine[:SHOWN]]
    actions = [("classes:1", turn.say("training.offer_more")), menu.human(turn)]
    if _given_back(turn, mine):
        actions.insert(0, ("training_cancel", turn.say("training.offer_cancel")))
    head = turn.say("training.mine_head", who=who)
    return lines(head, *told, _count(turn), menu.offer(turn, actions))


def follow(turn: Turn) -> str | None:
    """取消电工那个, 换成电焊的: where classes were talked of, or one held is named."""
    if len(turn.normal) > SHORT:
        return None
    gives_back = cues.says(turn, "cancelling")
    swaps = cues.says(turn, "to_another_class")
    if not (gives_back or swaps) or (key := turn.office.people.bound_to()) is None:
        return None
    mine = _given_back(turn, turn.office.training.mine(key))
    trade = wanted_class.slots(turn).get("occupation", "")
    named = gives_back and trade and any(trade in each.course.occupation for each in mine)
    about = turn.state.last in {"training", "my_training"}
    return cancel(turn) if mine and (named or about) else None


def cancel(turn: Turn) -> str:
    """取消报名, 不去了: which class, then a question before it is given back."""
    if said := identity.require(turn, "training_cancel"):
        return said
    key = turn.office.people.bound_to()
    mine = _given_back(turn, turn.office.training.mine(key)) if key is not None else []
    if not mine:
        actions = [("my_training", turn.say("training.offer_mine")), menu.human(turn)]
        return lines(turn.say("training.nothing_to_cancel"), menu.offer(turn, actions))
    swap = cues.says(turn, "to_another_class")
    lead = turn.say("training.cancel_then_other") if swap else ""
    meant = _meant(turn, mine) or (mine if swap else [])
    trade = wanted_class.slots(turn).get("occupation", "")
    if not meant and trade:
        lead = turn.say("training.not_held", trade=trade)
    turn.state.draft = (
        {"swap": wanted_class.slots(turn)} if swap and wanted_class.slots(turn) else {}
    )
    if len(meant) == 1:
        return lines(lead, _ask(turn, meant[0]))
    shown = (meant or mine)[: menu.MOST]
    actions = [(f"cancel:{each.course.number}", _short(turn, each)) for each in shown]
    return lines(lead, turn.say("training.cancel_which"), menu.offer(turn, actions))


def cancel_one(turn: Turn, number: str) -> str:
    """Ask before this class is given back."""
    if said := identity.require(turn, f"cancel:{number}"):
        return said
    held = _mine(turn, number)
    return _ask(turn, held) if held else cancel(turn)


def ask_again(turn: Turn) -> str:
    """Put the question once more."""
    return cancel_one(turn, turn.state.picked)


def answer(turn: Turn) -> str | None:
    """Take the answer to the question before a seat is given back; None for another matter."""
    if turn.state.task != CONFIRM:
        return None
    chosen = choice(turn, "cancel")
    if chosen is None and identity.another_matter(turn):
        return None
    if chosen == 1:
        return _do(turn)
    if chosen == 2:  # noqa: PLR2004 - as numbered in `_yes_or_no`
        turn.state.task = ""
        held = _mine(turn, turn.state.picked)
        named = class_words.name(turn, held.course) if held else ""
        return turn.say("training.not_cancelled", name=named)
    return lines(turn.say("training.cancel_again"), _yes_or_no(turn))


def _do(turn: Turn) -> str:
    key, number = turn.office.people.bound_to(), turn.state.picked
    turn.state.task = turn.state.picked = ""
    if key is None:
        return cancel_one(turn, number)
    try:
        course = turn.office.training.details(number)
        released = turn.office.training.cancel(number, key)
    except TrainingError as fault:
        return fault.sentence
    name = "training.cancelled_queue" if released.state == WAITING else "training.cancelled"
    actions = [
        ("classes:1", turn.say("training.offer_more")),
        ("my_training", turn.say("training.offer_mine")),
    ]
    said = turn.say(name, name=class_words.name(turn, course))
    wanted = turn.state.draft.pop("swap", None)
    if wanted:
        turn.state.looking = wanted
        return lines(said, classes.show(turn))
    return lines(said, menu.offer(turn, actions))


def _ask(turn: Turn, held: Mine) -> str:
    turn.state.task, turn.state.picked = CONFIRM, held.course.number
    turn.state.offered = []
    queue = held.state == WAITING
    key = "training.cancel_confirm_queue" if queue else "training.cancel_confirm"
    first, named = soon(turn, held.course.first_day), class_words.name(turn, held.course)
    return lines(turn.say(key, name=named, first=first), _yes_or_no(turn))


def _yes_or_no(turn: Turn) -> str:
    return menu.numbered([turn.say("training.cancel_yes"), turn.say("training.cancel_no")])


def _mine(turn: Turn, number: str) -> Mine | None:
    key = turn.office.people.bound_to()
    mine = turn.office.training.mine(key) if key is not None else []
    return next((m for m in mine if m.course.number == number and m.state != CANCELLED), None)


def _given_back(turn: Turn, mine: list[Mine]) -> list[Mine]:
    """Those that can be given back still, and those that would be refused with a reason."""
    return [each for each in mine if each.state != CANCELLED and turn.today <= each.course.last_day]


def _meant(turn: Turn, mine: list[Mine]) -> list[Mine]:
    """Those the message names, by number or trade; all where it names none."""
    named = wanted_class.named(turn)
    if named is not None:
        return [each for each in mine if each.course.number == named.number]
    trade = wanted_class.slots(turn).get("occupation", "")
    if trade:
        return [each for each in mine if trade in each.course.occupation]
    return mine


def _told(turn: Turn, each: Mine) -> str:
    course = each.course
    values = {
        "name": class_words.name(turn, course), "number": course.number, "place": each.place,
        "first": soon(turn, course.first_day), "last": soon(turn, course.last_day),
    }  # fmt: skip
    if each.state == CANCELLED:
        return turn.say("training.mine_cancelled", **values)
    if each.state == WAITING:
        return turn.say("training.mine_waiting", **values)
    if course.last_day < turn.today:
        return turn.say("training.mine_over", **values)
    key = "training.mine_running" if course.begun(turn.now) else "training.mine_confirmed"
    hours = f"，{course.hours}" if course.hours else ""
    where = turn.say("training.mine_where", place=course.place or course.county, hours=hours)
    return turn.say(key, **values) + where


def _steps(turn: Turn, steps: dict[str, Progress], each: Mine) -> list[str]:
    """What is entered of days, exam, certificate, job and subsidy, in one line."""
    found = steps.get(each.course.number)
    said = progress.lines_for(turn, found) if found is not None else []
    told = ["；".join(said) + "。"] if said else []
    over = each.state == CONFIRMED and each.course.last_day < turn.today
    if over and found is not None and not found.exam and not found.certificate:
        told.append(turn.say("training.paper_later", who=class_words.who(turn, each.course)))
    return told


def _short(turn: Turn, each: Mine) -> str:
    return f"{class_words.name(turn, each.course)}，{soon(turn, each.course.first_day)}"


def _count(turn: Turn) -> str:
    """How many of the year's free trainings are used up."""
    person, key = identity.known(turn), turn.office.people.bound_to()
    if person is None or key is None:
        return ""
    count = turn.office.training.used_this_year(sign_up.applicant_of(turn, person, key))
    most = turn.library.training.limits.yearly_most
    year = turn.today.year
    return turn.say("training.mine_count", year=year, count=count, most=most) if count else ""
