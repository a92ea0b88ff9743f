"""A broken policy is refused naming file and key; a newer document may replace a part."""

from __future__ import annotations

import datetime as dt
import shutil
import tomllib
from pathlib import Path

import pytest

from benchmarks.agreement import compare
from knowledge.facts import FactBook
from knowledge.reading import ROOT, KnowledgeError
from knowledge.rules import PolicySet

BOOK = FactBook.load()
SOURCE = ROOT / "policies" / "jincheng-2020-12"
FAULTS = tomllib.loads((Path(__file__).parent / "faults" / "faults.toml").read_text("utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(SOURCE, tmp_path / SOURCE.name)
    return tmp_path


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / SOURCE.name / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def refused(folder: Path) -> KnowledgeError:
    with pytest.raises(KnowledgeError) as caught:
        PolicySet.load(folder, BOOK)
    return caught.value


@pytest.mark.parametrize("case", FAULTS["policy"], ids=[each["new"] for each in FAULTS["policy"]])
def test_a_broken_policy_file_is_named(folder: Path, case: dict[str, str]) -> None:
    change(folder, case["file"], case["old"], case["new"])
    error = refused(folder)
    assert Path(error.file).name == case["file"]
    assert case["key"] in error.key
    assert case["fault"] in error.fault


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert "一个政策文件也没有" in refused(tmp_path).fault


def test_the_untouched_copy_loads(folder: Path) -> None:
    assert PolicySet.load(folder, BOOK).digest == PolicySet.load(book=BOOK).digest


def test_an_officers_answer_settles_a_doubt(folder: Path) -> None:
    facts = BOOK.parse({"employed": "enterprise", "unemployment_insurance_months": 20,
                        "certificate_type": "vocational", "certificate_level": "junior",
                        "dispatched": True, "asked": ["worker_skill_upgrade"]})  # fmt: skip
    said = {}
    for holds in ("true", "false"):
        copy = folder / holds
        shutil.copytree(SOURCE, copy / SOURCE.name)
        answer = f'settled = {{ by = "王科长", on = 2026-12-01, holds = {holds} }}'
        settled = f"[doubt.agency_worker]\n{answer}"
        change(copy, "1-certificates.toml", "[doubt.agency_worker]", settled)
        said[holds] = PolicySet.load(copy, BOOK).estimate(facts, dt.date(2026, 12, 2)).outcomes[0]
    assert (said["true"].verdict, said["true"].amount) == ("eligible", 1000)
    assert said["false"].verdict == "not_eligible"
    assert "王科长" in said["false"].blockers[0].text


NEWER = """
id = "invented-2023"
number = "（测试用）2023年第1号"
title = "测试用的新文件"
from = 2022-01-01
notice = "测试"
before_start = "从{from}起执行"
OVER

[benefit.worker_skill_upgrade]
name = "职工个人技能提升补贴"
plain = "测试"
clause = "二"
from = 2022-01-01
audience = "worker"
date_fact = "certificate_date"
conditions = ["six_months_are_enough"]

[benefit.worker_skill_upgrade.line.main]
payee = { to = "worker", basis = "text" }
payment = { shape = "flat", yuan = 2500, text = "每人2500元" }

[condition.six_months_are_enough]
test = { fact = "unemployment_insurance_months", min = 6 }
yes = "满6个月"
no = "不满6个月"
"""


def newer(folder: Path, over: str) -> None:
    (folder / "invented-2023").mkdir()
    (folder / "invented-2023" / "document.toml").write_text(NEWER.replace("OVER", over), "utf-8")


def test_a_newer_document_replaces_one_benefit_from_a_date_on(folder: Path) -> None:
    newer(folder, 'over = ["jincheng-2020-12"]')
    policies = PolicySet.load(folder, BOOK)
    facts = {"employed": "enterprise", "unemployment_insurance_months": 12,
             "certificate_type": "vocational", "certificate_level": "senior",
             "asked": ["worker_skill_upgrade", "card_program"], "age": 30}  # fmt: skip
    said = {}
    for day in ("2021-12-31", "2022-01-01"):
        parsed = BOOK.parse(facts | {"certificate_date": day})
        said[day] = policies.estimate(parsed, dt.date(2026, 11, 23))
    old, new = said["2021-12-31"], said["2022-01-01"]
    assert [o.outcomes[0].amount for o in (old, new)] == [2000, 2500]
    assert [o.outcomes[0].clause for o in (old, new)] == ["三（二）一是", "二"]
    assert new.outcomes[1].policy == "晋市政发〔2020〕12号"
    assert new.policy == "（测试用）2023年第1号、晋市政发〔2020〕12号"
    assert new.outcomes[0].validity.status == "in_force"


def test_both_back_ends_agree_on_two_documents(folder: Path) -> None:
    newer(folder, 'over = ["jincheng-2020-12"]')
    result = compare("sqlite://", PolicySet.load(folder, BOOK), 800, seed=4)
    assert not result.disagreements, result.disagreements[:3]


def test_two_documents_without_stated_precedence_are_an_error(folder: Path) -> None:
    newer(folder, "")
    error = refused(folder)
    assert error.key == "benefit.worker_skill_upgrade"
    assert "谁优先" in error.fault


@pytest.mark.parametrize("case", FAULTS["fact"], ids=[each["key"] for each in FAULTS["fact"]])
def test_a_broken_fact_file_is_named(tmp_path: Path, case: dict[str, str]) -> None:
    text = (ROOT / "facts.toml").read_text("utf-8")
    assert case["old"] in text
    path = tmp_path / "facts.toml"
    path.write_text(text.replace(case["old"], case["new"], 1), "utf-8")
    with pytest.raises(KnowledgeError) as caught:
        FactBook.load(path)
    assert Path(caught.value.file).name == "facts.toml"
    assert case["key"] in caught.value.key
    assert case["fault"] in caught.value.fault
