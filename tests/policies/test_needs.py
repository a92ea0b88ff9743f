"""What is not in an outcome's needs cannot change it, unless the rules take it for granted."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from benchmarks.random_people import people
from knowledge.facts import FactBook
from knowledge.rules import Outcome, PolicySet

TODAY = dt.date(2021, 6, 1)
POLICIES = PolicySet.load(book=FactBook.load())
BOOK = POLICIES.book
TWICE = {"insurance_periods", "inclusive_courses_days", "is_student", "groups_has", "groups_not"}


def judged(facts: dict[str, Any]) -> dict[str, Outcome]:
    return {each.name: each for each in POLICIES.judge_all(BOOK.parse(facts), TODAY)}


def granted() -> dict[str, set[str]]:
    """For each line, the facts of which something is taken for granted, or one person counted."""
    found: dict[str, set[str]] = {}
    for benefit in POLICIES.benefits.values():
        for line in benefit.lines:
            facts = {benefit.date_fact}
            for condition in line.conditions:
                facts |= set(condition.facts) if condition.assumed or condition.silent else set()
            for doubt in line.doubts:
                facts |= set(doubt.facts) if doubt.effect != "gap" else set()
            times = line.payment.times if line.payment else ()
            facts |= {each.fact for each in times if each.default}
            found[f"{benefit.id}.{line.id}"] = facts
    return found


def test_what_can_still_change_verdict_or_amount_is_needed() -> None:
    dice, granted_facts, seen = random.Random(9), granted(), 0
    crowd = [
        {k: v for k, v in person.items() if k not in TWICE and not isinstance(v, dict)}
        for person in people(BOOK, 300, 41, 0.0)
    ]
    for _ in range(60):
        share = dice.choice([0.2, 0.5, 0.8])
        known = {k: v for k, v in dice.choice(crowd).items() if dice.random() < share}
        needy = {k: o for k, o in judged(known).items() if o.verdict == "needs"}
        for _ in range(6):
            full = dice.choice(crowd) | known
            before = judged(full)
            for key in full.keys() - known.keys():
                after = judged(full | {key: dice.choice(crowd).get(key, full[key])})
                for name in needy.keys() & before.keys() & after.keys():
                    pair = [(o[name].verdict, o[name].amount) for o in (before, after)]
                    seen += pair[0] != pair[1]
                    matters = {*needy[name].needs, *granted_facts[name]}
                    matters |= {"groups"} if "is_student" in matters else set()  # it follows
                    assert pair[0] == pair[1] or key in matters, (name, key, known)
    assert seen > 500
