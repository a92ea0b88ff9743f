"""`jcbot check`: all of knowledge/ and the settings, one sentence per fault (检查)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from jcbot.config import load_config
from jcbot.errors import ConfigError
from jcbot.keyring import check_keys
from knowledge.library import Library
from knowledge.reading import KnowledgeError

if TYPE_CHECKING:
    from collections.abc import Callable


def faults(config_file: Path | None) -> list[str]:
    """Return one sentence per fault, empty if all is well."""
    found = []
    with tempfile.TemporaryDirectory() as cache:
        steps: tuple[Callable[[], object], ...] = (
            lambda: _check_settings(config_file),
            lambda: Library.load(Path(cache)),
        )
        for step in steps:
            try:
                step()
            except (ConfigError, KnowledgeError) as fault:
                found.append(str(fault))
    return found


def run(config_file: Path | None) -> int:
    """Print the faults; return 1 if there are any."""
    found = faults(config_file)
    for sentence in found or ["没有发现问题"]:
        print(sentence)  # noqa: T201 - the command's output
    return 1 if found else 0


def _check_settings(config_file: Path | None) -> None:
    check_keys(load_config(config_file))
