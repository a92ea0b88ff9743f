"""The right answer for a question in everyday words, also for one that names no benefit."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from knowledge.normalise import normalise
from knowledge.reading import ROOT
from knowledge.topics import load_topics

TOPICS = load_topics(ROOT / "topics")
HERE = Path(__file__).parent
BENEFITS = [name for name, topic in TOPICS.items() if topic.benefits] + ["competition"]
FOLLOW_UPS = tomllib.loads((HERE / "topics" / "follow_ups.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", BENEFITS)
def test_a_benefit_answers_every_side_question_itself(name: str) -> None:
    topic = TOPICS[name]
    assert [ask for ask in FOLLOW_UPS["every"] if not topic.covers(normalise(ask), {})] == []


@pytest.mark.parametrize("case", FOLLOW_UPS["case"], ids=lambda case: case["ask"])
def test_a_side_question_is_answered_as_the_topic_has_it(case: dict[str, str]) -> None:
    wanted = {name: said for name, said in case.items() if name != "ask"}
    text = normalise(case["ask"])
    found = {name: TOPICS[name].variant(text, {}) for name in wanted}
    answers = {name: variant.answer if variant else "" for name, variant in found.items()}
    assert {name: answers[name] for name, said in wanted.items() if said not in answers[name]} == {}


def test_a_pasted_text_gets_the_general_answer() -> None:
    topic = TOPICS["worker_skill_upgrade"]
    pasted = "请问钱是发给谁的，" * 10
    assert topic.covers(pasted[:9], {})
    assert not topic.covers(pasted, {})
    assert topic.variant(pasted, {}) is None


def test_an_employer_is_not_addressed_as_the_one_who_is_paid() -> None:
    topics = (topic for topic in TOPICS.values() if topic.benefits and not topic.person)
    said = {f"{t.id}/{v.name}": v.answer for t in topics for v in t.variants}
    assert {name: answer for name, answer in said.items() if "您" in answer} == {}


def questions() -> list[Any]:
    asked = tomllib.loads((HERE / "topics" / "questions.toml").read_text("utf-8"))
    return [
        pytest.param(name, row, id=f"{name}: {row['ask']}")
        for name, rows in asked.items()
        for row in rows
    ]


@pytest.mark.parametrize(("name", "row"), questions())
def test_a_question_gets_its_answer(name: str, row: dict[str, Any]) -> None:
    topic = TOPICS[name]
    variant = topic.variant(normalise(row["ask"]), {})
    answer = variant.answer if variant else topic.answer
    assert (variant.name if variant else "general") == row["gives"]
    assert [part for part in row.get("says", []) if part not in answer] == []


def test_every_topic_is_asked_about() -> None:
    asked = tomllib.loads((HERE / "topics" / "questions.toml").read_text("utf-8"))
    assert set(asked) == set(TOPICS)
    assert sum(map(len, asked.values())) >= 150
