"""`jcbot check`: all of knowledge/ and the settings, one sentence per fault (检查)."""

from __future__ import annotations

from pathlib import Path

from jcbot.config import Config, load_config
from jcbot.errors import ConfigError
from jcbot.keyring import check_keys
from knowledge.library import knowledge_faults


def faults(config_file: Path | None) -> list[str]:
    """Return one sentence per fault, empty if all is well; each part is looked at by itself."""
    found = []
    cache = Config.model_construct().files.cache
    try:
        config = load_config(config_file)
        check_keys(config)
        cache = config.files.cache
    except ConfigError as fault:
        found.append(str(fault))
    return found + [str(fault) for fault in knowledge_faults(Path(cache))]


def run(config_file: Path | None) -> int:
    """Print the faults; return 1 if there are any."""
    found = faults(config_file)
    for sentence in found or ["没有发现问题"]:
        print(sentence)  # noqa: T201 - the command's output
    return 1 if found else 0
