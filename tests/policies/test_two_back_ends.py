"""The walk and the SQL agree on random people; answering a question never turns an answer round."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest

from benchmarks.agreement import compare
from benchmarks.random_people import NEAR, people
from knowledge.facts import FactBook
from knowledge.rules import Outcome, PolicySet

TODAY = dt.date(2021, 6, 1)
POLICIES = PolicySet.load(book=FactBook.load())
BOOK = POLICIES.book
PEOPLE = 4000


def check_agreement(url: str, policies: PolicySet, count: int) -> None:
    result = compare(url, policies, count, seed=2020)
    print(result)  # noqa: T201 - the numbers are to be shown
    assert not result.disagreements, result.disagreements[:3]
    assert result.people == count
    assert 0.3 < result.unknown < 0.6
    assert min(result.verdicts[v] for v in ("eligible", "needs", "unspecified")) > count


def test_both_back_ends_agree_on_sqlite() -> None:
    check_agreement("sqlite://", POLICIES, PEOPLE)


def test_both_back_ends_agree_on_postgresql(database_url: str) -> None:
    check_agreement(database_url, POLICIES, PEOPLE)


def test_the_comparison_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the walk made blind to one doubt, the comparison must notice."""
    blind = PolicySet.load(book=BOOK)
    line = blind.versions["startup_training"][0].benefit.lines[0]
    monkeypatch.setitem(line.__dict__, "doubts", ())
    monkeypatch.setattr("benchmarks.agreement.line_columns", _of(POLICIES))
    assert compare("sqlite://", blind, 200, seed=1).disagreements


def _of(policies: PolicySet) -> Any:
    from jcbot.eligibility import line_columns  # noqa: PLC0415 - the real one, before the patch

    return lambda _blind, table, on: line_columns(policies, table, on)


def outcomes(facts: dict[str, Any]) -> dict[str, Outcome]:
    return {each.name: each for each in POLICIES.judge_all(BOOK.parse(facts), TODAY)}


def consistent(person: dict[str, Any]) -> dict[str, Any]:
    """Leave out what says the same thing twice (stretches beside their sum) or only in part."""
    twice = {"insurance_periods", "inclusive_courses_days", "is_student", "trainees"}
    return {k: v for k, v in person.items() if k not in twice and not isinstance(v, dict)}


def bounds(outcome: Outcome) -> tuple[int, float] | None:
    if outcome.amount is None or outcome.per_person:
        return None
    return outcome.amount if isinstance(outcome.amount, tuple) else (outcome.amount,) * 2


# What may follow once a verdict stands: a doubt, once its fact is known, may speak up, and the
# one sentence with two readings may lift a refusal into a doubt. Yes never becomes no.
STANDS = {"eligible": {"eligible", "unspecified"}, "unspecified": {"unspecified", "not_eligible"},
          "not_eligible": {"not_eligible", "unspecified"}}  # fmt: skip


def test_answering_never_turns_yes_into_no_or_no_into_yes() -> None:
    dice, flips, steps = random.Random(5), 0, 0
    for person in people(BOOK, 400, 17, 0.0):
        whole = consistent(person)
        keys = dice.sample(sorted(whole), k=len(whole))
        known: dict[str, Any] = {}
        before = outcomes(known)
        for key in keys:
            needed = {n for o in before.values() for n in o.needs}
            known[key] = whole[key]
            after = outcomes(known)
            for name in before.keys() & after.keys():
                steps += 1
                flips += _flipped(before[name], after[name], answered=key in needed)
            before = after
    print(f"monotonicity: steps={steps} flips={flips}")  # noqa: T201 - the numbers are to be shown
    assert flips == 0


def _flipped(before: Outcome, after: Outcome, *, answered: bool) -> bool:
    """Yes to no counts unless the answer went against what was listed as taken for granted."""
    if after.verdict in STANDS.get(before.verdict, {after.verdict}):
        return False
    if (before.verdict, after.verdict) == ("eligible", "not_eligible"):
        granted = {reason.id for reason in before.assumed} | {"has_a_job"}
        return answered or not {reason.id for reason in after.blockers} <= granted
    return True


def test_low_is_never_above_and_high_never_below_what_is_true() -> None:
    dice, seen = random.Random(6), 0
    for person in people(BOOK, 500, 23, 0.0):
        whole = consistent(person)
        part = {key: value for key, value in whole.items() if dice.random() < 0.6}
        rough = {
            key: _roughly(value, dice) if key in NEAR else value for key, value in part.items()
        }
        true, known = outcomes(whole), outcomes(rough)
        for name in true.keys() & known.keys():
            narrow, wide = bounds(true[name]), bounds(known[name])
            verdicts = (known[name].verdict, true[name].verdict)
            if narrow and wide and verdicts in {("needs", "eligible"), ("eligible", "eligible")}:
                seen += 1
                assert wide[0] <= narrow[0] <= narrow[1] <= wide[1], (name, whole, rough)
    assert seen > 300


def _roughly(value: Any, dice: random.Random) -> Any:
    if isinstance(value, list) or dice.random() < 0.5:
        return value
    return dice.choice([{"min": value}, {"max": value}, {"min": value, "max": value}])


CAPS = {"inclusive_training.main": 1000, "startup_training.main": 1800, "order_training.main": 4000,
        "training_center_award.main": 200000, "labor_brand.main": 600000}  # fmt: skip


def test_no_amount_is_above_its_cap() -> None:
    for person in people(BOOK, 1500, 31, 0.2):
        for name, outcome in outcomes(person).items():
            span = bounds(outcome)
            assert span is None or span[1] <= CAPS.get(name, span[1])


@pytest.mark.parametrize(
    ("benefit", "fact", "facts"),
    [
        ("inclusive_training.main", "training_days", {"groups": ["veteran"]}),
        ("startup_training.main", "training_days",
         {"groups": ["two_later"], "wants_startup": True}),
        ("living_allowance.main", "training_days",
         {"groups": ["poor_labor"], "training_kind": "menu"}),
        ("labor_prep.main", "training_months", {"groups": ["two_later"]}),
        ("labor_prep.living", "training_months",
         {"groups": ["two_later"], "household_type": "rural"}),
        ("work_training.main", "training_months",
         {"employer_type": "coop", "hires_group": "poor_labor", "hires_n": 3}),
        ("training_center_award.main", "seats",
         {"employer_type": "enterprise", "staff": 500, "new_training_body": True}),
        ("labor_brand.main", "trained", {"brand_level": "city", "exported": 5}),
    ],
)  # fmt: skip
def test_more_is_never_less(benefit: str, fact: str, facts: dict[str, Any]) -> None:
    paid = [bounds(outcomes(facts | {fact: number})[benefit]) for number in range(1, 1000, 1)
            if number <= BOOK.specs[fact].most]  # fmt: skip
    known = [span for span in paid if span]
    assert known == sorted(known)
    assert len(known) > 50
