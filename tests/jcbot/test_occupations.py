"""Occupations as lists write them and as workers say them: found together, never confused."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING

import pytest
from school import NOW, add_class, enter

from jcbot.training import browsing, errors
from knowledge.occupations import alike, matching, same, split

if TYPE_CHECKING:
    from jcbot.storage.database import Database

LATER = dt.date(2026, 12, 21)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("电工证", "电工"),
        ("低压电工作业", "电工"),
        ("数控机床维修电工", "电工"),
        ("电焊", "焊工"),
        ("月嫂", "母婴护理"),
        ("母婴护理（月嫂、催乳）", "母婴护理"),
        ("电脑", "计算机操作"),
        ("创业培训班", "创业培训"),
        ("箍桶", "箍桶"),
        ("", ""),
        ("证", "证"),
    ],
)
def test_however_it_is_written_it_has_one_name(said: str, name: str) -> None:
    assert alike(said) == name


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("电工", "维修电工", True),
        ("电焊", "焊工班", True),
        ("月嫂", "母婴护理", True),
        ("SYB", "创业培训", True),
        ("低压电工", "高压电工", False),
        ("电工", "低压电工", False),
        ("美容师", "美甲师", False),
        ("电工", "焊工", False),
    ],
)
def test_alike_is_not_the_same(one: str, other: str, *, is_same: bool) -> None:
    assert same(one, other) == same(other, one) == is_same


def test_a_wish_is_split_and_no_wish_is_none() -> None:
    assert split("电工证、月嫂,电工 暂无") == ["电工", "母婴护理"]
    assert split("无") == split(" ") == []
    assert matching("焊", ["焊工", "电工"]) == matching("电焊", ["焊工", "电工"]) == ["焊工"]


async def test_classes_are_found_by_the_worker_s_own_word(database: Database) -> None:
    await database.run(partial(add_class, number="HG-1", occupation="焊工"))
    await database.run(partial(add_class, number="YS-1", occupation="母婴护理"))

    async def found(said: str) -> list[str]:
        page = await database.run(
            lambda conn: browsing.browse(conn, ("", said, ""), (None, None), 1, NOW)
        )
        return [course.number for course in page.courses]

    assert await found("电焊") == ["HG-1"]
    assert await found("月嫂") == ["YS-1"]
    assert await found("电工") == []
    assert sorted(await found("")) == ["HG-1", "YS-1"]


async def test_a_second_name_is_no_way_round_the_twelve_months(database: Database) -> None:
    await database.run(partial(add_class, number="A", occupation="维修电工"))
    await database.run(partial(add_class, number="B", occupation="电工", first_day=LATER))
    await database.run(partial(add_class, number="C", occupation="低压电工", first_day=LATER))
    await database.run(partial(enter, who=1, number="A"))
    with pytest.raises(errors.RepeatedCourseError, match="同一职业同一等级"):
        await database.run(partial(enter, who=1, number="B"))
    got = await database.run(partial(enter, who=1, number="C"))
    assert (got.state, got.to_verify) == ("confirmed", ("repetition",))
