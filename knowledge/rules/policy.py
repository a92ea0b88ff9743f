"""All policy documents together: which rule holds on a day, and the estimate for one person."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from knowledge.facts import FactBook, FactError, Facts
from knowledge.reading import ROOT, KnowledgeError
from knowledge.rules.documents import DocumentReader
from knowledge.rules.judge import judge
from knowledge.rules.lint import check_document
from knowledge.rules.outcome import Estimate, Outcome
from knowledge.rules.questions import next_question
from knowledge.rules.timing import fact_days
from knowledge.rules.totals import totals

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    from knowledge.rules.expressions import Values
    from knowledge.rules.model import Benefit, Document


@dataclass(frozen=True)
class Version:
    """From `begins` on, `document` rules `benefit` (until the next version begins)."""

    begins: dt.date
    document: Document
    benefit: Benefit


class PolicySet:
    """Every document of knowledge/policies, one after another where they replace each other.

    `benefits` maps each id to its newest version, in the order of the oldest document.
    """

    def __init__(self, documents: Sequence[Document], book: FactBook) -> None:
        """Arrange the documents; raise `KnowledgeError` where precedence is not stated."""
        self.documents, self.book = tuple(documents), book
        ids = dict.fromkeys(key for document in documents for key in document.benefits)
        self.versions = {key: _versions(key, documents) for key in ids}
        self.benefits = {key: versions[-1].benefit for key, versions in self.versions.items()}

    @classmethod
    def load(cls, folder: Path = ROOT / "policies", book: FactBook | None = None) -> PolicySet:
        """Read every document under `folder`, strictly; a fault is a `KnowledgeError`."""
        book = book or FactBook.load()
        documents = []
        for path in sorted(path for path in folder.glob("*") if path.is_dir()):
            document = DocumentReader(path, book.specs).read()
            check_document(document, book)
            documents.append(document)
        if not documents:
            raise KnowledgeError(str(folder.name), "", "里面一个政策文件也没有")
        return cls(sorted(documents, key=lambda document: document.begins), book)

    def estimate(
        self, facts: Facts, on: dt.date, unclear: frozenset[str] = frozenset()
    ) -> Estimate:
        """Judge every benefit asked about, on the day `on`; `unclear` is never asked again."""
        outcomes = tuple(
            outcome
            for key in self.chosen(facts)
            for outcome in self._judge(key, facts.values, on, unclear)
        )
        used = dict.fromkeys(outcome.policy for outcome in outcomes)
        overlaps = [overlap for document in self.documents for overlap in document.overlaps]
        return Estimate(
            outcomes=outcomes,
            next_question=next_question(outcomes, facts, self.book, unclear),
            totals=totals(outcomes, overlaps),
            policy="、".join(used) or self.documents[-1].number,
            policy_hash=self.digest,
        )

    def judge_all(self, facts: Facts, on: dt.date) -> list[Outcome]:
        """Judge every benefit there is, whatever was asked; no totals, no question."""
        return [each for key in self.versions for each in self._judge(key, facts.values, on)]

    @property
    def digest(self) -> str:
        """Return the documents' common fingerprint."""
        return "-".join(document.digest[:16] for document in self.documents)

    def version_on(self, benefit: str, day: dt.date) -> Version:
        """Return the rule that holds on a day; before the first one, the first."""
        versions = self.versions[benefit]
        found = versions[0]
        for version in versions[1:]:
            if version.begins <= day:
                found = version
        return found

    def chosen(self, facts: Facts) -> list[str]:
        """Return the benefits asked about; with none named, those whose own facts are known.

        A known kind of training then picks among those that are about kinds of training, and
        a line about a firm only (or a person only) leaves out what is for the other.
        """
        for key in facts.asked:
            if key not in self.benefits:
                raise FactError("asked", "没有这样的补贴代号，请检查写法")
        if facts.asked:
            return list(facts.asked)
        sides = {self.book.specs[key].of for key in facts.given} - {"course"}
        kinds = facts.values.get("training_kind")
        kind = next(iter(kinds)) if kinds and len(kinds) == 1 else None
        return [key for key, benefit in self.benefits.items() if _fits(benefit, facts, sides, kind)]

    def _judge(
        self, key: str, values: Values, on: dt.date, unclear: frozenset[str] = frozenset()
    ) -> list[Outcome]:
        version = self.versions[key][-1]
        if len(self.versions[key]) > 1:
            version = self.version_on(key, fact_days(version.benefit.date_fact, values, on)[1])
        benefit = version.benefit
        return [
            judge(version.document, benefit, line, values, on, unclear=unclear)
            for line in benefit.lines_for(values)
        ]


def _fits(benefit: Benefit, facts: Facts, sides: set[str], kind: str | None) -> bool:
    if kind and benefit.kinds:
        return kind in benefit.kinds
    if facts.given.isdisjoint(benefit.own_facts):
        return False
    foreign = {"worker": {"employer"}, "employer": {"person"}}.get(benefit.audience)
    return sides != foreign


def _versions(key: str, documents: Sequence[Document]) -> tuple[Version, ...]:
    """Order the documents' rules for one benefit in time, by their stated precedence."""
    holders = [document for document in documents if key in document.benefits]
    for older, newer in pairwise(holders):
        if older.id not in newer.over:
            raise KnowledgeError(
                newer.benefits[key].file,
                f"benefit.{key}",
                f"和{older.number}都管这一项，要在 over 里写明谁优先",
            )
    found = [Version(doc.benefits[key].begins, doc, doc.benefits[key]) for doc in holders]
    if any(later.begins <= earlier.begins for earlier, later in pairwise(found)):
        raise KnowledgeError(found[-1].benefit.file, f"benefit.{key}.from", "要比它取代的规定晚")
    return tuple(found)
