"""Reading a policy document: a folder with document.toml and the files of its benefits.

Conditions and doubts stand once under [condition.NAME] and [doubt.NAME], in any of the
files, and benefits name them. Every fault is a `KnowledgeError` naming file, key and fault.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal, cast

from knowledge.reading import Table, read_toml
from knowledge.rules.amounts import fitted
from knowledge.rules.expressions import ExpressionReader
from knowledge.rules.model import (
    MAIN,
    Benefit,
    Document,
    Line,
    Overlap,
    Payee,
)
from knowledge.rules.named import NamedRules, Names, day, day_or_none, sentence
from knowledge.rules.outcome import Reason
from knowledge.rules.payments import PaymentReader

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from knowledge.facts import FactSpec

LINES = {MAIN, "living", "awareness", "company"}
PAYEES = {"worker", "employer", "institution", "other"}


class DocumentReader:
    """Reads one document; holds its named conditions, doubts and group lists meanwhile."""

    def __init__(self, folder: Path, specs: dict[str, FactSpec]) -> None:
        self.folder, self.specs = folder, specs
        self.tables = {path.name: read_toml(path) for path in sorted(folder.glob("*.toml"))}
        self.head = self.tables.get("document.toml") or read_toml(folder / "document.toml")
        self.expressions = ExpressionReader(specs, self._lists())
        self.payments = PaymentReader(specs)
        self.named = NamedRules(self.expressions)

    def read(self) -> Document:
        """Read everything; nothing half-read is ever returned."""
        head = self.head
        for table in self.tables.values():
            self.named.read(table)
        document = Document(
            id=head.text("id"),
            number=head.text("number"),
            title=head.text("title"),
            begins=day(head, "from"),
            nominal_until=day_or_none(head, "nominal_until"),
            over=tuple(head.texts("over", [])),
            notice=head.text("notice"),
            benefits=self._benefits(),
            overlaps=tuple(self._overlap(table) for table in head.tables("overlap")),
            digest=self._digest(),
        )
        self._finish(document)
        return document

    def _lists(self) -> dict[str, tuple[str, ...]]:
        groups = {v for spec in self.specs.values() if spec.identity for v, _ in spec.choices}
        table = self.head.table("lists")
        lists = {key: tuple(table.texts(key)) for key in table.keys()}  # noqa: SIM118 - no dict
        for key, names in lists.items():
            for name in names:
                if name not in groups:
                    raise table.error(key, f"没有“{name}”这一群人")
        return lists

    def _benefits(self) -> dict[str, Benefit]:
        found: dict[str, Benefit] = {}
        for table in self.tables.values():
            section = table.table("benefit")
            for key in section.keys():  # noqa: SIM118 - no dict
                if key in found:
                    raise section.error(key, "这一项写了两次")
                found[key] = self._benefit(section.table(key), key)
        if not found:
            raise self.head.error("benefit", "这个文件里一项补贴也没有")
        return found

    def _benefit(self, table: Table, key: str) -> Benefit:
        audience = table.text("audience")
        if audience not in {"worker", "employer", "any"}:
            raise table.error("audience", "只能是 worker、employer 或 any")
        date_fact = table.get("date_fact", str, "")
        if date_fact and self.specs.get(date_fact, None) is None:
            raise table.error("date_fact", f"没有“{date_fact}”这个情况项")
        begins = day(table, "from")
        after = table.get("after_assumed", str, "")
        shared = self.named.names(table)
        lines = table.table("line")
        benefit = Benefit(
            id=key,
            name=table.text("name"),
            plain=table.text("plain"),
            clause=table.text("clause"),
            file=table.file,
            begins=begins,
            audience=cast("Literal['worker', 'employer', 'any']", audience),
            lines=tuple(self._line(lines.table(n), n, shared) for n in lines.keys()),  # noqa: SIM118 - no dict
            kinds=self._kinds(table),
            date_fact=date_fact,
            before=Reason("before_start", self._dated(self.head.text("before_start"), begins)),
            after_assumed=Reason("after_start", self._dated(after, begins)) if after else None,
        )
        if not benefit.lines:
            raise table.error("line", "至少要有一行 line")
        lines.done()
        table.done()
        return benefit

    def _kinds(self, table: Table) -> tuple[str, ...]:
        kinds = tuple(table.texts("kinds", []))
        known = {value for value, _ in self.specs["training_kind"].choices}
        for kind in kinds:
            if kind not in known:
                raise table.error("kinds", f"没有“{kind}”这种培训")
        return kinds

    def _line(self, table: Table, key: str, shared: Names) -> Line:
        if key not in LINES:
            raise table.error("", f"行只能叫 {'、'.join(sorted(LINES))}")
        conditions, doubts, assumes = self.named.rules(shared, self.named.names(table))
        payment = self.payments.read(table.table("payment")) if "payment" in table else None
        line = Line(
            id=key,
            conditions=conditions,
            doubts=doubts,
            assumes=assumes,
            payment=fitted(payment, conditions, doubts) if payment else None,
            payee=self._payee(table),
            shown=self.expressions.read(table.table("shown")) if "shown" in table else None,
            otherwise=table.get("otherwise", bool, default=False),
        )
        if line.payment and line.payee.to is None:
            raise table.error("payee", "有钱发，就要写明发给谁")
        table.done()
        return line

    def _payee(self, table: Table) -> Payee:
        if table.any("payee") == "none":
            return Payee(None, None)
        payee = table.table("payee")
        to, basis = payee.text("to"), payee.text("basis")
        if to not in PAYEES:
            raise payee.error("to", f"只能是 {'、'.join(sorted(PAYEES))}")
        if basis not in {"text", "inferred"}:
            raise payee.error("basis", "只能是 text（文件写明）或 inferred（文件没有写明）")
        by, choice = payee.get("by", str, ""), payee.get("choice", str, "")
        otherwise = payee.get("otherwise", str, "")
        if by and (by not in self.specs or otherwise not in PAYEES):
            raise payee.error("by", "by 要写一个情况项，choice 写它的选项，otherwise 写发给谁")
        if by and choice not in {value for value, _ in self.specs[by].choices}:
            raise payee.error("choice", f"“{by}”没有“{choice}”这个选项")
        payee.done()
        return Payee(to, cast("Literal['text', 'inferred']", basis), by, choice, otherwise)

    def _overlap(self, table: Table) -> Overlap:
        overlap = Overlap(
            tuple(table.texts("lines")), Reason(table.text("id"), sentence(table, "text"))
        )
        table.done()
        return overlap

    def _finish(self, document: Document) -> None:
        payees = {f"{b.id}.{x.id}": x.payee for b in document.benefits.values() for x in b.lines}
        for overlap in document.overlaps:
            for name in overlap.lines:
                if name not in payees:
                    raise self.head.error("overlap", f"没有“{name}”这一行")
            if len({payees[name].to == "worker" for name in overlap.lines}) > 1:
                raise self.head.error("overlap", "发给本人的和发给别人的不能写在一起")
        self.named.all_used()
        for table in self.tables.values():
            table.done()

    def _digest(self) -> str:
        found = hashlib.sha256()
        for name in sorted(self.tables):
            found.update(name.encode() + b"\0" + (self.folder / name).read_bytes() + b"\0")
        return found.hexdigest()

    @staticmethod
    def _dated(text: str, day: dt.date) -> str:
        return text.replace("{from}", f"{day.year}年{day.month}月{day.day}日")
