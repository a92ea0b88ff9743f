"""Who is writing (核对身份): notice and consent, then name and number, checked and forgotten."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from handlers import human
from handlers.numbers import number_of
from handlers.text import lines
from jcbot.masking import long_numbers
from jcbot.people.claims import read_claim
from jcbot.people.identity import mask_name
from jcbot.people.pocket import Pocket

if TYPE_CHECKING:
    from handlers.turn import Turn
    from jcbot.people.claims import Claim
    from jcbot.people.registry import Person

CONSENT, IDENTIFY = "consent", "identify"
TASKS = {CONSENT, IDENTIFY}
DEFAULT = "card_status"
NO = 2  # as numbered in the notice
NEARLY = {17, 18}  # digits of what can only be meant as an ID number
ANSWERS = {"affirm", "deny", "out_of_scope", "greeting", "thanks", "help"}


def require(turn: Turn, after: str) -> str:
    """Return "" if it is known who writes; else what to say, and `after` follows in the end."""
    people = turn.office.people
    agreed = people.agreed(version(turn))
    if agreed and people.bound_to() is not None:
        return ""
    begin(turn, after)
    if not agreed:
        return turn.say("identity.notice")
    return ask_again(turn)


def ask_again(turn: Turn) -> str:
    """Ask for name and number; what was refused once is not tried again by itself."""
    return _missing(turn, turn.office.people.pocket()) or turn.say("identity.ask")


def begin(turn: Turn, after: str) -> None:
    """Open the question of who is writing."""
    state = turn.state
    state.shelf = {}
    if state.form and state.form.open:
        state.form.parked = True
    state.after, state.offered, state.misses = after, [], 0
    agreed = turn.office.people.agreed(version(turn))
    state.task = IDENTIFY if agreed else CONSENT


def version(turn: Turn) -> str:
    """Return the version of the notice that has to be agreed to."""
    return turn.say("identity.notice_version")


def known(turn: Turn) -> Person | None:
    """Look up the person bound; None without consent to the notice as it is now."""
    people = turn.office.people
    return people.myself() if people.agreed(version(turn)) else None


def lapse(turn: Turn) -> None:
    """Who leaves or comes anew is asked for consent again; no step stays open meanwhile."""
    turn.office.people.lapse()
    state = turn.state
    state.task, state.after, state.draft, state.shelf = "", "", {}, {}


def called(turn: Turn) -> str:
    """Return the name of the person bound, masked."""
    person = known(turn)
    return mask_name(person.name) if person else turn.say("people.you")


def answer(turn: Turn) -> str | None:
    """Take what was said to the notice, or of name and number; None for another matter."""
    if turn.state.task not in TASKS:
        return None
    if not turn.office.people.agreed(version(turn)):
        turn.state.task = CONSENT  # the notice is another one since
    claim = read_claim(turn.text, turn.library.names)
    if turn.state.task == CONSENT:
        return _consent(turn, claim)
    return _identify(turn, claim)


def sent_unasked(turn: Turn) -> str | None:
    """A name and number out of the blue: kept sealed, and who is writing is asked in order."""
    claim = read_claim(turn.text, turn.library.names)
    if not claim.id_number:
        almost = any(len(digits) in NEARLY for _, _, digits in long_numbers(turn.text))
        return turn.say("identity.bad_id", fault=claim.fault) if almost and claim.fault else None
    people = turn.office.people
    if people.agreed(version(turn)) and people.bound_to() is not None:
        return turn.say("identity.already_bound", who=called(turn))
    begin(turn, turn.state.after or DEFAULT)
    _put(turn, claim)
    if turn.state.task == IDENTIFY:
        return _go_on(turn)
    return lines(turn.say("identity.kept_until_agreed"), turn.say("identity.notice"))


def _consent(turn: Turn, claim: Claim) -> str | None:
    if _refuses(turn):
        turn.state.task = turn.state.after = ""
        turn.office.people.empty_pocket()
        return lines(turn.say("identity.no_consent"), human.contact(turn))
    numbers = claim.id_number or claim.phone or claim.fault
    if _agrees(turn):
        turn.office.people.agree(version(turn))
        turn.state.task = IDENTIFY
        _put(turn, claim)
        return _go_on(turn)
    if numbers or (claim.name and not another_matter(turn)):
        _put(turn, claim)
        said = turn.say("identity.kept_until_agreed")
        fault = turn.say("identity.bad_id", fault=claim.fault) if claim.fault else ""
        return lines(said, fault, turn.say("identity.agree_or_not"))
    return None if another_matter(turn) else turn.say("identity.notice")


def _agrees(turn: Turn) -> bool:
    text = turn.normal.strip(" 。.!！,，、")
    if (number := number_of(turn.normal)) is not None:
        return number == 1
    return any(word in text for word in turn.library.cues["agreeing"]) or _is(turn, "affirm")


def _refuses(turn: Turn) -> bool:
    text = turn.normal.strip(" 。.!！,，、")
    words = turn.library.cues["not_agreeing"]
    if (number := number_of(turn.normal)) is not None:
        return number == NO
    return any(word in text for word in words) or _is(turn, "deny")


def _is(turn: Turn, intent: str) -> bool:
    return turn.understood is not None and turn.understood.intent == intent


def another_matter(turn: Turn) -> bool:
    """Whether the message is clearly about something else."""
    understood = turn.understood
    return understood is not None and understood.intent not in ANSWERS and understood.sure == "act"


def _identify(turn: Turn, claim: Claim) -> str | None:
    numbers = claim.id_number or claim.phone or claim.fault or claim.tail
    if not claim or (not numbers and another_matter(turn) and not _waits_for_name(turn, claim)):
        if another_matter(turn):
            return None
        return lines(turn.say("identity.not_read"), ask_again(turn))
    if claim.fault and not claim.id_number:
        _put(turn, replace(claim, tail=""))
        return turn.say("identity.bad_id", fault=claim.fault)
    _put(turn, claim)
    return _go_on(turn)


def _waits_for_name(turn: Turn, claim: Claim) -> bool:
    return bool(claim.name) and not turn.office.people.pocket().name


def _put(turn: Turn, claim: Claim) -> None:
    """Add what was sent to what is there; what comes later replaces it."""
    people = turn.office.people
    before = people.pocket()
    people.keep(
        Pocket(
            name=claim.name or before.name,
            id_number=claim.id_number or before.id_number,
            tail=claim.tail or before.tail,
            phone=claim.phone or before.phone,
            no_phone=claim.no_phone or (before.no_phone and not claim.tail),
        )
    )


def _go_on(turn: Turn) -> str:
    """Ask for what is missing; with name and number there, check them."""
    people = turn.office.people
    pocket = people.pocket()
    if people.bound_to() is not None:  # only a new version of the notice had to be agreed to
        return _done(turn, "")
    if missing := _missing(turn, pocket):
        return missing
    if turn.state.after.startswith("register_card"):
        return _done(turn, "")  # a new card: nothing to check it against
    if not people.prove(pocket):
        return lines(turn.say("identity.refused"), human.contact(turn))
    people.empty_pocket()
    return _done(turn, turn.say("identity.bound", who=called(turn)))


def _missing(turn: Turn, pocket: Pocket) -> str:
    if not pocket.id_number and not pocket.name:
        return turn.say("identity.ask")
    if not pocket.id_number:
        return turn.say("identity.ask_id")
    return "" if pocket.name else turn.say("identity.ask_name")


def _done(turn: Turn, said: str) -> str:
    turn.then = turn.state.after or DEFAULT
    turn.state.task = turn.state.after = ""
    return said
