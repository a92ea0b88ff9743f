"""Whole-registry questions: each person counted once, the same as one by one through the rules."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING

from lists import desk
from sqlalchemy import select

from benchmarks import people_rows
from benchmarks.registry_questions import TODAY, facts_of
from jcbot.people import reach as reach_module
from jcbot.people.importing import import_list
from jcbot.people.reach import BITS, PIECE, Reach, reach
from jcbot.storage.people_tables import people
from knowledge.facts import FactBook
from knowledge.rules import PolicySet

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from jcbot.storage.database import Database

POLICIES = PolicySet.load(book=FactBook.load())
FIELD = {"eligible": "yes", "not_eligible": "no", "needs": "unknown"}
BEST = ("eligible", "needs", "unspecified", "not_eligible")


async def test_it_counts_as_the_rules_judge_one_by_one(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach_module, "PIECE", 70)
    people_rows.write(300, str(tmp_path / "a.csv"), seed=5)
    await import_list(desk(database), tmp_path / "a.csv", lambda _: False)
    rows = await database.run(lambda conn: conn.execute(select(people)).all())
    expected: dict[str, dict[str | None, Reach]] = collections.defaultdict(dict)
    names = list(await reach(database, POLICIES, TODAY))
    for row in rows:
        judged = POLICIES.judge_all(POLICIES.book.parse(facts_of(row)), TODAY)
        verdicts = {each.name: each.verdict for each in judged}
        for key in POLICIES.versions:
            own = {v for name, v in verdicts.items() if name.partition(".")[0] == key}
            verdicts[key] = next((best for best in BEST if best in own), "")  # type: ignore[arg-type]
        for name in names:
            counts = expected[name].setdefault(row.county, Reach())
            field = FIELD.get(verdicts.get(name, ""), "unsaid")
            setattr(counts, field, getattr(counts, field) + 1)
    found = await reach(database, POLICIES, TODAY)
    assert found == expected
    assert {county for by in found.values() for county in by} >= {None, "高平市"}
    assert await reach(database, POLICIES, TODAY, ["card_program"]) == {
        "card_program": found["card_program"]
    }
    ages = found["card_program"].values()
    assert sum(each.no for each in ages) > 0
    assert sum(each.people for each in ages) == 300


async def test_without_a_registry_nobody_is_counted(database: Database) -> None:
    assert await reach(database, POLICIES, TODAY) == {}


def test_three_counts_of_a_piece_fit_into_one_number() -> None:
    assert PIECE < 1 << BITS
    assert 3 * BITS < 63
    counts = Reach()
    counts.add(2 * PIECE, PIECE | (PIECE - 1) << BITS | 1 << 2 * BITS)
    assert counts == Reach(yes=PIECE, no=PIECE - 1, unknown=1, unsaid=0)
