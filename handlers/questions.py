"""How one question of the interview is put and its answer read (提问与读答案)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handlers import menu, people
from knowledge.slots import Answer, read_answer

if TYPE_CHECKING:
    from handlers.state import Form
    from handlers.turn import Turn
    from knowledge.facts import FactSpec
    from knowledge.rules import Estimate

SITUATION = "situation"
PER_PAGE = 5
BARE = 4  # characters of an answer such as 高级工 that would be a topic were nothing asked
BARE_NUMBER = 2  # characters of a number that is a place in the list and nothing else
TWO = 2  # choices of a yes or no, which fits any question and so none but the open one
NEXT_PAGE, NONE = "_next_page", "_none"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is shown now: one page of its choices."""

    key: str
    kind: str
    question: str
    why: str
    choices: tuple[tuple[Any, str], ...]
    unit: str = ""


def ask(turn: Turn, form: Form, fact: str) -> str:
    """Put the question, with its numbered choices and the ways out; remembers it as open."""
    if form.open != fact:
        form.page, form.picked = 0, []
    form.open = fact
    turn.state.offered = []
    asked = shown(turn, form)
    why = f"（{asked.why}）" if asked.why else ""
    choices = [f"{number}. {label}" for number, (_, label) in enumerate(asked.choices, start=1)]
    first = not form.history and form.page == 0
    out = turn.say("interview.ways_out") if first else ""
    return "\n".join(part for part in (asked.question + why, *choices, out) if part)


def shown(turn: Turn, form: Form) -> Asked:
    """The open question with the choices of the page now shown."""
    if form.open == SITUATION:
        situations = enumerate(turn.library.situations.choices)
        labels = tuple((number, situation.label) for number, situation in situations)
        return Asked(SITUATION, "choices", turn.library.situations.question, "", labels)
    spec = turn.library.book.specs[form.open]
    choices = _page(turn, form, spec.choices)
    return Asked(spec.key, spec.kind, spec.question, spec.why, choices, spec.unit)


def read(turn: Turn, form: Form) -> Answer:
    """Read the message as an answer; kind `page` when more choices were asked for."""
    asked = shown(turn, form)
    answer = read_answer(asked, turn.normal, turn.today)
    if answer.kind != "value" or asked.kind != "choices" or asked.key == SITUATION:
        return answer
    chosen: list[str] = answer.value if isinstance(answer.value, list) else [str(answer.value)]
    form.picked += [value for value in chosen if value not in {NEXT_PAGE, NONE}]
    if NEXT_PAGE in chosen:
        form.page += 1
        return Answer("page", None)
    return Answer("value", list(dict.fromkeys(form.picked)))


def put(turn: Turn, form: Form, fact: str, value: Any) -> None:
    """Write an answer down; the situation settles facts and what is worked out."""
    form.history = [*(name for name in form.history if name != fact), fact]
    if fact == SITUATION:
        _put_situation(turn, form, value)
    elif fact == "groups" and value and not _last_page(turn, form):
        people.put(turn.state.person, "groups_has", value)  # the later pages were not seen
    else:
        people.put(turn.state.person, fact, value)


def correct(turn: Turn, form: Form) -> str:
    """Read 不对，是14个月 as a new answer to an earlier question; return its wording or ""."""
    if not corrects(turn):
        return ""
    for fact in reversed(form.history):
        if fact == SITUATION or fact not in turn.state.person:
            continue
        spec = turn.library.book.specs[fact]
        answer = read_answer(spec, _rest(turn), turn.today)
        if answer.kind == "value" and answer.value != turn.state.person[fact]:
            turn.state.person[fact] = answer.value
            return spec.say(answer.value)
    return ""


def read_other(turn: Turn, form: Form, estimate: Estimate) -> str:
    """Read the message as an answer to another question still open; return its wording or ""."""
    if any(character.isdigit() for character in turn.normal) and len(turn.normal) <= BARE_NUMBER:
        return ""
    needs = dict.fromkeys(fact for outcome in estimate.outcomes for fact in outcome.needs)
    specs = [turn.library.book.specs[fact] for fact in needs if fact != form.open]
    for spec in sorted(specs, key=lambda spec: not _named_outright(turn, spec)):
        elsewhere = spec.unit and spec.unit not in turn.normal
        if elsewhere or len(spec.choices) == TWO:
            continue
        answer = read_answer(spec, turn.normal, turn.today)
        if answer.kind == "value":
            form.history = [*form.history, spec.key]
            people.put(turn.state.person, spec.key, answer.value)
            return spec.say(answer.value)
    return ""


def _named_outright(turn: Turn, spec: FactSpec) -> bool:
    """Whether a choice begins with the words of the message, as 高级工（三级） with 高级工."""
    return any(label.startswith(turn.normal) for _, label in spec.choices)


def no_such_choice(turn: Turn, form: Form) -> int:
    """The last number of the list when the message is a number beyond it, else 0."""
    choices = shown(turn, form).choices
    return len(choices) if choices and turn.normal.isdecimal() else 0


def looks_asked(turn: Turn) -> bool:
    """Say whether the words ask something."""
    return any(word in turn.normal for word in turn.library.cues["asking"])


def corrects(turn: Turn) -> bool:
    """Say whether the words take something back: 不对, 说错了."""
    return any(word in turn.normal for word in turn.library.cues["correcting"])


def same_number(turn: Turn, value: object) -> set[str]:
    """Keys under which the number just answered was read a second time."""
    facts = turn.understood.heard if turn.understood else {}
    return {key for key, said in facts.items() if said == value and not isinstance(said, bool)}


def _page(turn: Turn, form: Form, choices: Any) -> tuple[tuple[Any, str], ...]:
    if len(choices) <= menu.MOST:
        return tuple(choices)
    first = form.page * PER_PAGE
    part = list(choices[first : first + PER_PAGE])
    if first + PER_PAGE < len(choices):
        part.append((NEXT_PAGE, turn.say("interview.other_choices")))
    else:
        part.append((NONE, turn.say("interview.none_of_these")))
    return tuple(part)


def _last_page(turn: Turn, form: Form) -> bool:
    choices = turn.library.book.specs[form.open].choices
    return len(choices) <= menu.MOST or (form.page + 1) * PER_PAGE >= len(choices)


def _put_situation(turn: Turn, form: Form, numbers: list[int]) -> None:
    for number in numbers:
        choice = turn.library.situations.choices[number]
        turn.state.person.update(choice.facts)
        if choice.groups:
            people.put(turn.state.person, "groups_has", list(choice.groups))
        form.asked = list(dict.fromkeys([*form.asked, *choice.asked]))


def _rest(turn: Turn) -> str:
    """What stands after the last word of correction."""
    text = turn.normal
    words = turn.library.cues["correcting"]
    cut = max(text.rfind(word) + len(word) for word in words if word in text)
    return text[cut:].lstrip("，,。 是")
