"""Audiences: every fault has its place; every count is that of SQL written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import town
from sqlalchemy import select, text

from benchmarks.registry_questions import facts_of
from jcbot.announcing import counting
from jcbot.announcing.counting import Counts, count
from jcbot.announcing.parsing import All, Any, AudienceError, Not, Term, parse_audience
from jcbot.announcing.selecting import check_names
from jcbot.storage.people_tables import people

if TYPE_CHECKING:
    from jcbot.storage.database import Database

A, B, C = Term("county", "高平市"), Term("group", "veteran"), Term("card")
READS = [
    ("county = 高平市", A),
    ("县区＝高平", A),
    ("COUNTY=高平市 AND group = 退伍军人", All((A, B))),
    ("card or county = 高平市 and group = veteran", Any((C, All((A, B))))),
    ("(card or county = 高平市) 且 群体 = veteran", All((Any((C, A)), B))),
    ("not card and not not county != 高平市", All((Not(C), Not(Not(Not(A)))))),
    ("wish ~ “电工 高级”", Term("wish", "电工 高级")),
    ('town = "and"', Term("town", "and")),
    ("signed_up(DG-2026-12)", Term("signed_up", "DG-2026-12")),
    ("够条件(创业培训补贴)", Term("reached_by", "startup_training")),
    ("subscribed(培训班通知)", Term("subscribed", "classes")),
]


@pytest.mark.parametrize(("said", "meant"), READS)
def test_it_is_read(said: str, meant: object) -> None:
    assert parse_audience(said, town.words()) == meant


FAULTS = [
    ("", 1, "这里还要写一个条件"),
    ("card and", 9, "这里还要写一个条件"),
    ("county", 7, "“county”后面要写 = 或 !="),
    ("county ~ 高平", 8, "“county”后面要写 = 或 !="),
    ("wish = 电工", 6, "“wish”后面要写 ~"),
    ("county = ", 9, "这里要写县区"),
    ("county = and", 10, "这里要写县区"),
    ("card and county = 太原", 19, "没有“太原”这样的县区。可以写：城区、"),
    ("group = 老兵", 9, "没有“老兵”这样的重点群体"),
    ("age = 30", 1, "“age”不是能用的条件。能用的有：county、县区"),
    ("card county = 高平", 6, "“county”前面少了 and 或 or"),
    ("(card or followers", 19, "括号没有配对"),
    ("card)", 5, "“)”前面少了 and 或 or"),
    ("signed_up DG-1", 11, "“signed_up”后面要写括号"),
    ("reached_by(x)", 12, "没有“x”这样的补贴"),
    ('town = "北城', 8, "引号没有配对"),
    ("not " * 30 + "card", 85, "括号套得太深了"),
    ("(" * 400 + "card", 22, "括号套得太深了"),
    ("card or " * 100 + "card", 501, "太长了"),
]


@pytest.mark.parametrize(("said", "place", "fault"), FAULTS)
def test_a_fault_has_its_place(said: str, place: int, fault: str) -> None:
    with pytest.raises(AudienceError) as told:
        parse_audience(said, town.words())
    assert f"第{place}个字：{fault}" in str(told.value)


async def counted(database: Database, said: str, **more: object) -> Counts:
    node = parse_audience(said, town.words())
    road = town.roads(**more)  # type: ignore[arg-type]
    return await count(database, node, town.rules(), road, lambda *_: None)


LIVE = "SELECT p.*, b.openid AS o FROM people p LEFT JOIN bindings b ON b.id_key = p.id_key"
STRANGERS = """SELECT f.openid AS o FROM followers f
  WHERE f.following AND f.openid NOT IN (SELECT openid FROM bindings)"""
SEAT = "(SELECT person FROM enrolments WHERE state = '{}')"
WANTS = """o IN (SELECT openid FROM notice_wishes WHERE "on" AND kind = 'classes')"""
TAGGED = "o IN (SELECT openid FROM follower_tags WHERE tag = '村干部')"
# What is asked, the same of people (NULL: nobody) and of strangers, written by hand.
BY_HAND = [
    ("card", "1 = 1", None),
    ("county = 高平市", "county = '高平市'", None),
    ("county != 高平市", "county IS NULL OR county <> '高平市'", "1 = 1"),
    ("group = veteran", "groups__veteran", None),
    ("not group = veteran and card", "groups__veteran IS NULL OR NOT groups__veteran", None),
    ("followers", "o IN (SELECT openid FROM followers WHERE following)", "1 = 1"),
    ("followers and not card", None, "1 = 1"),
    ("signed_up(DG-1)", f"id_key IN {SEAT.format('confirmed')}", None),
    ("waiting(DG-1)", f"id_key IN {SEAT.format('waiting')}", None),
    ("subscribed(classes)", WANTS, WANTS),
    ("tag(村干部)", TAGGED, TAGGED),
    (
        "wish ~ 电工",
        f"training_wish LIKE '%电工%' OR {WANTS}",
        WANTS,
    ),
    (
        "(county = 高平市 or county = 城区) and not signed_up(DG-1)",
        f"county IN ('高平市', '城区') AND id_key NOT IN {SEAT.format('confirmed')}",
        None,
    ),
]


async def test_counts_are_those_of_sql_by_hand(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "PIECE", 37)
    await town.build(database)
    for said, of_people, of_strangers in BY_HAND:
        found = await counted(database, said)
        one = f"SELECT count(*), count(o) FROM ({LIVE}) x WHERE {of_people or '1 = 0'}"  # noqa: S608 - our own words
        two = f"SELECT count(*) FROM ({STRANGERS}) x WHERE {of_strangers or '1 = 0'}"  # noqa: S608 - as above
        meets, bound = await database.run(lambda conn, one=one: conn.execute(text(one)).one())
        more = await database.run(lambda conn, two=two: conn.execute(text(two)).scalar_one())
        assert (found.meets, found.bound) == (meets + more, bound + more), said
        assert found.meets, said


async def test_how_they_can_be_reached_adds_up(database: Database) -> None:
    await town.build(database)
    seen = list(range(0, 300, 2))
    left = [n for n in seen if n % 9 == 0]
    refused = [n for n in seen if n % 7 == 0 and n not in left]
    rest = [n for n in seen if n not in left and n not in refused]
    wants = [n for n in rest if n % 5 == 0]
    wrote = [n for n in rest if n % 4 == 0 and n % 8 and n not in wants]
    expected = {
        "unbound": 150, "unfollowed": len(left), "unsubscribed": len(refused),
        "template": len(wants), "custom": len(wrote),
        "no_channel": len(rest) - len(wants) - len(wrote),
    }  # fmt: skip
    assert (await counted(database, "card")).by == expected
    without = (await counted(database, "card", template=False)).by
    assert "template" not in without
    late = [n for n in rest if n % 4 == 0 and n % 8]
    assert without["custom"] == len(late)


@pytest.mark.parametrize("benefit", ["startup_training", "living_allowance", "labor_prep"])
async def test_benefits_reach_whom_the_rules_reach(database: Database, benefit: str) -> None:
    await town.build(database)
    rows = await database.run(lambda conn: conn.execute(select(people)).all())
    reached, short = 0, 0
    for row in rows:
        facts = town.policies().book.parse(facts_of(row))
        judged = [e for e in town.policies().judge_all(facts, town.TODAY) if e.benefit == benefit]
        reached += any(each.verdict == "eligible" for each in judged)
        short += any(each.verdict == "needs" and len(each.asks) == 1 for each in judged)
    assert (await counted(database, f"reached_by({benefit})")).meets == reached
    assert (await counted(database, f"one_fact_missing({benefit})")).meets == short
    neither = f"card and not one_fact_missing({benefit})"
    assert (await counted(database, neither)).meets == len(rows) - short
    assert short > 0


async def test_without_a_registry_only_strangers_are_counted(database: Database) -> None:
    assert (await counted(database, "card or followers")).meets == 0


async def test_a_tag_that_is_none_is_named_with_those_there_are(database: Database) -> None:
    node = parse_audience("tag(村官)", town.words())
    with pytest.raises(AudienceError, match="第5个字：没有“村官”这个标签。先用 jcbot wechat tags"):
        await database.run(lambda conn: check_names(conn, node, "tag(村官)"))
    await town.build(database)
    with pytest.raises(AudienceError, match="没有“村官”这个标签。现有：村干部"):
        await database.run(lambda conn: check_names(conn, node, "tag(村官)"))


async def test_a_class_that_is_none_is_named(database: Database) -> None:
    said = "card and signed_up(XX-9)"
    node = parse_audience(said, town.words())
    with pytest.raises(AudienceError, match="第20个字：没有编号是“XX-9”的班"):
        await database.run(lambda conn: check_names(conn, node, said))
