"""The steps of a class in words."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from handlers.progress import lines_for
from handlers.turn import Incoming, Turn
from jcbot.training.progress import Certificate, Progress

if TYPE_CHECKING:
    from knowledge.library import Library

COURSE: Any = SimpleNamespace(days=10)
NOTHING = {"attended": 0, "exam": "", "certificate": None, "job": "", "subsidy": ""}
PAPER = Certificate("vocational", "junior", "****0001")


@pytest.mark.parametrize(
    ("known", "lines"),
    [
        ({}, []),
        ({"attended": 3}, ["上课3天/共10天"]),
        ({"exam": "passed", "subsidy": "reviewing"}, ["考试合格", "补贴审核中"]),
        ({"exam": "absent", "job": "none"}, ["考试缺考", "就业：未就业"]),
        ({"certificate": PAPER}, ["证书：职业技能等级证书（初级），编号****0001"]),
        (
            {"certificate": Certificate("special_operation", "", "****0002")},
            ["证书：特种作业操作证，编号****0002"],
        ),
    ],
)
def test_a_line_for_each_step_taken(
    library: Library, known: dict[str, Any], lines: list[str]
) -> None:
    office: Any = None
    now = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    turn = Turn(Incoming("text", "o1"), library, office, now)
    assert lines_for(turn, Progress(COURSE, "confirmed", None, **NOTHING | known)) == lines
