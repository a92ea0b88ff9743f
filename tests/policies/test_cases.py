"""The policy's cases, one sentence each; neighbours differ by one fact. Data: *.toml here."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import pytest

from knowledge.facts import FactBook
from knowledge.rules import Outcome, PolicySet

HERE = Path(__file__).parent
TODAY = dt.date(2026, 11, 23)
POLICIES = PolicySet.load(book=FactBook.load())
CASES = [
    (benefit, case)
    for path in sorted(HERE.glob("*.toml"))
    for benefit in tomllib.loads(path.read_text("utf-8"))["benefit"]
    for case in benefit["case"]
]
KNOWN = {
    "say", "line", "given", "not", "verdict", "amount", "to", "basis", "clause", "needs", "next",
    "per", "status", "blockers", "doubts", "assumed", "assumed_not",
    "on", "trace", "trace_not",
}  # fmt: skip


def told(benefit: dict[str, Any], case: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Return the outcome of the case's line, in contract form, and the next question."""
    facts = {k: v for k, v in benefit.get("base", {}).items() if k not in case.get("not", [])}
    facts |= case.get("given", {}) | {"asked": [benefit["id"]]}
    on = dt.date.fromisoformat(case["on"]) if "on" in case else TODAY
    estimate = POLICIES.estimate(POLICIES.book.parse(facts), on).as_json()
    lines = [each for each in estimate["outcomes"] if each["line"] == case.get("line", "main")]
    assert len(lines) == 1, estimate
    return lines[0], estimate["next_question"]


@pytest.mark.parametrize(
    ("benefit", "case"), CASES, ids=[f"{b['id']}: {c['say']}" for b, c in CASES]
)
def test_case(benefit: dict[str, Any], case: dict[str, Any]) -> None:
    assert set(case) <= KNOWN
    outcome, next_question = told(benefit, case)
    said = {
        "verdict": outcome["verdict"],
        "amount": outcome["amount_yuan"],
        "to": outcome["paid_to"],
        "basis": outcome["paid_to_basis"],
        "clause": outcome["clause"],
        "needs": outcome["needs"],
        "next": next_question,
        "per": outcome.get("per"),
        "status": outcome["validity"]["status"],
        "blockers": [each["id"] for each in outcome["blockers"]],
        "doubts": [each["id"] for each in outcome["doubts"]],
    }
    wanted = {key: None if value == "null" else value for key, value in case.items() if key in said}
    wanted |= {} if "per" in case else {"per": None}
    assert {key: said[key] for key in wanted} == wanted
    assumed = {each["id"] for each in outcome["assumed"]}
    assert assumed.issuperset(case.get("assumed", []))
    assert assumed.isdisjoint(case.get("assumed_not", []))
    trace = {each["text"] for each in outcome["trace"]}
    assert trace.issuperset(case.get("trace", []))
    assert trace.isdisjoint(case.get("trace_not", []))


def outcomes_of_all_cases() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [(case, told(benefit, case)[0]) for benefit, case in CASES]


def test_every_line_has_a_case_that_makes_it_eligible() -> None:
    made = {
        f"{outcome['benefit']}.{outcome['line']}"
        for _, outcome in outcomes_of_all_cases()
        if outcome["verdict"] == "eligible"
    }
    lines = {f"{b.id}.{line.id}" for b in POLICIES.benefits.values() for line in b.lines}
    # The document has no figure for contests; the students' main line is only for asking.
    assert lines - made == {"competition.main", "student_startup.main"}


def test_every_condition_has_a_case_in_which_it_refuses() -> None:
    refused = {each["id"] for _, outcome in outcomes_of_all_cases() for each in outcome["blockers"]}
    conditions = {
        condition.id
        for benefit in POLICIES.benefits.values()
        for line in benefit.lines
        for condition in line.conditions
    }
    assert conditions == refused


def test_every_doubt_has_a_case_in_which_it_is_shown() -> None:
    shown = {each["id"] for _, outcome in outcomes_of_all_cases() for each in outcome["doubts"]}
    doubts = {
        doubt.id
        for benefit in POLICIES.benefits.values()
        for line in benefit.lines
        for doubt in line.doubts
    }
    assert doubts | {"before_start"} == shown


def test_verdict_and_reasons_belong_together() -> None:
    for case, outcome in outcomes_of_all_cases():
        assert (outcome["verdict"] == "not_eligible") == bool(outcome["blockers"]), case
        assert (outcome["verdict"] == "needs") == bool(outcome["needs"]), case
        if outcome["verdict"] == "unspecified":
            assert outcome["doubts"], case
            assert outcome["amount_yuan"] is None, case


def test_every_text_is_short_plain_and_complete() -> None:
    for _, outcome in outcomes_of_all_cases():
        reasons = [r for key in ("trace", "blockers", "doubts", "assumed") for r in outcome[key]]
        for reason in reasons:
            assert 4 <= len(reason["text"]) <= 90
            assert not any("a" <= letter <= "z" for letter in reason["text"]), reason
            assert "*" not in reason["text"]


def test_outcome_has_exactly_the_contract_keys() -> None:
    outcome = POLICIES.estimate(POLICIES.book.parse({"age": 20}), TODAY).outcomes[0]
    assert isinstance(outcome, Outcome)
    assert list(outcome.as_json()) == [
        "benefit", "line", "verdict", "needs", "amount_yuan", "paid_to", "paid_to_basis",
        "clause", "trace", "blockers", "doubts", "assumed", "validity",
    ]  # fmt: skip
