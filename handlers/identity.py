"""Who is writing (核对身份): notice and consent, then name and number, checked and forgotten."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from handlers import cues, human
from handlers.numbers import number_of
from handlers.text import lines
from jcbot.masking import long_numbers
from jcbot.people.claims import read_claim
from jcbot.people.identity import mask_name
from jcbot.people.live import RegistryAwayError
from jcbot.people.pocket import Pocket

if TYPE_CHECKING:
    from handlers.turn import Turn
    from jcbot.people.claims import Claim
    from jcbot.people.registry import Person

CONSENT, IDENTIFY = "consent", "identify"
TASKS = {CONSENT, IDENTIFY}
DEFAULT = "card_status"
NO = 2  # as numbered in the notice
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


def aside(turn: Turn) -> str:
    """安全吗, 忘了手机号: a worry while name and number are asked for; "" for none."""
    if long_numbers(turn.text):
        return turn.say("identity.only_own") if cues.says(turn, "others_cards") else ""
    if cues.says(turn, "others_cards") and not turn.library.confirming.yes(turn.normal):
        return turn.say("identity.only_own")
    if cues.says(turn, "safety"):
        return turn.say("identity.safe")
    if cues.says(turn, "forgot_phone") and turn.state.task == IDENTIFY:
        return lines(turn.say("identity.forgot"), human.contact(turn))
    return ""


def _consent(turn: Turn, claim: Claim) -> str | None:
    if _refuses(turn):
        turn.state.task = turn.state.after = ""
        turn.office.people.empty_pocket()
        return lines(turn.say("identity.no_consent"), human.contact(turn))
    numbers = claim.id_number or claim.phone or claim.fault
    if _agrees(turn):
        turn.office.people.agree(version(turn))
        turn.state.task = IDENTIFY
        put(turn, claim)
        return go_on(turn)
    if numbers or (claim.name and not another_matter(turn)):
        put(turn, claim)
        said = turn.say("identity.kept_until_agreed")
        fault = turn.say("identity.bad_id", fault=claim.fault) if claim.fault else ""
        return lines(said, fault, turn.say("identity.agree_or_not"))
    return None if another_matter(turn) else turn.say("identity.notice")


def _agrees(turn: Turn) -> bool:
    number = number_of(turn.normal)
    return number == 1 if number is not None else turn.library.confirming.yes(_words(turn))


def _refuses(turn: Turn) -> bool:
    number = number_of(turn.normal)
    return number == NO if number is not None else turn.library.confirming.no(_words(turn))


def _words(turn: Turn) -> str:
    """The message without name and numbers: 同意 张三 9900… is a yes with more."""
    claim = read_claim(turn.text, turn.library.names)
    text = turn.normal
    for _, _, digits in long_numbers(text):
        text = text.replace(digits.lower(), " ")
    return text.replace(claim.name, " ").replace(claim.tail, " ") if claim else text


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
        put(turn, replace(claim, tail=""))
        return turn.say("identity.bad_id", fault=claim.fault)
    put(turn, claim)
    return go_on(turn)


def _waits_for_name(turn: Turn, claim: Claim) -> bool:
    return bool(claim.name) and not turn.office.people.pocket().name


def put(turn: Turn, claim: Claim) -> None:
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


def go_on(turn: Turn) -> str:
    """Ask for what is missing; with name and number there, check them."""
    people = turn.office.people
    pocket = people.pocket()
    if people.bound_to() is not None:  # only a new version of the notice had to be agreed to
        return _done(turn, "")
    if missing := _missing(turn, pocket):
        return missing
    if turn.state.after.startswith("register_card"):
        if pocket.tail and not _refused(turn, pocket):  # he is in the registry already
            people.empty_pocket()
            turn.state.after = DEFAULT
            return _done(turn, turn.say("identity.bound", who=called(turn)))
        return _done(turn, "")
    if said := _refused(turn, pocket):
        return lines(said, human.contact(turn))
    people.empty_pocket()
    return _done(turn, turn.say("identity.bound", who=called(turn)))


def _refused(turn: Turn, pocket: Pocket) -> str:
    """Check name and number, and bind; return "" if they fit, else what to say."""
    try:
        return "" if turn.office.people.prove(pocket) else turn.say("identity.refused")
    except RegistryAwayError:
        return turn.say("identity.registry_away")


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
