"""`jcbot evaluate FILE`: how well a file of messages is understood, and what changed (评测)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from jcbot.clock import Clock
from jcbot.config import load_config
from knowledge.evaluation import load_cases, read_all, report
from knowledge.reading import ROOT, KnowledgeError
from knowledge.understanding import Understander

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 20
FIGURES = {
    "accuracy": "意图正确率",
    "macro_f1": "意图宏平均 F1",
    "first_two": "前两名里有",
    "out_recall": "不归我们管的：认出的",
    "out_precision": "不归我们管的：认得准的",
    "wrongly_rejected": "归我们管却推掉的",
    "topic": "主题正确率（意图认对的）",
    "intent_and_topic": "意图和主题都对",
    "facts_exact": "事实全对的消息",
    "facts_micro_f1": "单个事实 F1",
}
SCORES = {"precision": "认得准", "recall": "认得全", "f1": "F1", "number": "句数"}


def run(config_file: Path | None, file: Path, old: Path | None, *, as_json: bool) -> int:
    """Print the figures of a file, beside those of an earlier `--json` if one is given."""
    config = load_config(config_file)
    cases = load_cases(file)
    before = _earlier(old) if old else None
    reader = Understander.load(ROOT, Path(config.files.cache))
    found = report(read_all(reader, cases, Clock(config.clock.fixed).today()))
    if as_json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
        return 0
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    show(console, found)
    if before:
        show_change(console, before, found)
    return 0


def show(console: Console, found: dict[str, Any]) -> None:
    """Print one report as tables."""
    took = found["micros"]
    speed = f"每句中位 {took['median']} 微秒，99% 在 {took['p99']} 以内"
    console.print(f"{found['messages']} 句，{speed}")
    console.print(_figures([found["figures"]]))
    console.print(_scores("意图", found["intents"]))
    if found["topics"]:
        console.print(_scores("主题", found["topics"]))
    if len(found["hands"]) > 1:
        rows = ([name, _percent(value)] for name, value in found["hands"].items())
        console.print(_table("作者", ["作者", "正确率"], rows))
    mixed = ([one["meant"], one["read"], str(one["number"])] for one in found["confusions"][:MOST])
    console.print(_table("最常认混的", ["应为", "认成", "句数"], mixed))
    console.print(sentences_table("认错而最有把握的", found["worst"][:MOST]))


def show_change(console: Console, old: dict[str, Any], new: dict[str, Any]) -> None:
    """Print the figures side by side, and the sentences that changed sides."""
    console.print(_figures([old["figures"], new["figures"]]))
    was, now = ({one["text"]: one for one in each["worst"]} for each in (old, new))
    console.print(sentences_table("新错的", [one for text, one in now.items() if text not in was]))
    console.print(sentences_table("改好的", [one for text, one in was.items() if text not in now]))


def sentences_table(
    title: str, rows: list[dict[str, Any]], heads: tuple[str, str] = ("应为", "认成")
) -> Table:
    """Lay out sentences (`text`) with what they mean, what they were read as and how surely."""
    cells = ([one["meant"], one["read"], f"{one['score']:.2f}", one["text"]] for one in rows)
    return _table(title, [*heads, "把握", "话"], cells)


def _earlier(path: Path) -> dict[str, Any]:
    """Read an earlier report; a file that is none is refused."""
    try:
        old: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        complete = {"figures", "worst"} <= old.keys()
    except (OSError, ValueError, AttributeError):
        complete = False
    if not complete:
        raise KnowledgeError(path.name, "", "不是 jcbot evaluate --json 的输出")
    return old


def _figures(columns: list[dict[str, float | None]]) -> Table:
    rows = (
        [name, *(_percent(column.get(key)) for column in columns)] for key, name in FIGURES.items()
    )
    return _table("", ["", *([""] if len(columns) == 1 else ["以前", "现在"])], rows)


def _scores(title: str, scores: dict[str, dict[str, float]]) -> Table:
    weakest = sorted(scores.items(), key=lambda pair: pair[1]["f1"])
    rows = (
        [
            name,
            *(f"{score[key]:.3f}" for key in ("precision", "recall", "f1")),
            str(score["number"]),
        ]
        for name, score in weakest
    )
    return _table(title, [title, *SCORES.values()], rows)


def _table(title: str, heads: list[str], rows: Iterable[list[str]]) -> Table:
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value * 100:.1f}%"
