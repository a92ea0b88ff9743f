"""Masking: no spelling of an ID or phone number gets through, and ordinary text does."""

from __future__ import annotations

import random
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jcbot.masking import IDENTITY, NUMBER, PHONE, mask

MASKED = [
    ("990102199001011234", IDENTITY),
    ("99010219900101123X", IDENTITY),
    ("99010219900101123x", IDENTITY),
    ("990102900101123", IDENTITY),
    ("９９０１０２１９９００１０１１２３Ｘ", IDENTITY),
    ("990102 19900101 1234", IDENTITY),
    ("990102-19900101-123 X", IDENTITY),
    ("990102 1990 0101 1234", IDENTITY),
    ("9 9 0 1 0 2 1 9 9 0 0 1 0 1 1 2 3 4", IDENTITY),
    ("990102\u200b19900101\u200b1234", IDENTITY),
    ("990102　19900101　1234", IDENTITY),
    ("990102—19900101—1234", IDENTITY),
    ("九九零一零二一九九零零一零一一二三四", IDENTITY),
    ("990102\n199001011234", IDENTITY),
    ("13900001234", PHONE),
    ("139 0000 1234", PHONE),
    ("139-0000-1234", PHONE),
    ("8613900001234", PHONE),
    ("幺三九零零零零幺二三四", PHONE),
    ("6222020000000000000", NUMBER),
    ("6222 0200 0000 0000", NUMBER),
    ("123456789", NUMBER),
    ("0356-2020202020", NUMBER),
]


@pytest.mark.parametrize(("number", "label"), MASKED)
def test_a_number_is_replaced_by_what_it_was(number: str, label: str) -> None:
    assert mask(f"我的号{number}，查一下") == f"我的号{label}，查一下"
    assert mask(number) == label


KEPT = [
    "",
    "我今年45岁，失业保险交了14个月",
    "2026-11-23到2026-12-01",
    "2026-11-23 2026-12-01",
    "2020-01-01 ~ 2021-12-31",
    "2026-11-23T09:00:00.123456+08:00",
    "晋市政发〔2020〕12号",
    "补贴1500元、2000元、2500元、3000元",
    "1、3",
    "打12333",
    "0356-12333",
    "一二三四五六七八",
    "DG-2026-12",
    "12345678",
]


@pytest.mark.parametrize("text", KEPT)
def test_ordinary_text_stays(text: str) -> None:
    assert mask(text) == text


def test_several_in_one_text_all_go() -> None:
    text = "99010219900101123X和13900001234，还有990102199001011234x"
    assert mask(text) == f"{IDENTITY}和{PHONE}，还有{IDENTITY}x"


@given(st.text(), st.text(), st.sampled_from(["", " ", "-", "  ", "—"]), st.integers(1, 6))
def test_whatever_stands_around_no_id_is_left(left: str, right: str, gap: str, size: int) -> None:
    number = "990102199001011234"
    spelt = gap.join(number[i : i + size] for i in range(0, 18, size))
    assert number not in re.sub(r"\D", "", mask(f"{left}，{spelt}，{right}"))


def test_two_thousand_seeded_numbers_leave_no_trace() -> None:
    draw = random.Random(7)
    numbers = [f"99{draw.randrange(10**4):04}{draw.randrange(10**12):012}" for _ in range(2000)]
    text = mask("，".join(f"第{n}人{number}" for n, number in enumerate(numbers)))
    assert not [number for number in numbers if number in text or number[:10] in text]


@pytest.mark.parametrize("text", ["1 " * 50_000, "1" * 100_000, "-" * 100_000, "1---" * 25_000])
def test_hostile_text_takes_no_long_time(text: str) -> None:
    start = time.perf_counter()
    mask(text)
    assert time.perf_counter() - start < 0.5


def test_masking_a_mask_changes_nothing() -> None:
    text = mask("990102199001011234 13900001234")
    assert mask(text) == text
