"""Matters that are not ours, and complaints: whose they are, by certain numbers only."""

from __future__ import annotations

import re
import tomllib

import pytest

from knowledge.library import Elsewhere
from knowledge.normalise import normalise
from knowledge.reading import ROOT

HOTLINES = {"12333", "12345", "12393", "12329"}
CASES = [
    Elsewhere(case["name"], tuple(case["words"]), case["answer"])
    for case in tomllib.loads((ROOT / "elsewhere.toml").read_text("utf-8"))["case"]
]
COMPLAINTS = tomllib.loads((ROOT / "complaints.toml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("失业金怎么领", "unemployment_benefit"),
        ("我失业补助金到期了", "unemployment_benefit"),
        ("养老金涨多少", "retirement"),
        ("太原考高级工补多少", "other_city"),
        ("医保咋交", "medical"),
        ("生育津贴多少", "medical"),
        ("工伤怎么赔", "injury"),
        ("公积金怎么提取", "housing_fund"),
        ("怎么申请低保", "minimum_living"),
        ("老板拖欠工资", "wages"),
        ("给我找个活干", "job_seeking"),
        ("创业贷款怎么贷", "loan"),
        ("稳岗返还啥时候到", "loan"),
        ("雨露计划咋申请", "rural_student"),
        ("科目二挂了咋办", "driving"),
        ("高校毕业生求职补贴", "job_seekers_allowance"),
        ("评职称要啥", "professional_title"),
        ("教师资格证成绩啥时候出", "other_exams"),
        ("退役军人优待证在哪办", "veterans_affairs"),
        ("残疾证咋办", "disability"),
        ("社保卡丢了", "social_card"),
        ("社保断缴咋办", "social_insurance"),
        ("我是不是贫困户", "poor_household"),
        ("证书挂靠一年多少钱", "certificate_lending"),
        ("取暖费补贴", "heating_and_housing"),
        ("考编要啥条件", "public_posts"),
        ("身份证丢了咋补办", "papers"),
        ("怎么迁户口", "papers"),
        ("看病能报销不", "medical"),
        ("我是晋城人医保咋交", "medical"),
        ("交钱包拿证的靠谱不", "certificate_lending"),
        ("中介说两千块给办好", "middlemen"),
        ("国家给不给报销", "training_reimbursed"),
        ("晋城人在太原上班算不算", "across_cities"),
        ("河南户口能不能领", "across_cities"),
        ("残疾人算不算", "disabled_group"),
        ("资金不够怎么办", "budget"),
    ],
)
def test_a_near_miss_is_sent_where_it_belongs(message: str, name: str) -> None:
    text = normalise(message)
    assert next(case.name for case in CASES if case.fits(text)) == name


@pytest.mark.parametrize(
    "message",
    [
        *("农村户口能领不", "城市低保的呢", "吃低保的能领不", "退休了还能领吗", "工资低的能领吗"),
        *("公务员能领吗", "养老护理员证算不算", "水电工证给补吗", "贫困户能学吗", "没交社保能领吗"),
        *("我的身份证号是99010119900101001X", "我们厂招人有补贴吗", "村里的合作社呢"),
    ],
)
def test_talk_of_this_policy_is_nobody_elses_matter(message: str) -> None:
    assert [case.name for case in CASES if case.fits(normalise(message))] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_only_certain_numbers_and_no_amounts(case: Elsewhere) -> None:
    assert set(re.findall(r"\d+", case.answer)) <= HOTLINES
    assert "元" not in case.answer
    assert len(case.answer) <= 90


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("培训学校说免费还收了我300", "charged"),
        ("叫我交500押金", "charged"),
        ("我的钱还没到", "not_paid"),
        ("都半年了没动静", "not_paid"),
        ("补贴怎么还不下来", "not_paid"),
        ("厂里把我的补贴扣了", "cheated"),
        ("我要投诉那个学校", "cheated"),
        ("电话打不通", "busy"),
        ("学校说不归他们管", "busy"),
        ("我请假了找个人问问", None),
    ],
)
def test_a_complaint_is_heard_as_what_it_is(message: str, kind: str | None) -> None:
    text = normalise(message)
    found = (name for name, words in COMPLAINTS.items() if any(word in text for word in words))
    assert next(found, None) == kind
