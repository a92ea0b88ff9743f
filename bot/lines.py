"""`jcbot understand` and `jcbot estimate`: a line in, a line of JSON out (逐行处理)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from jcbot.clock import Clock
from jcbot.config import load_config
from knowledge.reading import ROOT

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator


def understand(config_file: Path | None, lines: Iterable[bytes]) -> int:
    """Print one JSON object for each message; always 0."""
    from knowledge.understanding import Understander  # noqa: PLC0415 - `estimate` needs none of it

    config = load_config(config_file)
    today = Clock(config.clock.fixed).today()
    understander = Understander.load(ROOT, Path(config.files.cache))
    for text in _texts(lines):
        _print(understander.understand(text, today).as_json())
    return 0


def estimate(config_file: Path | None, lines: Iterable[bytes], on: dt.date | None) -> int:
    """Print one outcome, or one error, for each line of facts; 1 if any line was refused."""
    from bot.estimate import run  # noqa: PLC0415 - `understand` needs none of it

    today = on or Clock(load_config(config_file).clock.fixed).today()
    refused = False
    for answer in run(_texts(lines), today):
        _print(answer)
        refused = refused or "error" in answer
    return 1 if refused else 0


def _texts(lines: Iterable[bytes]) -> Iterator[str]:
    """Yield each line as text without its end; bytes that are no UTF-8 become U+FFFD."""
    for line in lines:
        yield line.decode("utf-8", "replace").rstrip("\r\n")


def _print(data: object) -> None:
    sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")
    sys.stdout.flush()
