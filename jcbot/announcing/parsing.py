"""The expression that says to whom (人群): text → tree, with the place of every fault.

    county = 高平市 and (group = veteran or wish ~ 电工) and not signed_up(DG-2026-12)

`and` binds tighter than `or`, `not` tighter than both. The words are those of
knowledge/sending/announcements.toml; a value with blanks or brackets stands in quotes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from jcbot.errors import JcbotError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knowledge.announcements import Announcing

LONGEST = 500
DEEPEST = 20
_WIDE = str.maketrans("（）＝！～“”　", '()=!~"" ')
_TOKEN = re.compile(r'\s*(?:(!=|[=~()])|"([^"]*)"|([^\s=~()!"]+)|(\S))')


class AudienceError(JcbotError):
    """The expression is not right: where, and what is wrong there."""

    def __init__(self, place: int, fault: str) -> None:
        super().__init__(f"人群写法不对，第{place + 1}个字：{fault}。")


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to ask of a person; `name` as in knowledge/announcements.py."""

    name: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Not:
    """Everybody of whom the part is not known to be true."""

    part: Node


@dataclass(frozen=True, slots=True)
class All:
    """All parts hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """One of the parts holds."""

    parts: tuple[Node, ...]


Node: TypeAlias = Term | Not | All | Any


@dataclass(frozen=True, slots=True)
class Values:
    """What may stand for a value: ways of writing → code → what it is called; or any text."""

    name: str
    words: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""
    free: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of the language, and the values of each field and function."""

    words: Announcing
    values: Mapping[str, Values]


@dataclass(frozen=True, slots=True)
class _Token:
    place: int
    text: str
    mark: bool = False
    quoted: bool = False


def parse_audience(text: str, vocabulary: Vocabulary) -> Node:
    """Read an expression; `AudienceError` names the first place that is wrong."""
    if len(text) > LONGEST:
        raise AudienceError(LONGEST, f"太长了，最多{LONGEST}个字")
    parser = _Parser(list(_tokens(text.translate(_WIDE))), len(text.rstrip()), vocabulary)
    node = parser.either(0)
    if (left := parser.peek()) is not None:
        raise AudienceError(left.place, f"“{left.text}”前面少了 and 或 or")
    return node


def terms(node: Node) -> list[Term]:
    """Return all terms of a tree."""
    if isinstance(node, Term):
        return [node]
    parts = (node.part,) if isinstance(node, Not) else node.parts
    return [term for part in parts for term in terms(part)]


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            break
        mark, quoted, word, stray = match.groups()
        index = match.lastindex or 0
        place = match.start(index) - (quoted is not None)
        if stray:
            fault = "引号没有配对" if stray == '"' else f"“{stray}”不知道是什么意思"
            raise AudienceError(place, fault)
        shown = mark or quoted or word or ""
        found.append(_Token(place, shown, mark is not None, quoted is not None))
        at = match.end()
    return found


class _Parser:
    """Reads the tokens from left to right."""

    def __init__(self, tokens: list[_Token], end: int, vocabulary: Vocabulary) -> None:
        self._tokens, self._end, self._vocabulary = tokens, end, vocabulary
        self._at = 0

    def peek(self) -> _Token | None:
        """Return the next token, None at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def either(self, depth: int) -> Node:
        """Read parts with or between."""
        parts = [self._both(depth)]
        while self._takes("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def _both(self, depth: int) -> Node:
        parts = [self._single(depth)]
        while self._takes("and"):
            parts.append(self._single(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _single(self, depth: int) -> Node:
        token = self._next("这里还要写一个条件")
        if depth > DEEPEST:
            raise AudienceError(token.place, "括号套得太深了")
        if self._operator(token) == "not":
            return Not(self._single(depth + 1))
        if token.mark and token.text == "(":
            node = self.either(depth + 1)
            self._expect(")", "括号没有配对，少了“)”")
            return node
        return self._term(token)

    def _term(self, token: _Token) -> Node:
        words = self._vocabulary.words
        plain = "" if token.mark or token.quoted else token.text.lower()
        if plain in words.states:
            return Term(words.states[plain])
        if plain in words.functions:
            self._expect("(", f"“{token.text}”后面要写括号，例如 {token.text}(…)")
            name = words.functions[plain]
            term = Term(name, self._value(name))
            self._expect(")", "括号没有配对，少了“)”")
            return term
        if plain in words.fields:
            return self._compared(token, words.fields[plain])
        known = "、".join([*words.fields, *words.states, *words.functions])
        raise AudienceError(token.place, f"“{token.text}”不是能用的条件。能用的有：{known}")

    def _compared(self, token: _Token, name: str) -> Node:
        allowed = ["~"] if name == "wish" else ["=", "!="]
        hint = f"“{token.text}”后面要写 {' 或 '.join(allowed)}"
        sign = self._next(hint)
        if not sign.mark or sign.text not in allowed:
            raise AudienceError(sign.place, hint)
        term = Term(name, self._value(name))
        return Not(term) if sign.text == "!=" else term

    def _value(self, name: str) -> str:
        values = self._vocabulary.values[name]
        token = self._next(f"这里要写{values.name}")
        if token.mark or not token.text.strip() or self._operator(token):
            raise AudienceError(token.place, f"这里要写{values.name}")
        if values.free:
            return token.text
        code = values.words.get(token.text) or values.words.get(token.text.lower())
        if code is None:
            fault = f"没有“{token.text}”这样的{values.name}。{values.hint}"
            raise AudienceError(token.place, fault.rstrip("。"))
        return code

    def _operator(self, token: _Token) -> str:
        if token.mark or token.quoted:
            return ""
        return self._vocabulary.words.operators.get(token.text.lower(), "")

    def _takes(self, operator: str) -> bool:
        token = self.peek()
        if token is None or self._operator(token) != operator:
            return False
        self._at += 1
        return True

    def _next(self, missing: str) -> _Token:
        token = self.peek()
        if token is None:
            raise AudienceError(self._end, missing)
        self._at += 1
        return token

    def _expect(self, mark: str, missing: str) -> None:
        token = self._next(missing)
        if not token.mark or token.text != mark:
            raise AudienceError(token.place, missing)
