"""Named conditions and doubts of a document: written once, used by several benefits."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from knowledge.rules.expressions import Not
from knowledge.rules.model import Condition, Doubt
from knowledge.rules.outcome import Reason

if TYPE_CHECKING:
    from knowledge.reading import Table
    from knowledge.rules.expressions import ExpressionReader

LONGEST_SENTENCE = 90


class Names(NamedTuple):
    """What a benefit or a line names: conditions, doubts, and what it takes for granted."""

    conditions: list[str]
    doubts: list[str]
    assumes: list[str]


class NamedRules:
    """[condition.NAME] and [doubt.NAME] of all files of one document."""

    def __init__(self, expressions: ExpressionReader) -> None:
        self._expressions = expressions
        self._conditions: dict[str, Condition] = {}
        self._doubts: dict[str, Doubt] = {}
        self._settled: dict[str, Condition | None] = {}
        self._where: dict[str, Table] = {}
        self._used: set[str] = set()

    def read(self, file: Table) -> None:
        """Add what one file defines; a name may be given only once."""
        for kind, reader in (("condition", self._condition), ("doubt", self._doubt)):
            section = file.table(kind)
            for key in section.keys():  # noqa: SIM118 - a Table is no dict
                if key in self._where:
                    raise section.error(key, "这个名字用了两次")
                self._where[key] = section
                reader(section.table(key), key)

    def names(self, table: Table) -> Names:
        """Read the names a benefit or line uses and check that they exist."""
        names = Names(*(table.texts(key, []) for key in Names._fields))
        known: tuple[tuple[str, dict[str, Condition] | dict[str, Doubt]], ...]
        known = (("conditions", self._conditions), ("doubts", self._doubts))
        for key, defined in known:
            for name in getattr(names, key):
                if name not in defined:
                    raise table.error(key, f"没有“{name}”")
        self._used |= {*names.conditions, *names.doubts}
        return names

    def rules(
        self, shared: Names, own: Names
    ) -> tuple[tuple[Condition, ...], tuple[Doubt, ...], tuple[Reason, ...]]:
        """Return conditions, doubts and assumptions of a line; settled doubts are conditions."""
        names = Names(*([*a, *b] for a, b in zip(shared, own, strict=True)))
        settled = [self._settled[name] for name in names.doubts if name in self._settled]
        conditions = [self._conditions[name] for name in names.conditions]
        return (
            (*conditions, *(each for each in settled if each)),
            tuple(self._doubts[name] for name in names.doubts if name not in self._settled),
            tuple(Reason("not_spelt_out", text) for text in names.assumes),
        )

    def all_used(self) -> None:
        """Refuse what nobody uses, and an excuse for a condition that is not there."""
        for name, section in self._where.items():
            if name not in self._used:
                raise section.error(name, "没有哪一项补贴用到它")
        for name, doubt in self._doubts.items():
            if doubt.excuses and doubt.excuses not in self._conditions:
                raise self._where[name].error(f"{name}.excuses", f"没有“{doubt.excuses}”这个条件")

    def _condition(self, table: Table, key: str) -> None:
        assumed = table.get("assumed", str, "")
        when = "assumed_when" in table
        self._conditions[key] = condition = Condition(
            id=key,
            node=self._expressions.read(table.table("test")),
            yes=Reason(key, sentence(table, "yes")),
            no=Reason(key, sentence(table, "no")),
            assumed=Reason(key, assumed) if assumed else None,
            assumed_when=self._expressions.read(table.table("assumed_when")) if when else None,
            silent=table.get("silent", bool, default=False),
        )
        if condition.assumed and len(condition.facts) != 1:
            raise table.error("assumed", "可以先算成立的条件，只能看一个情况项")
        table.done()

    def _doubt(self, table: Table, key: str) -> None:
        effect = table.text("effect", "unclear")
        if effect not in {"unclear", "gap", "note"}:
            raise table.error("effect", "只能是 unclear、gap 或 note")
        assumed = table.get("assumed", str, "")
        doubt = Doubt(
            id=key,
            node=self._expressions.read(table.table("test")),
            reason=Reason(key, sentence(table, "text")),
            effect=cast("Literal['unclear', 'gap', 'note']", effect),
            assumed=Reason(key, assumed) if assumed else None,
            excuses=table.get("excuses", str, ""),
            instead=_instead(table),
            beside_refusal=table.get("beside_refusal", bool, default=False),
            common=table.get("common", bool, default=False),
        )
        self._doubts[key] = doubt
        if "settled" in table:
            self._settled[key] = _settle(table.table("settled"), doubt)
        table.done()


def _instead(table: Table) -> Reason | None:
    if "instead" not in table:
        return None
    return Reason(table.text("excuses"), sentence(table, "instead"))


def _settle(table: Table, doubt: Doubt) -> Condition | None:
    """Read an officer's answer to a doubt: with `holds` it is gone, else it refuses."""
    by, on = table.text("by"), day(table, "on")
    holds = table.get("holds", bool)
    table.done()
    said = f"{doubt.reason.text}（{by}于{on.year}年{on.month}月{on.day}日答复：不算）"
    reason = Reason(doubt.id, said)
    return None if holds else Condition(doubt.id, Not(doubt.node), reason, reason, silent=True)


def sentence(table: Table, key: str) -> str:
    """Read a sentence short enough for a small phone."""
    text = table.text(key)
    if len(text) > LONGEST_SENTENCE:
        raise table.error(key, f"太长了（{len(text)}字），最多{LONGEST_SENTENCE}字")
    return text


def day(table: Table, key: str) -> dt.date:
    """Read a date."""
    found = table.get(key, dt.date)
    if isinstance(found, dt.datetime):
        raise table.error(key, "只写日期，不写时刻")
    return found


def day_or_none(table: Table, key: str) -> dt.date | None:
    """Read a date that may be absent."""
    return day(table, key) if key in table else None
