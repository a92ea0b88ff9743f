"""How one question of the interview is put and its answer read (提问与读答案)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handlers import cues, people
from handlers.choices import NEXT_PAGE, NONE, choices_for, put_groups, real
from knowledge.slots import Answer, read_answer

if TYPE_CHECKING:
    from handlers.state import Form
    from handlers.turn import Turn
    from knowledge.facts import FactSpec
    from knowledge.rules import Estimate

SITUATION = "situation"
STAFF = "staff"
SHORT = 12  # characters of a bare quantity with the words around it
TWO = 2  # choices of a yes or no, which fits any question and so none but the open one


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is shown now, with the choices shown."""

    key: str
    kind: str
    question: str
    why: str
    choices: tuple[tuple[Any, str], ...]
    unit: str = ""


def ask(turn: Turn, form: Form, fact: str, estimate: Estimate | None = None) -> str:
    """Put the question, with numbered choices and the ways out; remembers it as open.

    Of a list of groups only those are shown that can still change something in `estimate`.
    """
    if form.open != fact or estimate is not None:
        form.open = fact
        form.choices = [] if fact == SITUATION else choices_for(turn, fact, estimate)
    turn.state.offered = []
    asked = shown(turn, form)
    why = f"（{asked.why}）" if asked.why else ""
    choices = [f"{number}. {label}" for number, (_, label) in enumerate(asked.choices, start=1)]
    out = "" if form.history else turn.say("interview.ways_out")
    return "\n".join(part for part in (asked.question + why, *choices, out) if part)


def shown(turn: Turn, form: Form) -> Asked:
    """The open question with the choices now shown."""
    if form.open == SITUATION:
        situations = enumerate(turn.library.situations.choices)
        labels = tuple((number, situation.label) for number, situation in situations)
        return Asked(SITUATION, "choices", turn.library.situations.question, "", labels)
    spec = turn.library.book.specs[form.open]
    words = dict(spec.choices) | {
        NEXT_PAGE: turn.say("interview.other_choices"),
        NONE: turn.say("interview.none_of_these"),
    }
    choices = tuple((value, words[value]) for value in form.choices)
    return Asked(spec.key, spec.kind, spec.question, spec.why, choices, spec.unit)


def read(turn: Turn, form: Form) -> Answer:
    """Read the message as an answer; `none_of_these` is a value too."""
    answer = read_answer(shown(turn, form), turn.normal, turn.today)
    if form.open != SITUATION or answer.kind != "none" or len(turn.normal) > SHORT:
        return answer
    named = turn.library.situations.named(turn.normal)
    return Answer("value", named) if named else answer


def put(turn: Turn, form: Form, fact: str, value: Any) -> None:
    """Write an answer down; the situation settles facts and what is worked out."""
    form.history = [*(name for name in form.history if name != fact), fact]
    if fact == SITUATION:
        _put_situation(turn, form, value)
    elif turn.library.book.specs[fact].identity:
        put_groups(turn, form, value)
    elif value == NEXT_PAGE:
        known = turn.state.person.get(fact)
        before = known.get("not", []) if isinstance(known, dict) else []
        turn.state.person[fact] = {"not": [*before, *real(form.choices)]}
    else:
        turn.state.person[fact] = value


def correct(turn: Turn, form: Form) -> str:
    """Read 不对，是14个月 as a new answer to an earlier question; return its wording or ""."""
    if not cues.corrects(turn):
        return ""
    for fact in reversed(form.history):
        if fact == SITUATION or fact not in turn.state.person:
            continue
        spec = turn.library.book.specs[fact]
        answer = read_answer(spec, cues.after_correction(turn), turn.today)
        if answer.kind == "value" and answer.value != turn.state.person[fact]:
            turn.state.person[fact] = answer.value
            return people.say_back(turn, spec, answer.value)
    return ""


