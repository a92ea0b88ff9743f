"""What the commands that take lists share: their options, and how faults are told."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jcbot.lists.faults import Fault

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="配置文件（TOML）；不写就用 ./config.toml")
]
ListFile = Annotated[Path, typer.Argument(help="CSV 或 XLSX 文件")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="只核对，什么也不改")]
Yes = Annotated[bool, typer.Option("--yes", help="有问题的行跳过，其余的导入")]
AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON")]


def tell_faults(good: str, faults: Iterable[Fault], unknown: Iterable[str]) -> None:
    """Print how many are good (`good` ends in a number and its measure), and what is wrong."""
    found, headings = list(faults), "、".join(unknown)
    put(f"{good}，有问题的行{len({fault.row for fault in found})}行。")
    if headings:
        put(f"表头里没有用到的列：{headings}")
    for fault in found:
        put(fault.sentence())


def as_json(**values: Any) -> str:
    """Return one JSON object; faults become objects."""
    return json.dumps(values, ensure_ascii=False, default=asdict)


def put(text: str) -> None:
    """Print a line: the command's output."""
    print(text)  # noqa: T201 - see above
