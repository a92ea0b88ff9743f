"""The training somebody took part in: its kind, length, number this year; the wish to start up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.slots.governors import TRAINING, governor, told
from knowledge.slots.message import Finding
from knowledge.slots.numbers import read_number
from knowledge.slots.patterns import find, patterns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.slots.lexicon import Token
    from knowledge.slots.message import Message
    from knowledge.slots.quantities import Quantity

DAYS, MONTHS, KIND = "training_days", "training_months", "training_kind"
EACH = "inclusive_courses_days"
TIMES, PAPERS = "times_this_year", "certificates_this_year"
AMOUNTS = frozenset({"person", "some", "day", "month", "year", "visit"})
COURSES = ("awareness", "company")
FIRM_KINDS = frozenset({"work_training", "apprenticeship", "enterprise"})
SHORT = 10


def trainings(message: Message) -> list[Finding]:
    """Find the facts of a course and of courses this year."""
    courses = _courses(message)
    lengths = courses or [*_lengths(message)]
    found = [
        *lengths,
        *_kinds(message, bool(lengths)),
        *_apprentice_kind(message, bool(lengths)),
        *_times(message),
        *_papers(message),
    ]
    found += [*_student(message), *_startup(message), *_rate(message), *_same(message)]
    return found + _staff_course(message, found)


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
            yield Finding(MONTHS, _full(message, quantity), quantity.head)


def _full(message: Message, quantity: Quantity) -> object:
    """干满7个月 is seven months, not seven or more."""
    full = message.text.endswith(("干满", "学满", "上满", "做满", "读满"), 0, quantity.head)
    return quantity.low if full and quantity.sure == "least" else quantity.as_json()


def _courses(message: Message) -> list[Finding]:
    """两个普惠班，一个七天一个五天: the days of each."""
    if "inclusive" not in {token.value for token in message.tags.get("kind", ())}:
        return []
    ends = {m.end() for m in patterns()["course.each"].finditer(message.text)}
    days = [q for q in message.quantities if q.unit == "day" and q.head in ends]
    if len(days) < 2 or not message.told:  # noqa: PLR2004 - one course is a length
        return []
    return [Finding(EACH, [q.low for q in days], days[0].head)]


def _staff_course(message: Message, found: list[Finding]) -> list[Finding]:
    """A firm that taught its people for some days gave them staff training."""
    days = next((f for f in found if f.key == DAYS), None)
    known = any(f.key == KIND for f in found) or "kind" in message.tags
    staff = any(t.value == "employees" for t in message.tags.get("firm_word", ()))
    if days is None or known or not staff or not message.firm:
        return []
    return [Finding(KIND, "enterprise", days.at)]


def _same(message: Message) -> Iterator[Finding]:
    """今年学过，还想再学一遍: the same course again."""
    learnt = find("same.this_year", message.text)
    if learnt and find("same.again", message.text) and message.told:
        yield Finding("same_occupation_level_this_year", value=True, at=learnt.start())


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
        counted = (
            people
            and any(q.unit in AMOUNTS for q in message.quantities)
            and (message.personal or not message.asks)
        )
        if token.value == "work_training" and _applied_for(message, token):
            continue
        if timed or counted or (message.personal and _took_part(message, token.start)):
            yield Finding(KIND, token.value, token.start)


def _applied_for(message: Message, token: Token) -> bool:
    """能享受以工代训不: the scheme is asked for, not yet theirs."""
    months = any(q.unit in ("month", "year") for q in message.quantities)
    clause = message.clause_text(token.start)
    return not months and any(word in clause for word in ("能", "申", "享受", "可以"))


def _apprentice_kind(message: Message, timed: bool) -> Iterator[Finding]:  # noqa: FBT001 - as above
    """学徒12个，两年: apprentices counted by a firm are its apprenticeship scheme."""
    counted = timed or any(q.unit in ("person", "some") for q in message.quantities)
    for token in message.tags.get("firm_word", ()):
        told = (message.personal or not message.asks) and not message.generic
        if token.value == "apprentice" and counted and told and "kind" not in message.tags:
            yield Finding(KIND, "apprenticeship", token.start)
            return


def _took_part(message: Message, at: int) -> bool:
    for token in message.before(at, 6):
        if token.tag != "learn" or token.value != "did":
            continue
        if message.text[token.end - 1] in "了过":
            return True
        wished = message.text[token.start - 1 : token.start] in tuple("想能可要报去加")
        between = message.text[token.end : at]
        return between in ("的", "那", "那个", "着", "的那个", "的是") or (
            not wished and message.text[token.start - 1 : token.start] in ("正", "在")
        )
    return False


def _times(message: Message) -> Iterator[Finding]:
    if not (message.quantities or "learn" in message.tags) or message.generic:
        return
    year = any(word in message.text for word in ("今年", "已经", "再", "还"))
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
        if token.value == "student" and message.told and message.happened(token):
            yield Finding("is_student", not message.negated(token.start), token.start)
    if not ("course" in message.tags or find("course.awareness", message.text)):
        return
    if not message.told or not message.personal:
        return
    courses = {t.value for t in message.tags.get("course", ())}
    if "班" in message.text or "课" in message.text:
        courses |= {name for name in COURSES if find(f"course.{name}", message.text)}
    if courses and (message.tags.get("course") or "awareness" in courses):
        value: object = min(courses) if len(courses) == 1 else sorted(courses)
        at = message.tags["course"][0].start if "course" in message.tags else len(message.text)
        yield Finding("student_course", value, at)


def _startup(message: Message) -> Iterator[Finding]:
    for token in message.tags.get("learn", ()):
        if (
            token.value == "wish"
            and message.happened(token)
            and not message.text.startswith("的", token.end)
        ):
            yield _wish(message, token.start)
            return
    if "想" in message.text or "打算" in message.text or "准备" in message.text:
        match = find("startup.wish", message.text)
        if match and "大师工作室" in match[0]:
            return
        if match and message.told and not message.text.startswith("的人", match.end()):
            yield _wish(message, match.start())


def _wish(message: Message, at: int) -> Finding:
    denied = find("startup.denied", message.text[max(at - 4, 0) : at]) is not None
    return Finding("wants_startup", not denied, at)


def _rate(message: Message) -> Iterator[Finding]:
    """就业率百分之九十, 就业率85%, 就业率才七成."""
    if "就业率" not in message.text or message.generic:
        return
    match = find("rate.class", message.text)
    if match is None or not (message.personal or (not message.asks and "class" in message.tags)):
        return
    if message.ruled(match.start(), match.end()):
        return
    number = read_number(match["a"] or match["b"] or match["c"], 0)
    if number is None:
        return
    percent = int(number.low) if not match["c"] else int(number.low) * 10 + 5 * bool(match["half"])
    percent += int(rest.low) if match["more"] and (rest := read_number(match["more"], 0)) else 0
    yield Finding("employment_rate_of_class", _sure(message, match.end(), percent), match.start())


def _sure(message: Message, end: int, percent: int) -> object:
    behind = message.text[end : end + 2]
    return {"min": percent} if behind in ("以上", "多") else percent
