"""Whose facts are whose (本人与他人), and how what was said is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knowledge.facts import FactError

if TYPE_CHECKING:
    from handlers.state import Form
    from handlers.turn import Turn
    from knowledge.fact_specs import FactSpec
    from knowledge.rules import Estimate

LISTS = ("groups_has", "groups_not")


def turn_to(turn: Turn) -> bool:
    """Turn to whom this message speaks of; say whether that is somebody else than before.

    Somebody named is that person; 我 with nobody named is the writer, unless a question about
    the other is open (我不知道 is then an answer).
    """
    state = turn.state
    before, call = state.whom, _call(turn)
    heard = turn.understood.heard if turn.understood else {}
    if turn.say("people.myself") in turn.normal:
        state.whom = ""
    elif heard.get("about") == "other" or (call and call in state.others):
        state.whom = call or state.whom or turn.say("people.other")
    elif not call and not state.asking and turn.say("people.me") in turn.normal:
        state.whom = ""
    return state.whom != before


def note(turn: Turn, leave_out: frozenset[str] = frozenset()) -> list[str]:
    """Write down the facts of this message and return the keys whose value was replaced.

    Everybody has facts of their own, so that a mother's age never mixes with her daughter's.
    """
    turn_to(turn)
    said = dict(turn.understood.heard) if turn.understood else {}
    said.pop("about", None)
    known = turn.state.person
    if hired := _hired(turn, said, known):
        said["hires_group"] = hired
        said.pop("groups_has")
    changed = [key for key in said if key in known and known[key] != said[key] and key not in LISTS]
    for key, value in said.items():
        if key not in leave_out:
            put(known, key, value)
    return changed


def _hired(turn: Turn, said: dict[str, Any], known: dict[str, Any]) -> str:
    """招的是就业困难人员呢, from a firm: the people it takes on, not what the writer is."""
    if "hires_group" not in known or not any(w in turn.normal for w in turn.library.cues["hiring"]):
        return ""
    spec = turn.library.book.specs["hires_group"]
    named = [each for each in said.get("groups_has", []) if each in dict(spec.choices)]
    return named[0] if named else ""


def _call(turn: Turn) -> str:
    """How the person named is called back: 您母亲; "" when nobody is named."""
    found = (call for word, call in turn.library.relatives.items() if word in turn.normal)
    return next(found, "")


def put(known: dict[str, Any], key: str, value: Any) -> None:
    """Set one fact; groups named add up, and what was said last wins."""
    if key not in LISTS:
        known[key] = value
        return
    opposite = "groups_not" if key == "groups_has" else "groups_has"
    known[key] = sorted({*known.get(key, []), *value})
    rest = [group for group in known.get(opposite, []) if group not in value]
    known.pop(opposite, None)
    if rest:
        known[opposite] = rest


def told(turn: Turn) -> str:
    """What is known of the person, in words."""
    specs = turn.library.book.specs
    known = turn.state.told_facts
    told = [key for key in known if key in specs and not isinstance(known[key], list)]
    said = [say_back(turn, specs[key], known[key]) for key in told]
    groups = [specs["groups"].label(each) for each in known.get("groups_has", [])]
    return "；".join(each.partition("（")[0] for each in [*groups, *said])


def say_back(turn: Turn, spec: FactSpec, value: Any) -> str:
    """Say a fact back in words, one known in part too: 失业保险交了大约18个月."""
    if not isinstance(value, dict):
        return spec.say(value)
    if "not" in value:
        return turn.say("people.not", value="、".join(map(spec.label, value["not"])))
    if set(value) == {"min", "max"}:
        said = turn.say("people.between", low=value["min"], high=spec.label(value["max"]))
    else:
        [(how, number)] = value.items()
        said = turn.say(f"people.{how}", value=spec.label(number))
    return spec.wording.replace("{value}", said)


def who(turn: Turn) -> str:
    """Address: 您, or the other person."""
    return turn.state.whom or turn.say("people.you")


def estimate(turn: Turn, form: Form) -> Estimate:
    """Work out the person's benefits with what is known."""
    facts: dict[str, Any] = dict(turn.state.person)
    if form.asked:
        facts["asked"] = form.asked
    while True:
        try:
            known = turn.library.book.parse(facts)
            break
        except FactError as fault:  # what cannot be is dropped, and asked for again if needed
            turn.state.person.pop(fault.key, None)
            if facts.pop(fault.key, None) is None:
                facts = {key: facts[key] for key in facts if key == "asked"}
    return turn.library.policies.estimate(known, turn.today, frozenset(form.unclear))
