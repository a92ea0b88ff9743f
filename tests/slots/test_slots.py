"""What people write, and the facts, the wanted class or the answer that is read out of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cases import TODAY, read_cases
from hypothesis import example, given, settings
from hypothesis import strategies as st

from knowledge.facts import FactBook
from knowledge.normalise import normalise
from knowledge.slots import extract_facts, extract_slots, mentioned_levels, read_answer

BOOK = FactBook.load()
PIECES = st.sampled_from(
    [
        *"我你他一二三十百千万两半几0129年月天岁人个不没是的了吗?，。级满差第 ",
        *["高级工", "失业保险", "交了", "一年零", "在厂里", "贫困户", "以上", "我妈", "属虎"],
        *["户口在", "上个月", "周三", "招了"],
    ]
)


@pytest.mark.parametrize("name", ["expressions", "messages", "later", "strangers"])
def test_the_facts_of_a_sentence_are_read_whole_and_nothing_else(name: str) -> None:
    missed = [
        (said, expected, read)
        for said, expected in read_cases(name)
        if _sorted(read := extract_facts(normalise(said), TODAY)) != _sorted(expected)
    ]
    assert not missed


@pytest.mark.parametrize("name", ["expressions", "messages", "later", "strangers"])
def test_what_is_read_is_always_a_case_the_rules_take(name: str) -> None:
    for said, _ in read_cases(name):
        BOOK.parse(extract_facts(normalise(said), TODAY))


@pytest.mark.parametrize(("said", "expected"), read_cases("misses"))
def test_a_known_miss_is_still_one(said: str, expected: dict[str, Any]) -> None:
    assert _sorted(extract_facts(normalise(said), TODAY)) != _sorted(expected)


@pytest.mark.parametrize(("said", "expected"), read_cases("wanted"))
def test_the_class_that_is_looked_for(said: str, expected: dict[str, Any]) -> None:
    assert extract_slots(normalise(said), TODAY) == expected


@pytest.mark.parametrize(
    ("fact", "said", "expected"),
    [(*json.loads(asked), expected) for asked, expected in read_cases("answers")],
)
def test_the_answer_to_an_open_question(fact: str, said: str, expected: list[Any]) -> None:
    answer = read_answer(BOOK.specs[fact], normalise(said), TODAY)
    assert [answer.kind, answer.value] == expected


def test_levels_are_named_even_where_they_are_no_fact() -> None:
    assert mentioned_levels("中级工和高级工各给多少", TODAY) == ["intermediate", "senior"]


@settings(max_examples=2000, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=60))
@example("上个月一年")  # a date word that ends in 月, then a length that ends the text
def test_no_text_is_too_strange(text: str) -> None:
    clean = normalise(text)
    BOOK.parse(extract_facts(clean, TODAY))
    extract_slots(clean, TODAY)
    for fact in ("age", "groups", "employed", "first_issue", "certificate_date", "hukou"):
        assert read_answer(BOOK.specs[fact], clean, TODAY).kind in {"value", "unclear", "none"}


def _sorted(facts: dict[str, Any]) -> dict[str, Any]:
    return {k: sorted(v) if k.startswith("groups_") else v for k, v in facts.items()}
