"""The training somebody took part in: its kind, length, number this year; the wish to start up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.slots.governors import TRAINING, governor, told
from knowledge.slots.message import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.slots.lexicon import Token
    from knowledge.slots.message import Message
    from knowledge.slots.quantities import Quantity

DAYS, MONTHS, KIND = "training_days", "training_months", "training_kind"
TIMES, PAPERS = "times_this_year", "certificates_this_year"
FIRM_KINDS = frozenset({"work_training", "apprenticeship", "enterprise"})
SHORT = 10


def trainings(message: Message) -> list[Finding]:
    """Find the facts of a course and of courses this year."""
    lengths = [*_lengths(message)]
    found = [
        *lengths,
        *_kinds(message, bool(lengths)),
        *_apprentice_kind(message, bool(lengths)),
        *_times(message),
        *_papers(message),
    ]
    return [*found, *_student(message), *_startup(message), *_rate(message)]


def _lengths(message: Message) -> Iterator[Finding]:
    for quantity in message.quantities:
        if quantity.unit not in ("day", "month", "year") or not _own_course(message, quantity):
            continue
        kinds = {token.value for token in message.tags.get("kind", ())}
        measured = governor(message, quantity)
        if quantity.unit == "day":
            if measured == TRAINING or (
                not measured and (kinds or _stands_alone(message, quantity))
            ):
                yield Finding(DAYS, quantity.as_json(), quantity.head)
        elif _apprentices(message):
            if quantity.low % 12 == 0:
                yield Finding(
                    "years", quantity._replace(low=quantity.low // 12).as_json(), quantity.head
                )
        elif measured == TRAINING or _hiring(message, measured):
            yield Finding(MONTHS, quantity.as_json(), quantity.head)


def _stands_alone(message: Message, quantity: Quantity) -> bool:
    """贫困户 20天, 30天我多少: days beside other facts, or in a message of few words."""
    if len(message.text) <= SHORT:
        return message.personal or message.listing
    return message.alone(quantity.head, quantity.end) and message.listing


def _own_course(message: Message, quantity: Quantity) -> bool:
    if not told(message, quantity):
        return False
    return message.text[quantity.end : quantity.end + 1] not in ("内", "度", "级")


def _apprentices(message: Message) -> bool:
    return any(t.value == "apprenticeship" for t in message.tags.get("kind", ())) or any(
        t.value == "apprentice" for t in message.tags.get("firm_word", ())
    )


def _hiring(message: Message, measured: str) -> bool:
    """Whether months are those of people a firm took on: 雇了俩贫困户干了半年."""
    hires = any(t.value == "hire" for t in message.tags.get("firm_word", ()))
    work = any(t.value == "work_training" for t in message.tags.get("kind", ()))
    return measured in ("work", "hire", "") and ((hires and "group" in message.tags) or work)


def _kinds(message: Message, timed: bool) -> Iterator[Finding]:  # noqa: FBT001 - lengths were found
    for token in message.tags.get("kind", ()):
        if message.generic or message.membership_asked(token) or message.negated(token.start):
            continue
        people = token.value in FIRM_KINDS or any(q.unit == "person" for q in message.quantities)
        counted = people and bool(message.quantities) and (message.personal or not message.asks)
        if timed or counted or (message.personal and _took_part(message, token.start)):
            yield Finding(KIND, token.value, token.start)


def _apprentice_kind(message: Message, timed: bool) -> Iterator[Finding]:  # noqa: FBT001 - as above
    """学徒12个，两年: apprentices counted by a firm are its apprenticeship scheme."""
    counted = timed or any(q.unit in ("person", "some") for q in message.quantities)
    for token in message.tags.get("firm_word", ()):
        told = (message.personal or not message.asks) and not message.generic
        if token.value == "apprentice" and counted and told and "kind" not in message.tags:
            yield Finding(KIND, "apprenticeship", token.start)
            return


def _took_part(message: Message, at: int) -> bool:
    return any(
        t.tag == "learn" and t.value == "did" and message.text[t.end - 1] in "了过"
        for t in message.before(at, 6)
    )


def _times(message: Message) -> Iterator[Finding]:
    year = any(word in message.text for word in ("今年", "已经", "再", "还"))
    if message.generic:
        return
    for quantity in message.quantities:
        if quantity.unit != "time" or (not message.personal and message.asks):
            continue
        near = [t for t in message.before(quantity.head, 10) if t.tag == "learn"]
        if quantity.ordinal and year and (near or "learn" in message.tags):
            yield Finding(TIMES, max(quantity.low - 1, 0), quantity.head)
        elif (
            near and year and _this_year(message, quantity.head) and _done(message, quantity, near)
        ):
            yield Finding(TIMES, quantity.as_json(), quantity.head)
    for token in message.tags.get("learn", ()):
        if token.value == "notimes":
            yield Finding(TIMES, 0, token.start)


def _this_year(message: Message, at: int) -> bool:
    """Whether the year last named before `at` is not a past one."""
    before = message.text[:at]
    return max(before.rfind("去年"), before.rfind("前年")) <= before.rfind("今年")


def _done(message: Message, quantity: Quantity, tokens: list[Token]) -> bool:
    """Whether it is over: 学过两回, 已经培训两回了."""
    over = message.text.startswith("了", quantity.end)
    return over or any(message.text[t.end - 1] in "了过" for t in tokens)


def _papers(message: Message) -> Iterator[Finding]:
    if "今年" not in message.text or not (message.personal or not message.asks):
        return
    for quantity in message.quantities:
        proved = any(
            t.tag == "prove" and t.value == "had" for t in message.before(quantity.head, 6)
        )
        if quantity.unit == "paper" and proved:
            yield Finding(PAPERS, quantity.as_json(), quantity.head)


def _student(message: Message) -> Iterator[Finding]:
    for token in message.tags.get("learn", ()):
        claimed = message.personal or (not message.asks and message.listing)
        if token.value == "student" and claimed and message.happened(token):
            yield Finding("is_student", not message.negated(token.start), token.start)
    courses = [t.value for t in message.tags.get("course", ()) if message.personal]
    if courses:
        value: object = courses[0] if len(set(courses)) == 1 else sorted(set(courses))
        yield Finding("student_course", value, message.tags["course"][0].start)


def _startup(message: Message) -> Iterator[Finding]:
    for token in message.tags.get("learn", ()):
        if (
            token.value == "wish"
            and message.happened(token)
            and not message.text.startswith("的", token.end)
        ):
            yield Finding(
                "wants_startup", not message.text.endswith("不", 0, token.start), token.start
            )


def _rate(message: Message) -> Iterator[Finding]:
    at = message.text.find("就业率")
    if at < 0 or not (message.personal or (not message.asks and "class" in message.tags)):
        return
    for quantity in message.quantities:
        if quantity.unit == "percent" and 0 <= quantity.head - at <= 8 and told(message, quantity):  # noqa: PLR2004 - 达到了
            yield Finding("employment_rate_of_class", quantity.as_json(), quantity.head)
