"""The README's picture (docs/chat.svg), drawn from a conversation that the tests play.

`python docs/picture.py` rewrites it; a test keeps it the same as the conversation.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "tests" / "conversations" / "estimate" / "one_message.txt"
TARGET = ROOT / "docs" / "chat.svg"
WIDTH, CHARACTERS, LINE, PAD = 420, 21, 22, 12


def wrapped(text: str) -> list[str]:
    """Break a line of a message where the bubble ends."""
    return [text[i : i + CHARACTERS] for i in range(0, len(text), CHARACTERS)] or [""]


def bubble(lines: list[str], top: int, *, mine: bool) -> tuple[str, int]:
    """Draw one message; return its SVG and where the next one begins."""
    rows = [row for line in lines for row in wrapped(line)]
    wide = max(len(row) for row in rows) * 15 + 2 * PAD
    high = len(rows) * LINE + 2 * PAD
    left = WIDTH - wide - 16 if mine else 16
    text = "".join(
        f'<text x="{left + PAD}" y="{top + PAD + 16 + i * LINE}">{escape(row)}</text>'
        for i, row in enumerate(rows)
    )
    colour = "#95ec69" if mine else "#ffffff"
    box = f'<rect x="{left}" y="{top}" width="{wide}" height="{high}" rx="8" fill="{colour}"/>'
    return box + text, top + high + 14


def draw(transcript: str) -> str:
    """Return the SVG of a transcript."""
    messages: list[tuple[bool, list[str]]] = []
    for line in transcript.splitlines():
        if line.startswith("> "):
            messages.append((True, [line[2:]]))
        elif line.startswith("< "):
            if messages[-1][0]:
                messages.append((False, []))
            messages[-1][1].append(line[2:])
    parts, top = [], 16
    for mine, lines in messages:
        drawn, top = bubble(lines, top, mine=mine)
        parts.append(drawn)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" '
        f'font-family="sans-serif" font-size="15"><rect width="100%" height="100%" '
        f'fill="#ededed"/>{"".join(parts)}</svg>\n'
    )


if __name__ == "__main__":
    TARGET.write_text(draw(SOURCE.read_text(encoding="utf-8")), encoding="utf-8")
