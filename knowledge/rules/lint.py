"""Checks over a whole document: no level, band or step without either a figure or a doubt."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from knowledge.reading import KnowledgeError
from knowledge.rules.shapes import Bands, ByTable, Counts, Shape, Steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.facts import FactBook
    from knowledge.rules.expressions import Values
    from knowledge.rules.model import Document, Line


def check_document(document: Document, book: FactBook) -> None:
    """Refuse a document in which some case has neither amount, refusal nor doubt."""
    for benefit in document.benefits.values():
        for line in benefit.lines:
            shape = line.payment.shape if line.payment else None
            for case in _uncovered(shape, book) if shape else ():
                if not _explained(line, case):
                    named = "、".join(f"{key}={_plain(value)}" for key, value in case.items())
                    raise KnowledgeError(
                        benefit.file,
                        f"benefit.{benefit.id}.line.{line.id}.payment",
                        f"{named} 没有写钱数，也没有说明文件没写（effect = gap 的 doubt）",
                    )


def _explained(line: Line, case: Values) -> bool:
    refused = any(condition.test(case) is False for condition in line.conditions)
    return refused or any(d.test(case) for d in line.doubts if d.effect == "gap")


def _uncovered(shape: Shape, book: FactBook) -> Iterator[Values]:
    """Yield, as facts, each case for which the shape holds no amount."""
    match shape:
        case ByTable():
            yield from _missing_rows(shape, book)
        case Counts():
            rated = {rate.choice for rate in shape.rates}
            choices = {value for value, _ in book.specs[shape.by].choices}
            yield from ({shape.by: frozenset({value})} for value in sorted(choices - rated))
        case Bands():
            paid = {n for b in shape.bands for n in range(b.low, (b.high or b.low) + 1)}
            numbers = range(shape.bands[-1].low)
            yield from ({shape.by: (n, n)} for n in numbers if n not in paid)
        case Steps():
            yield from ({shape.by: (number, number)} for number in range(shape.start))


def _missing_rows(shape: ByTable, book: FactBook) -> Iterator[Values]:
    for values in product(*([value for value, _ in book.specs[key].choices] for key in shape.by)):
        case = dict(zip(shape.by, values, strict=True))
        if not any(all(case[key] == value for key, value in row.choices) for row in shape.rows):
            yield {key: frozenset({value}) for key, value in case.items()}


def _plain(value: object) -> str:
    return next(iter(value)) if isinstance(value, frozenset) else str(value[0])  # type: ignore[index]
