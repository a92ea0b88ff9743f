"""Signing up (报名): who, which class, read back, then a seat or a place in the line."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from handlers import (
    aspects,
    card,
    class_words,
    classes,
    cues,
    human,
    identity,
    menu,
    sign_up_groups,
    wanted_class,
)
from handlers.answers import choice
from handlers.text import lines
from handlers.wording import soon
from jcbot.clock import SHANGHAI
from jcbot.people.identity import mask_name
from jcbot.training.errors import TrainingError
from jcbot.training.model import WAITING, Applicant

if TYPE_CHECKING:
    from handlers.turn import Turn
    from jcbot.people.registry import Person
    from jcbot.training.model import Course, Mine, SignUp

CONFIRM = "sign_up"
SHORT = 24  # characters of a message that is hardly more than a class number


def start(turn: Turn) -> str:
    """报名: the class named, the one last looked at, or a list to choose from."""
    state = turn.state
    if cues.says(turn, "who_is_in"):
        return lines(turn.say("training.somebody_else"), human.contact(turn))
    if cues.of_somebody_else(turn) or cues.says(turn, "several_people"):
        return classes.several(turn)
    if number := _meant(turn):
        return sign_up(turn, number)
    if code := wanted_class.code(turn):
        return lines(turn.say("training.no_class", number=code), classes.show(turn))
    state.looking = wanted_class.slots(turn) or state.looking
    return lines(turn.say("training.which_sign_up"), classes.show(turn))


def _meant(turn: Turn) -> str:
    """The number of the class that is meant: named, looked at, or the only one that fits."""
    course = wanted_class.named(turn)
    if course is not None:
        return course.number
    if number := wanted_class.by_place(turn):
        return number
    wanted = wanted_class.slots(turn)
    if not wanted:
        return (
            turn.state.picked
            or wanted_class.only_listed(turn)
            or wanted_class.the_only(turn, turn.state.looking)
        )
    return wanted_class.the_only(turn, turn.state.looking | wanted)


def sign_up(turn: Turn, number: str) -> str:
    """Prepare a sign-up and read it back; nothing is taken before 确定."""
    if said := identity.require(turn, f"sign_up:{number}"):
        return said
    person, key = identity.known(turn), turn.office.people.bound_to()
    if person is None or key is None:
        return lines(turn.say("identity.gone"), human.contact(turn))
    state = turn.state
    state.last, state.picked, state.offered = "training", number, []
    if held := _held(turn, key, number):
        return lines(_already(turn, held), _after(turn))
    try:
        course = turn.office.training.details(number)
        turn.office.training.check(number, applicant_of(turn, person, key))
    except TrainingError as fault:
        return lines(fault.sentence, _after(turn))
    limit = sign_up_groups.unsettled(turn, course, person)
    return sign_up_groups.ask(turn, limit) if limit else _read_back(turn, course, person)


def ask_again(turn: Turn) -> str:
    """Put the open step once more."""
    return sign_up(turn, turn.state.picked)


def follow(turn: Turn) -> str | None:
    """候补, 给我报上, 确定: after a class was shown, or a sign-up was put aside."""
    if not turn.library.confirming.yes(turn.normal, "sign_up"):
        return None
    plain = turn.library.confirming.yes(turn.normal)
    offered = [each for each in turn.state.offered if each.startswith("sign_up:")]
    if offered and not plain:  # the class on the screen goes before one put aside
        turn.state.shelf = {}
        return sign_up(turn, offered[0].partition(":")[2])
    if offered or any(each.startswith("class:") for each in turn.state.offered):
        return None  # a plain yes belongs to the list shown
    shelf = turn.state.shelf
    resumes = shelf.get("task") == CONFIRM and turn.state.unshelve()
    return ask_again(turn) if resumes else None


def by_number(turn: Turn) -> str | None:
    """A class number, alone or with 报 or 取消 before or behind it: that class."""
    if turn.state.task or len(turn.normal) > SHORT:
        return None
    course = wanted_class.named(turn)
    if course is None or cues.says(turn, "cancelling"):
        return None
    wants = cues.says(turn, "wanting_in")
    return sign_up(turn, course.number) if wants else classes.tell(turn, course)


def aside(turn: Turn) -> str:
    """等等几点上课, while the sign-up is read back: that one thing of the class; "" for none."""
    names = aspects.asked(turn)
    if not names:
        return ""
    try:
        course = turn.office.training.details(turn.state.picked)
    except TrainingError:
        return ""
    return lines(*aspects.tell(turn, course, names))


def answer(turn: Turn) -> str | None:
    """Take the answer to the groups or to the read-back; None for another matter."""
    if turn.state.task == sign_up_groups.TASK:
        said = sign_up_groups.read(turn)
        return sign_up(turn, turn.state.picked) if said == "" else said
    if turn.state.task == CONFIRM:
        return _confirm(turn)
    return None


def _held(turn: Turn, key: bytes, number: str) -> Mine | None:
    mine = turn.office.training.mine(key)
    return next((m for m in mine if m.course.number == number and m.state != "cancelled"), None)


def _already(turn: Turn, held: Mine) -> str:
    named = class_words.name(turn, held.course)
    if held.state == WAITING:
        return turn.say("training.already_queued", name=named, place=held.place)
    return turn.say("training.already", name=named)


def _read_back(turn: Turn, course: Course, person: Person) -> str:
    turn.state.task = CONFIRM
    who, named = mask_name(person.name), class_words.name(turn, course)
    if course.free:
        said = turn.say(
            "training.read_back", who=who, name=named, first=soon(turn, course.first_day),
            days=course.days, place=course.place or course.county,
        )  # fmt: skip
    else:
        place = course.waiting + 1
        said = turn.say("training.read_back_full", who=who, name=named, place=place)
    return lines(said, _yes_or_no(turn, full=not course.free))


def _yes_or_no(turn: Turn, *, full: bool) -> str:
    yes = "training.yes_queue" if full else "training.yes_sign_up"
    return menu.numbered([turn.say(yes), turn.say("training.no_sign_up")])


def _confirm(turn: Turn) -> str | None:
    chosen = choice(turn, "sign_up")
    if chosen is None and identity.another_matter(turn):
        return None
    if chosen == 1:
        return _do(turn)
    if chosen == 2:  # noqa: PLR2004 - as numbered in `_yes_or_no`
        turn.state.task, turn.state.draft = "", {}
        return turn.say("training.not_signed_up")
    return lines(turn.say("training.confirm_again"), _yes_or_no(turn, full=False))


def _do(turn: Turn) -> str:
    """Take the seat now; what the office refuses it says itself."""
    office, number = turn.office, turn.state.picked
    person, key = identity.known(turn), office.people.bound_to()
    turn.state.task = ""
    if person is None or key is None:
        return sign_up(turn, number)
    told: dict[str, bool] = turn.state.draft.get("groups", {})
    applicant = applicant_of(turn, person, key)
    turn.state.draft = {}
    try:
        given = office.training.sign_up(number, applicant)
        course = office.training.details(number)
    except TrainingError as fault:
        return lines(fault.sentence, _after(turn))
    if any(told.values()):
        turn.state.facts.setdefault("groups_has", [each for each, has in told.items() if has])
    return lines(_given(turn, course, given), _after(turn))


def applicant_of(turn: Turn, person: Person, key: bytes) -> Applicant:
    """Who signs up. What a worker claims is not known before staff saw it; what he denies is."""
    denied = {name: has for name, has in sign_up_groups.known(turn, person).items() if not has}
    groups = denied | card.known_groups(person)
    row = person.row
    at = dt.datetime.fromtimestamp(row.at, SHANGHAI)
    times = row.times_this_year or 0
    return Applicant(key, turn.message.openid, row.birth, groups, times, at)


def _given(turn: Turn, course: Course, given: SignUp) -> str:
    named = class_words.name(turn, course)
    marks = "、".join(turn.say(f"training.verify_{mark}") for mark in given.to_verify)
    verify = turn.say("training.to_verify", what=marks) if marks else ""
    if given.state == WAITING:
        key = "training.already_queued" if given.already else "training.queued"
        return lines(turn.say(key, name=named, place=given.place), verify)
    if given.already:
        return turn.say("training.already", name=named)
    when = turn.say(
        "training.signed_up_when", first=soon(turn, course.first_day), days=course.days,
        hours=f"，{course.hours}" if course.hours else "", place=course.place or course.county,
    )  # fmt: skip
    bring = turn.say("training.signed_up_bring", bring=course.bring) if course.bring else ""
    return lines(
        turn.say("training.signed_up", name=named, number=course.number), when, bring,
        turn.say("training.signed_up_who", who=class_words.who(turn, course)), verify,
        turn.say("training.signed_up_reminder"),
    )  # fmt: skip


def _after(turn: Turn) -> str:
    actions = [
        ("my_training", turn.say("training.offer_mine")),
        ("classes:1", turn.say("training.offer_more")),
        menu.human(turn),
    ]
    return menu.offer(turn, actions)
