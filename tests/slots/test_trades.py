"""Names of trades: what is filed under one name, and that every misspelling leads to a trade."""

from __future__ import annotations

import pytest

from knowledge.reading import ROOT, read_toml
from knowledge.slots.trades import trade_key


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("面点", "面点师"),
        ("面点师", "面点师"),
        ("月嫂", "母婴护理"),
        ("母婴护理", "母婴护理"),
        ("塔吊司机", "起重工"),
        ("涵工", "焊工"),
        ("汽修", "汽车维修"),
        ("箍桶", "箍桶"),
        ("高平", "高平"),
    ],
)
def test_names_of_one_trade_share_a_key(said: str, key: str) -> None:
    assert trade_key(said) == key


def test_a_name_that_replaces_another_is_itself_a_trade() -> None:
    table = read_toml(ROOT / "lexicon" / "occupations.toml")
    listed = {tag: set(table.table(tag).keys()) for tag in ("occupation", "mended", "trade")}
    for name in listed["mended"]:
        assert trade_key(name) in listed["trade"] | listed["occupation"]
