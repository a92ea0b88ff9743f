"""Random people for the agreement of the two back ends: facts in JSON form, many unknown.

Numbers lie around the rules' own boundaries; a part of what is known is known only in part
({"min"}, {"max"}, {"approx"}, {"not"}), and dates lie on both sides of the plan's term.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.facts import FactBook, FactSpec

NEAR = {
    "age": [15, 16, 17, 30, 60, 61, 70],
    "unemployment_insurance_months": [0, 6, 11, 12, 13, 14, 40],
    "staff": [10, 299, 300, 301, 499, 500, 501, 5000],
    "times_this_year": [0, 1, 2, 3, 4],
    "employment_rate_of_class": [50, 79, 79.5, 80, 81, 95],
    "certificates_this_year": [0, 1, 2, 3],
    "training_days": [1, 2, 3, 4, 6, 7, 8, 10, 11, 30],
    "training_months": [1, 5, 6, 7, 11, 12, 13, 24],
    "years": [1, 2, 3],
    "trainees": [1, 2, 30, 500, 1_000_000],
    "hires_n": [1, 5, 60],
    "seats": [50, 99, 100, 199, 200, 201, 249, 250, 475, 549, 550, 600, 3000],
    "trained": [0, 100, 999, 1000, 1200, 10_000_000],
    "exported": [0, 1, 333, 334, 2000, 10_000_000],
    "insurance_periods": [1, 3, 5, 6, 8, 11, 12],
    "inclusive_courses_days": [2, 4, 7, 10],
}
DAYS = [dt.date(2020, 9, 7), dt.date(2020, 9, 8), dt.date(2021, 12, 31), dt.date(2022, 1, 1),
        dt.date(2023, 6, 1), dt.date(2026, 11, 23)]  # fmt: skip
PARTLY = 0.2


def people(book: FactBook, count: int, seed: int, unknown: float) -> Iterator[dict[str, Any]]:
    """Yield `count` people, each fact unknown with probability `unknown`."""
    dice = random.Random(seed)
    specs = [spec for spec in book.specs.values() if not spec.derived and spec.key not in
             {"asked", "about", "county"}]  # fmt: skip
    for _ in range(count):
        person: dict[str, Any] = {}
        for spec in specs:
            if dice.random() >= unknown:
                person |= _fact(spec, dice)
        yield person


def _fact(  # noqa: PLR0911 - one arm for each kind of fact
    spec: FactSpec, dice: random.Random
) -> dict[str, Any]:
    partly = dice.random() < PARTLY
    match spec.kind:
        case "set":
            return _groups(spec, dice, partly=partly)
        case "number":
            return {spec.key: _number(spec, dice, partly=partly)}
        case "numbers":
            return {spec.key: dice.choices(NEAR[spec.key], k=dice.randint(1, 3))}
        case "date":
            return {spec.key: _date(dice, partly=partly)}
        case "place":
            place = dice.choice(["高平市", "晋城", "河南省", "长治市", "山西省"])
            return {spec.key: {"not": [place]} if partly else place}
        case "flag":
            return {spec.key: dice.random() < 0.7}
    names = [name for name, _ in spec.choices]
    if spec.kind == "list_of_words" and not partly:
        return {spec.key: dice.sample(names, k=dice.randint(0, len(names)))}
    if partly:
        return {spec.key: {"not": dice.sample(names, k=dice.randint(1, len(names) - 1))}}
    return {spec.key: dice.choice(names)}


def _groups(spec: FactSpec, dice: random.Random, *, partly: bool) -> dict[str, Any]:
    names = [name for name, _ in spec.choices]
    dice.shuffle(names)
    has, no = names[: dice.randint(0, 3)], names[3 : 3 + dice.randint(0, 8)]
    return {spec.has: has, spec.not_: no} if partly else {spec.key: has}


def _number(spec: FactSpec, dice: random.Random, *, partly: bool) -> Any:
    near = NEAR[spec.key]
    if not partly:
        return dice.choice(near)
    low, high = sorted(dice.choices(near, k=2))
    forms = [{"min": low}, {"max": high}, {"min": low, "max": high}, {"approx": high}]
    return dice.choice(forms)


def _date(dice: random.Random, *, partly: bool) -> Any:
    low, high = sorted(dice.choices(DAYS, k=2))
    if not partly:
        return low.isoformat()
    forms = [{"min": low.isoformat()}, {"max": high.isoformat()},
             {"min": low.isoformat(), "max": high.isoformat()}]  # fmt: skip
    return dice.choice(forms)
