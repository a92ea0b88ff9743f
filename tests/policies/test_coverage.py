"""Every money figure of chapter 三 is carried by a benefit, and every amount of ours stands there.

`JCBOT_REWRITE=1 pytest tests/policies/test_coverage.py` writes docs/coverage.md anew.
"""

from __future__ import annotations

import dataclasses
import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.facts import FactBook
from knowledge.rules import PolicySet

if TYPE_CHECKING:
    from knowledge.rules.model import Line

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "coverage.md"
FIGURES = tomllib.loads((HERE / "coverage" / "figures.toml").read_text("utf-8"))["figure"]
POLICIES = PolicySet.load(book=FactBook.load())
LINES = {f"{b.id}.{line.id}": (b, line) for b in POLICIES.benefits.values() for line in b.lines}
MONEY = {"yuan", "low", "high", "base", "add", "cap"}
HEAD = """# Where each sum of 晋市政发〔2020〕12号, chapter 三, is kept

Written by `JCBOT_REWRITE=1 pytest tests/policies/test_coverage.py` and checked by the same test:
the amount and the way it is counted are read from `knowledge/policies/`, so the table cannot
name a benefit that does not carry the figure. 三（三） and 三（八） name no sum of money.

| clause | yuan | for | benefit and line | counted as |
|---|---|---|---|---|
"""


def sums(thing: Any) -> set[int]:
    """Every amount of money inside a payment."""
    if dataclasses.is_dataclass(thing):
        fields = {f.name: getattr(thing, f.name) for f in dataclasses.fields(thing)}
        bands = type(thing).__name__ == "Band"
        own = {v for k, v in fields.items() if k in MONEY and v and not (bands and k != "yuan")}
        return own | {yuan for value in fields.values() for yuan in sums(value)}
    if isinstance(thing, tuple):
        if len(thing) == 2 and isinstance(thing[0], str) and isinstance(thing[1], int):
            return {thing[1]}
        return {yuan for each in thing for yuan in sums(each)}
    return set()


def carried(line: Line) -> set[int]:
    """Money of the payment; where there is none, money named in what is said beside it."""
    if line.payment:
        return sums(line.payment)
    texts = " ".join(doubt.reason.text for doubt in line.doubts)
    return {int(number) for number in re.findall(r"(\d+)元", texts)}


def listed(figure: dict[str, Any]) -> list[int]:
    return figure["yuan"] if isinstance(figure["yuan"], list) else [figure["yuan"]]


def test_every_figure_of_the_text_is_carried() -> None:
    for figure in FIGURES:
        benefit, line = LINES[figure["line"]]
        assert benefit.clause == figure["clause"]
        assert carried(line).issuperset(listed(figure)), figure


def test_every_figure_we_carry_stands_in_the_text() -> None:
    for name, (_, line) in LINES.items():
        ours = {yuan for figure in FIGURES if figure["line"] == name for yuan in listed(figure)}
        if not line.otherwise:  # that line only sums up its neighbours while it is asked which
            assert carried(line) == ours, name


def test_every_benefit_with_money_has_a_figure() -> None:
    with_money = {name.split(".")[0] for name, (_, line) in LINES.items() if line.payment}
    assert with_money == {figure["line"].split(".")[0] for figure in FIGURES} - {"card_program"}


def test_the_page_is_what_the_data_say() -> None:
    rows = []
    for figure in FIGURES:
        benefit, line = LINES[figure["line"]]
        counted = line.payment.text if line.payment else "不发给本人"
        yuan = "—".join(str(each) for each in listed(figure))
        rows.append(
            f"| {figure['clause']} | {yuan} | {figure['what']} "
            f"| `{figure['line']}` {benefit.name} | {counted} |"
        )
    page = HEAD + "\n".join(rows) + "\n"
    if os.environ.get("JCBOT_REWRITE"):
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page, "utf-8")
    assert PAGE.read_text("utf-8") == page
