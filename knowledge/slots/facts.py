"""From a text to facts: every reader's findings, kept for the person the message is about."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from knowledge.facts import FactBook
from knowledge.slots.ages import ages
from knowledge.slots.certificates import certificates
from knowledge.slots.employers import employers
from knowledge.slots.employment import employment
from knowledge.slots.insurance import insurance
from knowledge.slots.message import Finding, Message
from knowledge.slots.patterns import may_say
from knowledge.slots.people import EVENTS, HAS, NOT, groups, household, registration
from knowledge.slots.trainings import trainings

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from knowledge.slots.lexicon import Token


class Reader(NamedTuple):
    """A reader and what it goes by: a message without any of it holds nothing for the reader.

    `tags` are those of phrases, `letters` any of which will do, `sayings` patterns by name;
    `numbers` says that quantities are enough.
    """

    read: Callable[[Message], list[Finding]]
    tags: frozenset[str]
    letters: frozenset[str] = frozenset()
    sayings: tuple[str, ...] = ()
    numbers: bool = False

    def concerned(self, message: Message) -> bool:
        """Whether there may be something to find."""
        if not self.tags.isdisjoint(message.tags) or not self.letters.isdisjoint(message.letters):
            return True
        if self.numbers and message.quantities:
            return True
        return may_say(message.letters, *self.sayings)


READERS = (
    Reader(ages, frozenset(), frozenset("属生的"), numbers=True),
    Reader(
        groups, frozenset({"group", "group_did", "school", "family"}), frozenset("毕"),
        tuple(f"group.{name}" for name in EVENTS),
    ),
    Reader(household, frozenset({"household"})),
    Reader(
        employment, frozenset({"employed", "site", "jobless"}), frozenset("开"),
        ("work.at_firm",),
    ),
    Reader(registration, frozenset(), frozenset("住户")),
    Reader(insurance, frozenset({"pay", "ins"}), frozenset("险"), numbers=True),
    Reader(
        certificates, frozenset({"level", "trade", "paper", "organised"}), frozenset("考证")
    ),
    Reader(
        trainings, frozenset({"kind", "firm_word", "learn", "course"}), frozenset("率"),
        ("course.awareness", "startup.wish", "same.this_year"), numbers=True,
    ),
    Reader(
        employers, frozenset({"group", "firm", "site", "firm_word", "rank"}),
        frozenset("开办"), ("firm.ours",), numbers=True,
    ),
)  # fmt: skip
LISTS = (HAS, NOT)
LATEST = frozenset({"certificate_level", "certificate_type"})
TOGETHER = ("和", "跟", "与", "同", "比", "像")


def extract_facts(text: str, today: dt.date) -> dict[str, object]:
    """Return what `text` (normalised) tells about somebody, in the JSON form of readings.md.

    Values: scalar, {"min"}, {"max"}, {"min", "max"}, {"approx"}, {"not": [...]}; groups only as
    `groups_has` and `groups_not`; `about` is "other" where it is another person's. A question
    gives no fact. Never raises.
    """
    message = Message(text, today)
    if not message.tokens and not message.quantities:
        return {}
    findings = [
        finding
        for reader in READERS
        if reader.concerned(message)
        for finding in reader.read(message)
    ]
    others = _others(message)
    if not others:
        return _merged(message, findings)
    findings, other = _one_person(message, findings, others)
    known = findings or _asked_for(message, others)
    return {**_merged(message, findings), **({"about": "other"} if other and known else {})}


def _others(message: Message) -> list[Token]:
    """Return the mentions of other people, without companions (我和我对象)."""
    return [
        token
        for token in message.tags.get("other", ())
        if not _companion(message, token)
        and not _half_word(message, token)
        and not _of_firm(message, token)
    ]


def _of_firm(message: Message, token: Token) -> bool:
    """带了15个娃, 收了八个徒弟: those a firm counts are not whom the message is about."""
    return message.firm and any(0 <= token.start - q.end <= 1 for q in message.quantities)


def _half_word(message: Message, token: Token) -> bool:
    """A single 儿, 哥, 叔 inside a longer word is nobody."""
    single = (
        token.end - token.start == 1
        and token.value == "weak"
        and message.text[token.start] not in "他她娃"
    )
    return single and message.clause(token.start)[0] != token.start


def _asked_for(message: Message, others: list[Token]) -> bool:
    """Whether a question is put for another person of whom nothing is told."""
    for token in others:
        ours = message.text[token.start] in "我俺咱" or token.value in ("named", "friend")
        if ours and message.asks:
            return True
        if message.text[max(token.start - 1, 0)] in "给替帮" and token.value != "weak":
            return True
    return False


def _companion(message: Message, token: Token) -> bool:
    """我和我对象, 跟孩子: named beside the one it is about; and whoever is only greeted."""
    text = message.text
    if text[max(token.start - 1, 0) : token.start] in TOGETHER and token.start:
        return "self" in message.tags
    if text.endswith("我是", 0, token.start) and token.value == "named":
        return True
    greeted = text.startswith(("你好", "您好", "好", "在吗", "你在", "您在"), token.end)
    return greeted or text.endswith(("谢谢", "谢了", "多谢", "谢", "比我"), 0, token.start)


def _one_person(
    message: Message, findings: list[Finding], others: list[Token]
) -> tuple[list[Finding], bool]:
    """Keep the facts of the one the message is about; say whether that is another person."""
    selves = [t for t in message.tags.get("self", ()) if not _on_behalf(message, t, others)]
    if not selves:
        return findings, True
    people = sorted([*others, *selves], key=lambda token: token.start)
    owned: dict[bool, list[Finding]] = {True: [], False: []}
    for finding in findings:
        owned[_owner(message, finding, people).tag == "other"].append(finding)
    if not owned[True]:
        return (owned[False], False) if owned[False] else ([], people[-1].tag == "other")
    if not owned[False]:
        return owned[True], True
    other = people[-1].tag == "other"
    family = [f for f in owned[False] if f.key == "household_type"] if other else []
    return owned[other] + family, other


def _owner(message: Message, finding: Finding, people: list[Token]) -> Token:
    """Return whose fact it is: the person named last before it, or right behind it (17岁的表弟)."""
    for person in people:
        if 0 < person.start - finding.at <= 6 and message.text[person.start - 1] == "的":  # noqa: PLR2004 - 十七岁的
            return person
    return next((p for p in reversed(people) if p.start <= finding.at), people[0])


def _on_behalf(message: Message, token: Token, others: list[Token]) -> bool:
    """我想给我妈报名: the one who writes is not the one it is about."""
    return any(
        0 <= other.start - token.end <= 5 and message.text[other.start - 1] in "给替帮让为"  # noqa: PLR2004 - 想要来给
        for other in others
    )


def _merged(message: Message, findings: Iterable[Finding]) -> dict[str, object]:
    """Put findings together: lists are joined, what corrects replaces, else the first stands."""
    facts: dict[str, object] = {}
    for finding in sorted(findings, key=lambda f: f.at):
        key, value = finding.key, finding.value
        if key in LISTS:
            known = facts.setdefault(key, [])
            if isinstance(known, list) and value not in known:
                known.append(value)
        elif not possible(key, value):
            continue
        elif key not in facts or _replaces(message, facts[key], finding):
            facts[key] = value
    if facts.get("employer_type") == "individual_business" and message.firm:
        facts.pop("employed", None)
    return _without_contradiction(facts)


@cache
def _limits() -> dict[str, int]:
    return {key: spec.most for key, spec in FactBook.load().specs.items() if spec.most}


def possible(key: str, value: object) -> bool:
    """Whether a number is none that the vocabulary of facts refuses (1001 days of training)."""
    most = _limits().get(key)
    if most is None:
        return True
    parts = value.values() if isinstance(value, dict) else value
    numbers = parts if isinstance(parts, Iterable) else [parts]
    return all(not isinstance(number, int) or number <= most for number in numbers)


def _replaces(message: Message, old: object, finding: Finding) -> bool:
    if isinstance(finding.value, dict) and "not" in finding.value:
        return False
    if isinstance(old, dict) and "not" in old:
        return True
    return message.corrects or finding.key in LATEST


def _without_contradiction(facts: dict[str, object]) -> dict[str, object]:
    has = facts.get(HAS)
    no = facts.get(NOT)
    if isinstance(has, list) and isinstance(no, list):
        rest = [group for group in no if group not in has]
        if rest:
            facts[NOT] = rest
        else:
            del facts[NOT]
    return facts
