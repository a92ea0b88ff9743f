"""What is asked next: who you are first, nothing that is settled, counts last, 不清楚 once."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest

from benchmarks.random_people import people
from knowledge.facts import FactBook
from knowledge.rules import PolicySet

TODAY = dt.date(2026, 11, 23)
POLICIES = PolicySet.load(book=FactBook.load())
BOOK = POLICIES.book


def asks(facts: dict[str, Any], *unclear: str) -> str | None:
    return POLICIES.estimate(BOOK.parse(facts), TODAY, frozenset(unclear)).next_question


def test_the_identity_question_comes_first_when_any_benefit_hangs_on_it() -> None:
    assert asks({"asked": ["worker_skill_upgrade", "inclusive_training"]}) == "groups"
    assert asks({"asked": ["worker_skill_upgrade"]}) == "employed"


def test_the_identity_question_is_skipped_when_it_can_change_nothing() -> None:
    asked = {"asked": ["inclusive_training", "startup_training"], "times_this_year": 3}
    assert asks(asked) is None
    assert asks({"asked": ["startup_training"], "wants_startup": False}) is None


def test_a_count_is_asked_only_once_eligibility_holds() -> None:
    asked = {"asked": ["startup_training"]}
    assert asks(asked) == "groups"
    assert asks(asked | {"groups": ["two_later"]}) == "wants_startup"
    assert asks(asked | {"groups": ["two_later"], "wants_startup": True}) == "training_days"
    assert asks(asked | {"groups": ["veteran"]}) is None


def test_unclear_is_never_asked_again_and_its_amount_is_still_worked_out() -> None:
    facts = {"asked": ["worker_skill_upgrade"], "employed": "enterprise",
             "certificate_type": "vocational"}  # fmt: skip
    assert asks(facts) == "unemployment_insurance_months"
    assert asks(facts, "unemployment_insurance_months") == "certificate_level"
    facts["certificate_level"] = "senior"
    unclear = frozenset({"unemployment_insurance_months"})
    estimate = POLICIES.estimate(BOOK.parse(facts), TODAY, unclear)
    assert estimate.next_question is None
    outcome = estimate.outcomes[0]
    assert (outcome.verdict, outcome.amount) == ("needs", 2000)
    assert "unemployment_insurance_months" in [reason.id for reason in outcome.assumed]


def test_what_has_sense_only_after_an_unclear_answer_is_not_asked() -> None:
    facts = {"asked": ["cert_training_subsidy"], "organised_by": "enterprise"}
    assert asks(facts) == "certificate_type"
    assert asks(facts, "certificate_type") == "certificate_level"
    facts["certificate_type"] = "special_operation"
    assert asks(facts, "certificate_type") == "first_issue"


def test_a_worker_is_not_asked_what_only_the_class_knows() -> None:
    assert asks({"asked": ["order_training"], "groups": ["veteran"]}) is None
    assert not BOOK.specs["employment_rate_of_class"].ask


def answers(person: dict[str, Any]) -> tuple[int, int]:
    """Let one person answer until nothing is asked; return how many questions it took."""
    known: dict[str, Any] = {"asked": WORKER_BENEFITS}
    unclear: set[str] = set()
    for number in range(60):
        fact = asks(known, *unclear)
        if fact is None:
            return number, len(unclear)
        assert fact not in known
        assert fact not in unclear
        if fact in person:
            known[fact] = person[fact]
        else:
            unclear.add(fact)
    pytest.fail("it never stops asking")


WORKER_BENEFITS = [key for key, b in POLICIES.benefits.items() if b.audience != "employer"]


def test_the_interview_ends_and_never_asks_twice() -> None:
    crowd = list(people(BOOK, 150, 11, 0.3))
    random.Random(3).shuffle(crowd)
    taken = [answers({k: v for k, v in person.items() if not isinstance(v, dict)})[0]
             for person in crowd]  # fmt: skip
    print(f"questions for all {len(WORKER_BENEFITS)} benefits: {sum(taken) / len(taken):.1f}")  # noqa: T201 - the numbers are to be shown
    assert max(taken) <= 14


@pytest.mark.parametrize(
    ("facts", "chosen"),
    [
        ({}, []),
        ({"age": 30}, ["card_program"]),
        ({"inclusive_courses_days": [7, 4]}, ["inclusive_training"]),
        ({"certificate_date": "2021-05-01"}, ["cert_training_subsidy", "worker_skill_upgrade"]),
        ({"dispatched": True}, ["worker_skill_upgrade"]),
        ({"studio_level": "city"}, ["master_studio"]),
        ({"seats": 100}, ["training_center_award"]),
        ({"hukou": "高平"}, []),
        ({"training_kind": "inclusive"}, ["inclusive_training", "living_allowance"]),
        ({"training_kind": "menu"}, ["order_training", "living_allowance"]),
        ({"training_kind": "labor_prep"}, ["labor_prep"]),
        ({"training_kind": "startup"}, ["startup_training", "student_startup"]),
        ({"training_kind": "enterprise"}, ["enterprise_training"]),
        ({"training_kind": "apprenticeship"}, ["apprenticeship"]),
        ({"training_kind": "work_training"}, ["work_training"]),
        ({"groups": ["veteran"], "training_kind": "inclusive", "training_days": 9},
         ["inclusive_training", "living_allowance"]),
        ({"employer_type": "enterprise", "training_days": 5, "trainees": 9},
         ["training_center_award", "enterprise_training", "apprenticeship", "work_training"]),
        ({"employed": "enterprise"}, ["worker_skill_upgrade"]),
        ({"asked": ["competition"], "age": 30}, ["competition"]),
    ],
)  # fmt: skip
def test_what_is_worked_out_when_nothing_is_asked_for(
    facts: dict[str, Any], chosen: list[str]
) -> None:
    estimate = POLICIES.estimate(BOOK.parse(facts), TODAY)
    assert list(dict.fromkeys(each.benefit for each in estimate.outcomes)) == chosen
