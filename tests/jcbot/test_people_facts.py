"""The rules as SQL over the registry: for each person the same verdicts as the walk."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from lists import COLUMNS, desk
from sqlalchemy import select

from benchmarks import people_rows
from benchmarks.registry_questions import TODAY, facts_of
from jcbot.eligibility import line_columns
from jcbot.people.facts import registry_facts
from jcbot.people.importing import import_list
from jcbot.storage.people_tables import GROUPS, people
from knowledge.facts import FactBook
from knowledge.rules import PolicySet

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from jcbot.storage.database import Database

POLICIES = PolicySet.load(book=FactBook.load())


@pytest.fixture
async def filled(database: Database, tmp_path: Path) -> Database:
    people_rows.write(300, str(tmp_path / "a.csv"), seed=5)
    report = await import_list(desk(database), tmp_path / "a.csv", lambda _: False)
    assert (report.good, report.live) == (300, True)
    return database


async def test_walk_and_registry_agree(filled: Database) -> None:
    table = registry_facts(POLICIES.book, TODAY)
    columns = line_columns(POLICIES, table, TODAY)
    verdicts = select(table.c.person, *(c.verdict.label(name) for name, c in columns.items()))

    def both(conn: Connection) -> tuple[dict[int, Any], list[Any]]:
        found = {row.person: row._mapping for row in conn.execute(verdicts)}
        return found, list(conn.execute(select(people)))

    found, rows = await filled.run(both)
    assert len(found) == len(rows) == 300
    seen = set()
    for row in rows:
        walked = {
            each.name: each.verdict
            for each in POLICIES.judge_all(POLICIES.book.parse(facts_of(row)), TODAY)
        }
        by_sql = {name: found[row.id][name] for name in columns if found[row.id][name]}
        assert by_sql == walked, facts_of(row)
        seen |= set(walked.values())
    assert {"eligible", "not_eligible", "needs"} <= seen


@pytest.mark.parametrize(("birth", "age"), [("2010-11-23", 16), ("2010-11-24", 15)])
async def test_age_turns_on_the_birthday(filled: Database, birth: str, age: int) -> None:
    day = dt.date.fromisoformat(birth)
    table = registry_facts(POLICIES.book, TODAY)

    def look(conn: Connection) -> set[int]:
        conn.execute(people.update().values(birth=day))
        return set(conn.execute(select(table.c.age__min)).scalars())

    assert await filled.run(look) == {age}


def test_the_columns_of_the_table_are_those_of_list_and_facts() -> None:
    assert set(GROUPS) == set(COLUMNS.columns["groups"].codes)
    assert set(COLUMNS.columns) - {"groups"} <= set(people.c.keys())
