"""`jcbot check`: all of knowledge/ and the settings, one sentence per fault (检查)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jcbot.config import Config, load_config
from jcbot.errors import ConfigError
from jcbot.keyring import check_keys
from knowledge.library import knowledge_faults
from knowledge.reading import ROOT, KnowledgeError
from knowledge.sending import SUBSCRIPTION, TEMPLATE, load_sending

if TYPE_CHECKING:
    from jcbot.settings import Sending

KINDS = ROOT / "sending" / "kinds.toml"


def faults(config_file: Path | None) -> list[str]:
    """Return one sentence per fault, empty if all is well; each part is looked at by itself."""
    found = []
    cache = Config.model_construct().files.cache
    try:
        config = load_config(config_file)
        check_keys(config)
        cache = config.files.cache
        found += unused_templates(config.sending)
    except ConfigError as fault:
        found.append(str(fault))
    return found + [str(fault) for fault in knowledge_faults(Path(cache))]


def unused_templates(sending: Sending) -> list[str]:
    """Return one sentence for each list that names what never goes by it."""
    try:
        kinds = load_sending(KINDS).kinds
    except KnowledgeError:
        return []  # told among the faults of knowledge/
    found = []
    for key, channel in (("templates", TEMPLATE), ("subscriptions", SUBSCRIPTION)):
        by_it = [kind for kind, rule in kinds.items() if channel in rule.channels]
        wrong = "”、“".join(kind for kind in getattr(sending, key) if kind not in by_it)
        if wrong:
            found.append(f"sending.{key}：“{wrong}”不走这条渠道，只能写 {'、'.join(by_it)}")
    set_ = set(sending.subscriptions.values())
    if wrong := "”、“".join(sorted(set(sending.subscriptions_long_term) - set_)):
        found.append(f"sending.subscriptions_long_term：subscriptions 里没有“{wrong}”")
    return found


def run(config_file: Path | None) -> int:
    """Print the faults; return 1 if there are any."""
    found = faults(config_file)
    for sentence in found or ["没有发现问题"]:
        print(sentence)  # noqa: T201 - the command's output
    return 1 if found else 0
