"""The bot's wording, looked up by key: knowledge/replies/<topic>.toml holds `<topic>.<key>`."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.reading import KnowledgeError, read_toml

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Replies:
    """All wordings by key; placeholders are written {name}."""

    texts: dict[str, str]

    def text(self, key: str, **values: object) -> str:
        """Return the wording of `key` with its placeholders filled; KeyError for an unknown key."""
        return self.texts[key].format_map(values).strip()

    def __contains__(self, key: str) -> bool:
        return key in self.texts


def placeholders(text: str) -> set[str]:
    """Return the names in braces; ValueError where the braces do not match."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def load_replies(folder: Path) -> Replies:
    """Read every file of the folder; a fault in one is a `KnowledgeError`."""
    texts: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml")):
        table = read_toml(path)
        for key in table.keys():  # noqa: SIM118 - a Table is no dict, it counts what was read
            text = table.text(key)
            _check(table.file, key, text)
            texts[f"{path.stem}.{key}"] = text
    return Replies(texts)


def _check(file: str, key: str, text: str) -> None:
    try:
        names = placeholders(text)
    except ValueError as fault:
        raise KnowledgeError(file, key, f"花括号没有配对（{fault}）") from None
    if not all(name.isidentifier() for name in names):
        raise KnowledgeError(file, key, "花括号里只能写一个名字")
