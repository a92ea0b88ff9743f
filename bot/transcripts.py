"""Whole conversations as plain text (对话脚本): read them, play them on a phone, compare.

`> ` is the worker, `< ` the bot (one per line of a reply), `/command` as in `jcbot chat`,
`# ` a comment, `…` matches anything. A line of the worker without any `< ` expects silence.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from bot.wechat.pushes import is_command

if TYPE_CHECKING:
    from collections.abc import Sequence

ANYTHING = "…"


class TranscriptError(ValueError):
    """The transcript is not written as it should be; names the line."""


class Player(Protocol):
    """What plays the lines: the telephone behind `jcbot chat`."""

    async def enter(self, line: str) -> str:
        """Do what the worker typed, text or /command, and return the reply, "" for silence."""


@dataclass(slots=True)
class Exchange:
    """One line of the worker and the lines expected back; `notes` stand before it in the file."""

    number: int
    line: str
    expected: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The expected reply as one text."""
        return "\n".join(self.expected)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a conversation went another way than written."""

    number: int
    line: str
    expected: str
    actual: str

    def show(self) -> str:
        """Describe it for people: the line, then expected (-) and actual (+) lines."""
        diff = difflib.ndiff(self.expected.splitlines(), self.actual.splitlines())
        lines = [line for line in diff if not line.startswith("?")]
        return "\n".join((f"第{self.number}行 {self.line}", *lines))


@dataclass(slots=True)
class Transcript:
    """A conversation; `tail` holds comments after its last exchange."""

    exchanges: list[Exchange]
    tail: list[str] = field(default_factory=list)

    def write(self) -> str:
        """Return the file's text."""
        lines: list[str] = []
        for exchange in self.exchanges:
            said = written(exchange.line)
            replies = (f"< {line}".rstrip() for line in exchange.expected)
            lines += [*exchange.notes, said, *replies]
        return "\n".join((*lines, *self.tail)) + "\n"


def written(line: str) -> str:
    """Return what the worker typed as a transcript writes it."""
    return line if is_command(line) else f"> {line}".rstrip()


def read(text: str) -> Transcript:
    """Read a transcript; TranscriptError names a line that is of no known kind."""
    exchanges: list[Exchange] = []
    notes: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            notes.append(line)
        elif line.startswith("> ") or line == ">" or is_command(line):
            exchanges.append(Exchange(number, line.removeprefix(">").strip(), notes=notes))
            notes = []
        elif line.startswith("< ") or line == "<":
            if not exchanges or notes:
                raise TranscriptError(f"第{number}行：机器人的话前面要有一行 > 或 /命令")
            exchanges[-1].expected.append(line[2:])
        else:
            raise TranscriptError(f"第{number}行：每行要以 > 、< 、/ 或 # 开头")
    return Transcript(exchanges, notes)


def matches(expected: str, actual: str) -> bool:
    """Compare a reply with what is written, where … stands for anything, several lines too."""
    parts = (re.escape(part) for part in expected.split(ANYTHING))
    return re.fullmatch(".*".join(parts), actual, re.DOTALL) is not None


async def play(transcript: Transcript, player: Player) -> list[Difference]:
    """Play all of it and return the differences in order."""
    found = []
    for exchange in transcript.exchanges:
        actual = _tidy(await player.enter(exchange.line))
        if not matches(_tidy(exchange.text), actual):
            found.append(Difference(exchange.number, exchange.line, exchange.text, actual))
    return found


def updated(transcript: Transcript, differences: Sequence[Difference]) -> Transcript:
    """Return the transcript with the actual replies where they differ."""
    actual = {difference.number: difference.actual for difference in differences}
    exchanges = [
        Exchange(e.number, e.line, actual[e.number].splitlines(), e.notes)
        if e.number in actual
        else e
        for e in transcript.exchanges
    ]
    return Transcript(exchanges, transcript.tail)


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines())
