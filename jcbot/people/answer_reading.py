"""The JSON of a city's registry service read as a row of a list is (docs/registry-service.md)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jcbot.lists.faults import CellError
from jcbot.people.cells import reader_of
from jcbot.people.identity import birth_of, sex_of
from knowledge.columns import plain

if TYPE_CHECKING:
    from jcbot.lists.rows import Values
    from knowledge.registry import ListColumns

PROVING = {"name", "id_number", "phone"}
"""What must read: a faulty phone taken for none would let in who does not know it."""


class AnswerError(ValueError):
    """The service did not answer as agreed; its words name no content."""


def read_person(body: bytes, id_number: str, columns: ListColumns) -> Values:
    """Return the person of an answer as an import reads one; `AnswerError`.

    A column that does not read is left out, unless it is one that proves who somebody is.
    """
    values: Values = {}
    for key, text in _cells(body, columns).items():
        try:
            values[key] = reader_of(columns.columns[key])(text)
        except CellError:
            if key in PROVING:
                raise AnswerError(f"a {key} that does not read") from None
    if values.get("id_number", id_number) != id_number or "name" not in values:
        raise AnswerError("another person, or no name")
    whose = {"id_number": id_number, "birth": birth_of(id_number), "sex": sex_of(id_number)}
    return values | whose


def _cells(body: bytes, columns: ListColumns) -> dict[str, str]:
    """Return the filled cells by our columns; headings of a list are known too."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise AnswerError("no JSON") from None
    if not isinstance(told, dict):
        raise AnswerError("no object")
    cells = {}
    for heading, value in told.items():
        key = heading if heading in columns.columns else columns.headings.get(plain(heading))
        if key and (text := _text(value)):
            cells[key] = text
    return cells


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "、".join(filter(None, map(_text, value)))
    if value is None or isinstance(value, bool | dict):
        return ""
    return str(value).strip()
