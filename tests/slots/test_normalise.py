"""One way of writing: width, case, traditional characters, mishearings, what cannot be seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.normalise import LONGEST, normalise


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("１４个月", "14个月"),
        ("TD", "td"),
        ("①", "1"),
        ("補貼多少錢", "补贴多少钱"),
        ("粗级工", "初级工"),
        ("高极工", "高级工"),
        ("失业保显", "失业保险"),
        ("只业资格", "职业资格"),
        ("特种做业", "特种作业"),
        ("高贫有插车班没", "高平有叉车班没"),
        ("提高贫困户收入", "提高贫困户收入"),
        ("出差车票", "出差车票"),
        ("会计工作", "会计工作"),
        ("知询报民", "咨询报名"),
        ("  我   是 \n 工人 ", "我 是 工人"),
        ("我\u200b是\u202e工\ufeff人\x00", "我是工人"),
        ("\ud800", ""),
        ("", ""),
    ],
)
def test_written_one_way(said: str, meant: str) -> None:
    assert normalise(said) == meant


@given(st.text())
def test_never_fails_and_a_second_time_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert len(once) <= LONGEST
    assert normalise(once) == once


def test_a_long_text_is_read_to_a_limit() -> None:
    assert len(normalise("补" * 20_000)) == LONGEST
