"""The answers to policy questions: right figures, short, plain, the right one for a question."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from knowledge.reading import ROOT
from knowledge.topics import Topic, load_topics

TOPICS = load_topics(ROOT / "topics")
HERE = Path(__file__).parent
BENEFITS = [
    "cert_training_subsidy",
    "worker_skill_upgrade",
    "training_center_award",
    "enterprise_training",
    "apprenticeship",
    "work_training",
    "inclusive_training",
    "order_training",
    "living_allowance",
    "labor_prep",
    "startup_training",
    "student_startup",
    "master_studio",
    "labor_brand",
    "competition",
    "evaluation_body",
    "card_program",
]
ANSWERED_ONLY = [
    "yearly_limit",
    "ten_groups",
    "certificates",
    "targets",
    "wage_treatment",
    "policy_meta",
    "policy_overview",
    "apply_process",
    "payment_timing",
]

# Figures by what they count, and the clause they stand in; yuan come from the rules' own data.
COUNTED = {
    "个月": {"6": "三（四）（五）", "12": "三（二）（五）"},
    "天": {"3": "三（四）", "7": "三（五）: 1000 / 150", "10": "三（五）: 1800 / 180"},
    "次": {"3": "三（五）"},
    "岁": {"16": "三（一）", "60": "三（一）"},
    "%": {
        "8": "三（四）", "30": "二", "50": "三（二）", "60": "三（三）（四）（五）",
        "80": "三（五）", "95": "三（五）",
    },
    "人": {
        "50": "三（二）", "100": "三（二）", "200": "三（二）", "500": "三（二）",
        "300": "三（三）",
    },
    "万人": {"28.4": "二", "40": "二", "133.2": "二", "6.7": "二", "12": "二", "6": "二"},
    "万人次": {"20": "二", "3": "二", "6": "三（五）"},
    "多人": {"10000": "三（八）"},
    "名": {"100": "三（八）"},
    "个": {
        "2": "三（六）", "5": "三（六）", "10": "三（七）", "20": "三（六）",
        "50": "三（三）（六）",
    },
    "年": {"2020": "题目", "2021": "题目", "2019": "晋市政办〔2019〕41号"},
    "月": {"9": "发文", "10": "三（一）", "1": "年头", "12": "年尾"},
    "日": {"8": "发文"},
    "号": {"12": "文号", "41": "四（一）", "4": "三（四）"},
    "元": {"4": "三（一）: the card's working cost"},
}  # fmt: skip
# The smaller end of a range, years in a title, an annex: no unit follows.
BARE = {"1", "2", "3", "16", "100", "2019", "2020"}
HOTLINES = {"12333", "12345", "12393", "12329"}

BANNED = (
    *("您将获得", "保证", "一定能领", "肯定能领", "个工作日", "包您", "马上到账", "尽快到账"),
    *("贵单位", "特此", "予以", "知悉", "敬请", "办结", "兹", "之规定", "穷"),
)
AMOUNT = re.compile(r"\d元")
PAYEE = re.compile(
    r"发给|奖给|给(新建|企业|单位|工作室|用人|培训机构|组织|品牌|您|本人)|本人|由当地财政出"
)
INFERRED = re.compile(r"按规定(都)?给")
MARKUP = re.compile(r"[*#_`<>\[\]|{}]|https?:|\\n|^\s*[-•]|^\d+[.、]", re.MULTILINE)
CLAUSE = re.compile(r"二|三（[一二三四五六七八]）|三|四（[一二三四五]）|四")
FIGURE = re.compile(r"(\d+(?:\.\d+)?)(" + "|".join(sorted(COUNTED, key=len, reverse=True)) + ")?")
GENERAL_LIMIT, LIMIT = 120, 130


class Text(NamedTuple):
    """One thing we say, with what the basis line under it is made of."""

    name: str
    answer: str
    clause: str
    money: bool


def texts() -> list[Text]:
    found = []
    for topic in TOPICS.values():
        found.append(Text(f"{topic.id}/general", topic.answer, topic.clause, topic.money))
        for variant in topic.variants:
            name = f"{topic.id}/{variant.name}"
            found.append(Text(name, variant.answer, variant.clause, variant.money))
    return found


every_text = pytest.mark.parametrize("text", texts(), ids=lambda text: text.name)


def numbers_in(value: Any) -> set[str]:
    """All numbers a rule's data holds; the sentences in it do not count."""
    if isinstance(value, dict):
        return set().union(*map(numbers_in, value.values()), set())
    if isinstance(value, list):
        return set().union(*map(numbers_in, value), set())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {f"{value:g}" if isinstance(value, float) else str(value)}
    return set()


def policy_numbers() -> set[str]:
    files = (ROOT / "policies").rglob("*.toml")
    return set().union(*(numbers_in(tomllib.loads(path.read_text("utf-8"))) for path in files))


YUAN = policy_numbers()


def figures_of(text: str) -> list[tuple[str, str]]:
    """Each figure with the unit that follows it, or nothing."""
    return FIGURE.findall(text)


def is_known(figure: str, unit: str) -> bool:
    if unit == "元" and figure in YUAN:
        return True
    return figure in (COUNTED[unit] if unit else BARE | HOTLINES)


def test_every_topic_of_the_contract_is_answered() -> None:
    assert set(TOPICS) == {*BENEFITS, *ANSWERED_ONLY}


@every_text
def test_every_figure_stands_in_the_document(text: Text) -> None:
    assert CLAUSE.fullmatch(text.clause)
    assert [found for found in figures_of(text.answer) if not is_known(*found)] == []
    assert not re.search(r"\d[,，]\d{3}", text.answer), "no separators in figures"
    if AMOUNT.search(text.answer):
        assert text.money, "a text that names an amount carries the sentence on its validity"


@every_text
def test_every_text_is_short_plain_and_promises_nothing(text: Text) -> None:
    assert 5 <= len(text.answer) <= LIMIT
    assert "\n" not in text.answer
    assert text.answer[-1] in "。？"
    assert not MARKUP.search(text.answer)
    assert not re.search(r"\d{17}[\dXx]", text.answer)
    assert [word for word in BANNED if word in text.answer] == []


@every_text
def test_an_amount_says_who_is_paid(text: Text) -> None:
    if AMOUNT.search(text.answer):
        assert PAYEE.search(text.answer)
    if INFERRED.search(text.answer) and AMOUNT.search(text.answer):
        assert "没有写明" in text.answer, "an inferred payee is not told as the document's word"


@pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS)
def test_general_answers_are_read_at_one_glance(topic: Topic) -> None:
    assert len(topic.answer) <= GENERAL_LIMIT
    assert set(topic.benefits) <= set(BENEFITS)
    names = [variant.name for variant in topic.variants]
    assert len(names) == len(set(names)), "a variant's name is its own"


def test_targets_are_never_money() -> None:
    topic = TOPICS["targets"]
    assert not topic.benefits
    assert not any("元" in text for text in (topic.answer, *(v.answer for v in topic.variants)))


def test_where_nothing_is_written_a_person_is_offered() -> None:
    for topic in TOPICS.values():
        for variant in topic.variants:
            if variant.name in {"how", "enrol", "valid", "papers", "place"}:
                assert "人工" in variant.answer, f"{topic.id}/{variant.name}"


def test_no_condition_sounds_like_a_supposition() -> None:
    wrong = re.compile(r"[。，（]要是(企业职工|参保企业)")
    assert [text.name for text in texts() if wrong.search(text.answer)] == []
