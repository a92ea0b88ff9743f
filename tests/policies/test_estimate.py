"""Totals, validity, and `jcbot estimate` line by line with nonsense in between."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from bot.estimate import run
from knowledge.facts import FactBook, FactError
from knowledge.rules import PolicySet

TODAY = dt.date(2026, 11, 23)
POLICIES = PolicySet.load(book=FactBook.load())
TWO_LATER = {"groups": ["two_later"], "household_type": "rural", "training_months": 12,
             "training_kind": "order", "training_days": 30}  # fmt: skip


def estimate(facts: dict[str, Any], on: dt.date = TODAY) -> dict[str, Any]:
    return POLICIES.estimate(POLICIES.book.parse(facts), on).as_json()


def test_the_workers_money_and_the_others_are_kept_apart() -> None:
    paper = {"certificate_type": "vocational", "certificate_level": "senior"}
    work = {"employed": "enterprise", "unemployment_insurance_months": 14}
    said = estimate(paper | work | {"organised_by": "institution", "via_post_training": True})
    assert said["totals"] == {"worker": 2000, "others": 600}


def test_two_living_allowances_are_never_added_up() -> None:
    said = estimate(TWO_LATER | {"asked": ["living_allowance", "labor_prep"]})
    amounts = {f"{o['benefit']}.{o['line']}": o["amount_yuan"] for o in said["outcomes"]}
    assert amounts == {"living_allowance.main": 450, "labor_prep.main": 2500,
                       "labor_prep.living": 2400}  # fmt: skip
    assert said["totals"]["worker"] == 2400
    assert said["totals"]["others"] == 2500
    assert [each["id"] for each in said["totals"]["left_out"]] == ["two_living_allowances"]


def test_one_course_is_not_counted_as_two() -> None:
    asked = ["inclusive_training", "startup_training"]
    said = estimate({"asked": asked, "groups": ["two_later"], "wants_startup": True,
                     "training_days": 10})  # fmt: skip
    assert [o["amount_yuan"] for o in said["outcomes"]] == [1000, 1800]
    assert said["totals"]["others"] == 1800
    assert said["totals"]["left_out"]


def test_two_student_courses_are_added_up() -> None:
    both = {"student_course": ["awareness", "company"], "asked": ["student_startup"]}
    said = estimate(both | {"is_student": True, "wants_startup": True})
    assert said["totals"] == {"worker": 0, "others": 650}


def test_a_range_among_rivals_leaves_the_total_a_range_of_all_that_can_be_true() -> None:
    asked = ["inclusive_training", "order_training", "startup_training"]
    said = estimate({"asked": asked, "groups": ["two_later"], "wants_startup": True,
                     "training_days": 10, "employment_rate_of_class": 80})  # fmt: skip
    assert [o["amount_yuan"] for o in said["outcomes"]] == [1000, [0, 4000], 1800]
    assert said["totals"]["others"] == [1800, 4000]


def test_what_is_refused_silent_or_missing_is_in_no_total() -> None:
    said = estimate({"asked": list(POLICIES.benefits)})
    assert said["totals"] == {"worker": 0, "others": 0}


def test_a_range_makes_the_total_a_range() -> None:
    said = estimate(
        {"groups": ["veteran"], "employment_rate_of_class": 90, "training_kind": "order"}
    )
    assert said["totals"]["others"] == [0, 4000]


@pytest.mark.parametrize(
    ("on", "status", "verdict"),
    [
        ("2020-09-07", "before_start", "unspecified"),
        ("2020-09-08", "in_force", "eligible"),
        ("2021-12-31", "in_force", "eligible"),
        ("2022-01-01", "expired_unless_renewed", "eligible"),
    ],
)
def test_validity_follows_today_where_no_fact_is_dated(on: str, status: str, verdict: str) -> None:
    facts = {"groups": ["veteran"], "training_days": 3, "asked": ["inclusive_training"]}
    outcome = estimate(facts, dt.date.fromisoformat(on))["outcomes"][0]
    assert (outcome["validity"]["status"], outcome["verdict"]) == (status, verdict)
    assert outcome["validity"]["from"] == "2020-09-08"
    assert outcome["validity"]["nominal_until"] == "2021-12-31"


def test_the_notice_about_the_term_goes_with_every_amount_asked_for_today() -> None:
    said = {"certificate_type": "special_ability", "organised_by": "institution"}
    facts = POLICIES.book.parse(said | {"certificate_date": "2021-05-01"})
    late, then = (POLICIES.estimate(facts, on).outcomes[0] for on in (TODAY, dt.date(2021, 6, 1)))
    assert late.validity.status == then.validity.status == "in_force"
    assert (late.notice, then.notice) == (True, False)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('{"unemployment_insurance_months": -1}', "unemployment_insurance_months"),
        ('{"unemployment_insurance_months": "12"}', "unemployment_insurance_months"),
        ('{"unemployment_insurance_months": true}', "unemployment_insurance_months"),
        ('{"unemployment_insurance_months": 12.5}', "unemployment_insurance_months"),
        ('{"unemployment_insurance_months": NaN}', "unemployment_insurance_months"),
        ('{"unemployment_insurance_months": Infinity}', "unemployment_insurance_months"),
        ('{"unemployment_insurance_months": 100000}', "unemployment_insurance_months"),
        ('{"unemployment_insurance_months": null}', "unemployment_insurance_months"),
        ('{"unemployment_insurance_months": []}', "unemployment_insurance_months"),
        ('{"age": {"min": 5, "max": 3}}', "age"),
        ('{"unemployment_insurance_months": {"around": 5}}', "unemployment_insurance_months"),
        ('{"unemployment_insurance_months": {}}', "unemployment_insurance_months"),
        ('{"unemployment_insurance_months": {"min": -3}}', "unemployment_insurance_months"),
        ('{"insurance_periods": [8, -1]}', "insurance_periods"),
        ('{"insurance_periods": []}', "insurance_periods"),
        ('{"age": 300}', "age"),
        ('{"salary": 3000}', "salary"),
        ('{"certificate_level": "gold"}', "certificate_level"),
        ('{"certificate_level": 3}', "certificate_level"),
        ('{"certificate_level": {"not": []}}', "certificate_level"),
        ('{"household_type": {"not": ["rural", "urban", "urban_dibao"]}}', "household_type"),
        ('{"first_issue": "yes"}', "first_issue"),
        ('{"first_issue": 1}', "first_issue"),
        ('{"groups": "veteran"}', "groups"),
        ('{"groups": ["soldier"]}', "groups"),
        ('{"groups_has": ["veteran"], "groups_not": ["veteran"]}', "groups"),
        ('{"certificate_date": "2021-02-30"}', "certificate_date"),
        ('{"certificate_date": "2021/02/03"}', "certificate_date"),
        ('{"certificate_date": "2021-W10-1"}', "certificate_date"),
        ('{"certificate_date": "20210310"}', "certificate_date"),
        ('{"certificate_date": 20210203}', "certificate_date"),
        ('{"certificate_date": "1890-01-01"}', "certificate_date"),
        ('{"employment_rate_of_class": 101}', "employment_rate_of_class"),
        ('{"employment_rate_of_class": 0.8}', "employment_rate_of_class"),
        ('{"asked": ["everything"]}', "asked"),
        ('{"asked": "worker_skill_upgrade"}', "asked"),
        ('{"hukou": ""}', "hukou"),
        ('{"hukou": 5}', "hukou"),
        ('{"longest_insurance_stretch": 5}', "longest_insurance_stretch"),
        ('{"age": 20, "age": 30}', "age"),
        ('\ufeff{"age": 20}', ""),
        ("[]", ""),
        ("12", ""),
        ("null", ""),
        ("", ""),
        ("{", ""),
        ("[" * 40000, ""),
        ("你好", ""),
    ],
)  # fmt: skip
def test_nonsense_gets_an_error_line_and_the_rest_goes_on(line: str, key: str) -> None:
    answers = list(run(['{"age": 20}', line, '{"age": 20}'], TODAY))
    assert len(answers) == 3
    assert answers[0] == answers[2]
    assert list(answers[1]) == ["error"]
    assert answers[1]["error"]["key"] == key
    assert len(answers[1]["error"]["message"]) > 5
    json.dumps(answers[1], ensure_ascii=False).encode()


def test_a_byte_order_mark_before_the_first_line_is_no_fault() -> None:
    first, second = run(['\ufeff{"age": 20}', '{"age": 20}'], TODAY)
    assert first == second
    assert "outcomes" in first


def test_a_strange_key_can_still_be_printed() -> None:
    (answer,) = run(['{"\\ud800": 1}'], TODAY)
    json.dumps(answer, ensure_ascii=False).encode()


def test_what_is_printed_is_json_of_the_contract() -> None:
    (answer,) = run(['{"age": 16, "about": "other", "county": "高平市"}'], TODAY)
    assert list(answer) == ["outcomes", "next_question", "totals", "policy", "policy_hash"]
    assert answer["policy"] == "晋市政发〔2020〕12号"
    assert json.loads(json.dumps(answer)) == answer


def test_amounts_are_whole_yuan() -> None:
    center = {"employer_type": "enterprise", "staff": 900, "new_training_body": True}
    for facts in ({"brand_level": "city", "trained": 7, "exported": 5}, center | {"seats": 475}):
        for outcome in estimate(facts)["outcomes"]:
            assert outcome["amount_yuan"] is None or not isinstance(outcome["amount_yuan"], float)


@pytest.mark.parametrize(
    "facts",
    [
        {"groups": ["veteran"], "groups_has": ["two_later"]},
        {"groups": [], "groups_has": ["veteran"]},
        {"groups": ["veteran"], "groups_not": ["veteran"]},
        {"groups_has": ["veteran"], "groups_not": ["veteran"]},
    ],
)
def test_a_complete_list_cannot_be_contradicted(facts: dict[str, Any]) -> None:
    with pytest.raises(FactError) as caught:
        POLICIES.book.parse(facts)
    assert caught.value.key == "groups"
    assert "说是" in caught.value.message


def test_what_agrees_with_a_complete_list_may_stand_beside_it() -> None:
    beside = {"groups_has": ["veteran"], "groups_not": ["laid_off"]}
    both = POLICIES.book.parse({"groups": ["veteran"]} | beside)
    assert both.values["groups"] == POLICIES.book.parse({"groups": ["veteran"]}).values["groups"]


def test_a_graduate_of_this_year_may_still_be_enrolled() -> None:
    parse = POLICIES.book.parse
    assert "is_student" not in parse({"groups": ["grad_this_year"]}).values
    said = {"groups": ["grad_this_year"], "groups_has": ["college_student"]}
    assert parse(said).values["is_student"] is True
    assert parse({"groups": ["veteran"]}).values["is_student"] is False


def test_a_fact_error_names_its_key() -> None:
    with pytest.raises(FactError) as caught:
        POLICIES.book.parse({"age": -1})
    assert caught.value.key == "age"
    assert "负数" in caught.value.message


def test_a_fact_is_said_back_in_words() -> None:
    specs = POLICIES.book.specs
    assert specs["unemployment_insurance_months"].say(14) == "失业保险交了14个月"
    assert specs["certificate_level"].say("senior") == "高级工（三级）"
    assert specs["wants_startup"].say(value=True) == "想（有创业愿望）"
