"""Signing up (报名): who, which class, read back, then a seat or a place in the line."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from handlers import aspects, card, classes, human, identity, menu
from handlers.answers import choice
from handlers.numbers import number_of
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
    from knowledge.training import GroupLimit

GROUPS, CONFIRM = "groups", "sign_up"
TASKS = {GROUPS, CONFIRM}
PER_PAGE = 5
SHORT = 24  # characters of a message that is hardly more than a class number
PLACE = re.compile(r"(?:第|报|选)([1-6一二三四五六两])(?:个|$|吧|呢|号)")


def start(turn: Turn) -> str:
    """报名: the class named, the one last looked at, or a list to choose from."""
    state = turn.state
    if any(word in turn.normal for word in turn.library.cues["who_is_in"]):
        return lines(turn.say("training.somebody_else"), human.contact(turn))
    cues, heard = turn.library.cues, turn.understood.heard if turn.understood else {}
    others = (*cues["several_people"], *cues["others_cards"])
    if heard.get("about") == "other" or any(word in turn.normal for word in others):
        return classes.several(turn)
    if number := _meant(turn):
        return sign_up(turn, number)
    if code := classes.code(turn):
        return lines(turn.say("training.no_class", number=code), classes.show(turn))
    state.looking = classes.slots(turn) or state.looking
    return lines(turn.say("training.which_sign_up"), classes.show(turn))


def _meant(turn: Turn) -> str:
    """The number of the class that is meant: named, looked at, or the only one that fits."""
    course = classes.named(turn)
    if course is not None:
        return course.number
    if number := _by_place(turn):
        return number
    wanted = classes.slots(turn)
    if not wanted:
        return turn.state.picked or _only_offer(turn) or classes.the_only(turn, turn.state.looking)
    return classes.the_only(turn, turn.state.looking | wanted)


def _by_place(turn: Turn) -> str:
    """报第二个, 就报2: the number of that class of the list just shown, "" for none."""
    found = PLACE.search(turn.normal)
    shown = [each for each in turn.state.offered if each.startswith("class:")]
    place = number_of(found.group(1)) if found else None
    if place is None or not 1 <= place <= len(shown):
        return ""
    return shown[place - 1].removeprefix("class:")


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
    limit = _asked_for(turn, course, person)
    return _ask_groups(turn, limit, 0) if limit else _read_back(turn, course, person)


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
    course = classes.named(turn)
    if course is None or any(word in turn.normal for word in turn.library.cues["cancelling"]):
        return None
    wants = any(word in turn.normal for word in turn.library.cues["wanting_in"])
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
    if turn.state.task == GROUPS:
        return _groups_answer(turn)
    if turn.state.task == CONFIRM:
        return _confirm(turn)
    return None


def _only_offer(turn: Turn) -> str:
    """The one class of the list just shown, if it has one only."""
    shown = [each for each in turn.state.offered if each.startswith("class:")]
    return shown[0].removeprefix("class:") if len(shown) == 1 else ""


def _held(turn: Turn, key: bytes, number: str) -> Mine | None:
    mine = turn.office.training.mine(key)
    return next((m for m in mine if m.course.number == number and m.state != "cancelled"), None)


def _already(turn: Turn, held: Mine) -> str:
    named = classes.name(turn, held.course)
    if held.state == WAITING:
        return turn.say("training.already_queued", name=named, place=held.place)
    return turn.say("training.already", name=named)


def _asked_for(turn: Turn, course: Course, person: Person) -> GroupLimit | None:
    """The limit on groups that neither the card nor the worker has settled yet."""
    known = _known(turn, person)
    for limit in turn.library.training.limits.groups:
        if course.kind in limit.kinds and not any(known.get(each) for each in limit.members):
            unknown = [each for each in limit.members if each not in known]
            answered = turn.state.draft.get("answered") == limit.name
            return limit if unknown and not answered else None
    return None


def _known(turn: Turn, person: Person) -> dict[str, bool]:
    """What card and worker say of the groups."""
    facts = turn.state.facts
    said = dict.fromkeys(facts.get("groups_has", []), True)
    denied = dict.fromkeys(facts.get("groups_not", []), False)
    told: dict[str, bool] = turn.state.draft.get("groups", {})
    return denied | said | told | card.known_groups(person)


def _ask_groups(turn: Turn, limit: GroupLimit, at: int) -> str:
    """Ask which of the groups; a page of them at a time, in the official words' plain form."""
    state = turn.state
    state.task = GROUPS
    shown = limit.members[at : at + PER_PAGE]
    state.draft = {
        **state.draft, "limit": limit.name, "at": at, "shown": list(shown),
    }  # fmt: skip
    spec = turn.library.book.specs["groups"]
    labels = [spec.label(each) for each in shown]
    last = at + PER_PAGE >= len(limit.members)
    labels.append(turn.say("training.groups_none" if last else "training.groups_more"))
    choices = "\n".join(f"{number}. {label}" for number, label in enumerate(labels, start=1))
    said = turn.say("training.ask_groups", for_whom=limit.name)
    return lines(said, choices, turn.say("training.groups_out"))


def _groups_answer(turn: Turn) -> str | None:
    draft = turn.state.draft
    limit = next(
        each for each in turn.library.training.limits.groups if each.name == draft["limit"]
    )
    text = turn.normal.strip(" 。.!！,，")
    heard = turn.understood.heard.get("groups_has", []) if turn.understood else []
    named = [each for each in heard if each in limit.members]
    number = number_of(text)
    if number is not None and 1 <= number <= len(draft["shown"]):
        named = [draft["shown"][number - 1]]
    if named:
        return _groups_told(turn, limit, dict.fromkeys(named, True))
    if text in turn.library.cues["unsure"]:
        return _groups_told(turn, limit, {})
    none = any(word in text for word in turn.library.cues["none_of_them"])
    if number == len(draft["shown"]) + 1 or none:
        more = draft["at"] + PER_PAGE
        if not none and more < len(limit.members):
            return _ask_groups(turn, limit, more)
        return _groups_told(turn, limit, dict.fromkeys(limit.members, False))
    return None if identity.another_matter(turn) else _ask_groups(turn, limit, draft["at"])


def _groups_told(turn: Turn, limit: GroupLimit, told: dict[str, bool]) -> str:
    turn.state.task = ""
    turn.state.draft = {"groups": told, "answered": limit.name}
    return sign_up(turn, turn.state.picked)


def _read_back(turn: Turn, course: Course, person: Person) -> str:
    turn.state.task = CONFIRM
    who, named = mask_name(person.name), classes.name(turn, course)
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
    yes = turn.say("training.yes_queue" if full else "training.yes_sign_up")
    return f"1. {yes}\n2. {turn.say('training.no_sign_up')}"


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
    denied = {name: has for name, has in _known(turn, person).items() if not has}
    groups = denied | card.known_groups(person)
    row = person.row
    at = dt.datetime.fromtimestamp(row.at, SHANGHAI)
    times = row.times_this_year or 0
    return Applicant(key, turn.message.openid, row.birth, groups, times, at)


def _given(turn: Turn, course: Course, given: SignUp) -> str:
    named = classes.name(turn, course)
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
        turn.say("training.signed_up_who", who=classes.who(turn, course)), verify,
        turn.say("training.signed_up_reminder"),
    )  # fmt: skip


def _after(turn: Turn) -> str:
    actions = [
        ("my_training", turn.say("training.offer_mine")),
        ("classes:1", turn.say("training.offer_more")),
        ("human_agent", turn.say("menu.to_human")),
    ]
    return menu.offer(turn, actions)
