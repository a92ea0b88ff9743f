"""Read WeChat's flat XML strictly and cheaply; anything clever in it is refused.

Neither wechatpy nor xmltodict is used: they build the whole tree before anyone can say no.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.parsers import expat

MOST_DEPTH = 8
MOST_ELEMENTS = 400
MOST_ATTRIBUTES = 8
_IN_LIST = 4
"""How deep the children of a list lie: root, its child, the list, they."""

CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
"""Characters that XML does not know; in a user's text they are dropped."""


class XmlError(ValueError):
    """The XML is broken or is not of the simple kind WeChat sends."""


@dataclass(frozen=True, slots=True)
class Read:
    """The root's direct children by name, and the children of each `<List>` inside one of them."""

    fields: dict[str, str]
    lists: list[dict[str, str]]


class _Reader:
    """Collects the texts that `Read` has and counts everything else."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.lists: list[dict[str, str]] = []
        self._depth = 0
        self._elements = 0
        self._texts: list[str] = []
        self._in_list = False

    def start(self, name: str, attributes: list[str]) -> None:
        self._depth += 1
        self._elements += 1
        if (
            self._depth > MOST_DEPTH
            or self._elements > MOST_ELEMENTS
            or len(attributes) > 2 * MOST_ATTRIBUTES
        ):
            raise XmlError
        if self._depth == 1 and name != "xml":
            raise XmlError
        if self._depth < _IN_LIST:
            self._in_list = self._depth == _IN_LIST - 1 and name == "List"
            if self._in_list:
                self.lists.append({})
        self._texts.clear()

    def text(self, data: str) -> None:
        self._texts.append(data)

    def end(self, name: str) -> None:
        if self._depth == 2:  # noqa: PLR2004 - the root's children
            self.fields.setdefault(name, "".join(self._texts))
        elif self._depth == _IN_LIST and self._in_list:
            self.lists[-1].setdefault(name, "".join(self._texts))
        self._texts.clear()
        self._depth -= 1

    def refuse(self, *_: object) -> None:
        raise XmlError


def read_xml(raw: bytes) -> Read:
    """Return the root's direct children by name, and lists; of repeated names the first counts.

    Bytes that are no UTF-8 become U+FFFD and control characters vanish: the sender has shown his
    signature by now, and one stray byte should not cost the worker an answer. A DOCTYPE, an
    entity declaration, deep nesting or masses of attributes are an `XmlError`.
    """
    text = CONTROLS.sub("", raw.decode("utf-8", "replace"))
    reader = _Reader()
    parser = expat.ParserCreate(encoding="utf-8")
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    try:
        parser.Parse(text.encode(), True)  # noqa: FBT003 - expat takes "is final" by position only
    except (expat.ExpatError, XmlError, ValueError):
        raise XmlError from None
    return Read(reader.fields, reader.lists)