def read_other(turn: Turn, form: Form, estimate: Estimate) -> str:
    """Read the message as an answer to another question still open; return its wording or ""."""
    if turn.normal.isdecimal():
        return ""  # a bare number answers the open question or nothing
    heard = set(turn.understood.heard) - {"about"} if turn.understood else set()
    needs = dict.fromkeys(fact for outcome in estimate.outcomes for fact in outcome.needs)
    benefits = turn.library.policies.benefits
    needs |= dict.fromkeys(fact for name in form.asked for fact in benefits[name].own_facts)
    needs = {fact: None for fact in needs if fact not in turn.state.person}
    fitting = [fact for fact in needs if fact != form.open and (not heard or fact in heard)]
    specs = [turn.library.book.specs[fact] for fact in fitting]
    for spec in sorted(specs, key=lambda spec: not _named_outright(turn, spec)):
        elsewhere = spec.unit and spec.unit not in turn.normal
        if elsewhere or spec.identity or len(spec.choices) == TWO:
            continue
        answer = read_answer(spec, turn.normal, turn.today)
        if answer.kind == "value":
            form.history = [*form.history, spec.key]
            people.put(turn.state.person, spec.key, answer.value)
            return people.say_back(turn, spec, answer.value)
    return ""


def no_such_choice(turn: Turn, form: Form) -> int:
    """The last number of the list when the message is a number beyond it, else 0."""
    choices = shown(turn, form).choices
    return len(choices) if choices and turn.normal.isdecimal() else 0


def same_number(turn: Turn, value: object) -> set[str]:
    """Keys under which the number just answered was read a second time."""
    facts = turn.understood.heard if turn.understood else {}
    return {key for key, said in facts.items() if said == value and not isinstance(said, bool)}


def _named_outright(turn: Turn, spec: FactSpec) -> bool:
    """Whether a choice begins with the words of the message, as 高级工（三级） with 高级工."""
    return any(label.startswith(turn.normal) for _, label in spec.choices)


def _put_situation(turn: Turn, form: Form, numbers: list[int]) -> None:
    """Settle what the choices say; without any, work out what suits most people."""
    situations = turn.library.situations
    if not numbers:
        form.asked = list(situations.unclear)
    for number in numbers:
        choice = situations.choices[number]
        turn.state.person.update(choice.facts)
        if choice.groups:
            people.put(turn.state.person, "groups_has", list(choice.groups))
        form.asked = list(dict.fromkeys([*form.asked, *choice.asked]))


def requantify(turn: Turn) -> str:
    """Put a bare quantity (600人呢, 半年呢, 16呢) to the known fact counted in its unit.

    Return its wording, "" where nothing fits.
    """
    if len(turn.normal) > SHORT:
        return ""
    known, said = turn.state.person, bare(turn)
    for key in _likeliest_first(turn):
        spec = turn.library.book.specs.get(key)
        if spec is None or spec.kind != "number" or _named_otherwise(turn, spec):
            continue
        read = read_answer(spec, said, turn.today)
        if read.kind == "value" and read.value != known[key]:
            known[key] = read.value
            return people.say_back(turn, spec, read.value)
    return ""


def _likeliest_first(turn: Turn) -> list[str]:
    """The known facts, the latest first; 450人的厂子 speaks of the staff."""
    keys = list(reversed(turn.state.person))
    employer = cues.says(turn, "employer")
    return sorted(keys, key=lambda key: key != STAFF) if employer else keys


def _named_otherwise(turn: Turn, spec: FactSpec) -> bool:
    """Whether the message says itself which other fact its number is."""
    heard = turn.understood.heard if turn.understood else {}
    return any(key != spec.key and key in turn.state.person for key in heard)


def bare(turn: Turn) -> str:
    """The quantity without 那, 要是, 呢 and the like."""
    text = turn.normal.rstrip("?？。 呢啊呀吗")
    for word in sorted(turn.library.cues["opening"], key=len, reverse=True):
        text = text.removeprefix(word)
    return text.strip("，, ").removesuffix("的")
