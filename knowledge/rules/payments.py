"""Reading a payment: its shape by name, its multipliers and cap, with the checks of each."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from knowledge.rules.amounts import Multiplier, Payment
from knowledge.rules.named import sentence
from knowledge.rules.shapes import (
    Band,
    Bands,
    ByTable,
    Ceiling,
    Counts,
    Flat,
    PerUnit,
    Range,
    Rate,
    Row,
    Shape,
    Steps,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from knowledge.facts import FactSpec
    from knowledge.reading import Table


class PaymentReader:
    """Reads [payment] tables against the fact book."""

    def __init__(self, specs: dict[str, FactSpec]) -> None:
        self.specs = specs
        self.shapes: dict[str, Callable[[Table], tuple[Shape, tuple[str, ...]]]] = {
            "flat": lambda table: (Flat(_yuan(table, "yuan")), ()),
            "per_unit": self._per_unit,
            "range": self._range,
            "ceiling": lambda table: (Ceiling(_yuan(table, "yuan")), ()),
            "table": self._table,
            "bands": self._bands,
            "steps": self._steps,
            "counts": self._counts,
        }

    def read(self, table: Table) -> Payment:
        """Read one payment; unknown shapes, facts and impossible amounts are refused."""
        name = table.text("shape")
        if name not in self.shapes:
            raise table.error("shape", f"没有“{name}”这种算法，只有 {'、'.join(self.shapes)}")
        shape, facts = self.shapes[name](table)
        times = tuple(self._multiplier(each) for each in table.tables("times"))
        if isinstance(shape, PerUnit) and not times:
            raise table.error("times", "按单位算，要写明按什么数")
        cap = _yuan(table, "cap") if "cap" in table else 0
        if cap and cap < _one_unit(shape):
            raise table.error("cap", f"封顶{cap}元比一个单位的钱还少")
        payment = Payment(
            shape, sentence(table, "text"), times, cap, (*facts, *(each.fact for each in times))
        )
        table.done()
        return payment

    def _number(self, table: Table, key: str) -> str:
        return self._fact(table, key, "number")

    def _fact(self, table: Table, key: str, kind: str) -> str:
        name = table.text(key)
        if name not in self.specs or self.specs[name].kind != kind:
            raise table.error(key, f"“{name}”不是能在这里用的情况项")
        return name

    def _multiplier(self, table: Table) -> Multiplier:
        fact = self._number(table, "fact")
        times = Multiplier(
            fact,
            self.specs[fact].least,
            default=table.get("default", int, 0),
            head=table.get("head", bool, default=False),
            limit=table.get("limit", int, 0),
        )
        table.done()
        return times

    def _per_unit(self, table: Table) -> tuple[Shape, tuple[str, ...]]:
        return PerUnit(_yuan(table, "yuan")), ()

    def _range(self, table: Table) -> tuple[Shape, tuple[str, ...]]:
        low, high = _yuan(table, "low"), _yuan(table, "high")
        if low >= high:
            raise table.error("low", "下限要比上限小")
        return Range(low, high), ()

    def _table(self, table: Table) -> tuple[Shape, tuple[str, ...]]:
        by = tuple(table.texts("by"))
        for name in by:
            if name not in self.specs or self.specs[name].kind not in {"choice", "list_of_words"}:
                raise table.error("by", f"“{name}”不是有选项的情况项")
        rows = tuple(self._row(row, by) for row in table.tables("rows"))
        if not rows:
            raise table.error("rows", "表里没有一行")
        if len({row.choices for row in rows}) != len(rows):
            raise table.error("rows", "同样的选项写了两行")
        return ByTable(by, rows), by

    def _row(self, table: Table, by: tuple[str, ...]) -> Row:
        choices = [(key, self._choice(table, key, key)) for key in by if key in table]
        row = Row(tuple(choices), _yuan(table, "yuan"))
        table.done()
        return row

    def _choice(self, table: Table, key: str, fact: str) -> str:
        value = table.text(key)
        if value not in {name for name, _ in self.specs[fact].choices}:
            raise table.error(key, f"“{fact}”没有“{value}”这个选项")
        return value

    def _bands(self, table: Table) -> tuple[Shape, tuple[str, ...]]:
        by = self._number(table, "by")
        bands = tuple(_band(each) for each in table.tables("bands"))
        for band, following in itertools.pairwise(bands):
            if band.high is None or band.high >= following.low:
                raise table.error("bands", f"{band.low}起的一档和{following.low}起的一档重叠")
        if not bands:
            raise table.error("bands", "一档也没有写")
        return Bands(by, bands), (by,)

    def _steps(self, table: Table) -> tuple[Shape, tuple[str, ...]]:
        by = self._number(table, "by")
        steps = Steps(
            by,
            start=table.get("start", int),
            base=_yuan(table, "base"),
            above=table.get("above", int),
            each=table.get("each", int),
            add=_yuan(table, "add"),
        )
        if steps.each <= 0 or steps.above < steps.start:
            raise table.error("each", "each 要大于0，above 不能比 start 小")
        return steps, (by,)

    def _counts(self, table: Table) -> tuple[Shape, tuple[str, ...]]:
        by = self._fact(table, "by", "choice")
        rates = tuple(self._rate(each, by) for each in table.tables("rates"))
        if not rates:
            raise table.error("rates", "一种标准也没有写")
        facts = dict.fromkeys(key for rate in rates for key, _ in rate.each)
        return Counts(by, rates), (by, *facts)

    def _rate(self, table: Table, by: str) -> Rate:
        choice = self._choice(table, "choice", by)
        each = table.table("each")
        rates = []
        for key in each.keys():  # noqa: SIM118 - a Table is no dict
            if key not in self.specs or self.specs[key].kind != "number":
                raise each.error(key, "不是一个数字类的情况项")
            rates.append((key, _yuan(each, key)))
        rate = Rate(choice, tuple(rates), _yuan(table, "cap"))
        if any(yuan > rate.cap for _, yuan in rates) or not rates:
            raise table.error("cap", f"封顶{rate.cap}元比一个单位的钱还少，或者没有写标准")
        table.done()
        return rate


def _band(table: Table) -> Band:
    band = Band(table.get("min", int), None, _yuan(table, "yuan"))
    if "max" in table:
        band = Band(band.low, table.get("max", int), band.yuan)
    if band.high is not None and band.high < band.low:
        raise table.error("max", "这一档的上限比下限小")
    table.done()
    return band


def _yuan(table: Table, key: str) -> int:
    yuan = table.get(key, int)
    if yuan <= 0:
        raise table.error(key, "钱数要大于0")
    return yuan


def _one_unit(shape: Shape) -> int:
    match shape:
        case Flat() | PerUnit() | Ceiling():
            return shape.yuan
        case Range():
            return shape.high
        case ByTable():
            return max(row.yuan for row in shape.rows)
        case Bands():
            return max(band.yuan for band in shape.bands)
        case Steps():
            return shape.base
        case Counts():
            return max(yuan for rate in shape.rates for _, yuan in rate.each)
