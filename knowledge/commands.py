"""Words that steer the talk in every state (口令), such as 0, 返回, 人工, 停."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.reading import read_toml

if TYPE_CHECKING:
    from pathlib import Path

NAMES = (
    "menu",
    "back",
    "restart",
    "human",
    "stop",
    "resume",
    "more",
    "forget",
    "change",
    "useless",
    "unbind",
    "withdraw",
    "copy",
)
EDGES = " \t\n，。！？、,.!?~～…；;：:「」“”\"'"
PARTICLES = ("吧", "了", "啊", "呀", "呗", "哈")


@dataclass(frozen=True, slots=True)
class Commands:
    """The table word → command."""

    words: dict[str, str]

    def find(self, text: str) -> str | None:
        """Return the command that the whole (normalised) text is, else None."""
        bare = text.strip(EDGES).lower()
        if bare in self.words:
            return self.words[bare]
        if bare.endswith(PARTICLES):
            return self.words.get(bare[:-1])
        return None


def load_commands(path: Path) -> Commands:
    """Read the table; a word under two commands is a `KnowledgeError`."""
    table = read_toml(path)
    words: dict[str, str] = {}
    for name in NAMES:
        for word in table.texts(name):
            if word in words:
                raise table.error(name, f"“{word}”已经写在 {words[word]} 下面")
            words[word] = name
    table.done()
    return Commands(words)
