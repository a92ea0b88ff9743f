"""`jcbot learn`: what was not understood goes out, corrections come back in (学习).

Without a file it prints the rows that wait for an answer, masked, one JSON a line, ready to be
filled in. With the filled-in file it shows what would change, and then writes the sentences.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

from bot.evaluate import sentences_table, show_change
from jcbot.clock import Clock
from jcbot.config import load_config
from jcbot.questions import latest
from jcbot.storage.database import open_database
from knowledge.concepts import load_concepts
from knowledge.corrections import read_corrections, write_corrections
from knowledge.evaluation import Case, load_cases, read_all, report
from knowledge.model import Model
from knowledge.reading import ROOT
from knowledge.sentences import load_sentences
from knowledge.understanding import Understander

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from jcbot.config import Config
    from jcbot.questions import Question
    from knowledge.evaluation import Reading
    from knowledge.sentences import Sentence

MOST = 1000
SHOWN = 20
SAMPLE = 2000  # known sentences that are read again, spread over all of them
HEADS = ("以前认成", "现在认成")


def run(
    config_file: Path | None, file: Path | None, folder: Path, check: Path | None, *, yes: bool
) -> int:
    """List what waits, or learn from a file; 1 where nothing was written for want of a yes."""
    config = load_config(config_file)
    today = Clock(config.clock.fixed).today()
    reader = Understander.load(ROOT, Path(config.files.cache))
    if file is None:
        return _list(asyncio.run(_waiting(config)), reader, folder, today)
    return _learn(Console(highlight=False), reader, (file, folder, check), today, yes=yes)


async def _waiting(config: Config) -> list[Question]:
    database = open_database(config.database.url.get_secret_value())
    try:
        await database.migrate()
        return await database.run(lambda conn: latest(conn, MOST))
    finally:
        await database.close()


def _list(rows: Sequence[Question], reader: Understander, folder: Path, today: dt.date) -> int:
    known = {one.text for one in load_sentences(folder)}
    by_text: dict[str, list[Question]] = {}
    for row in rows:
        if row.text not in known:
            by_text.setdefault(row.text, []).append(row)
    for text, asked in by_text.items():
        read = reader.understand(text, today)
        line = {
            "text": text,
            "intent": "",
            "topic": "",
            "read_as": read.topic or read.intent,
            "reason": asked[0].reason,
            "askers": len({row.asker for row in asked}),
            "last": asked[0].at.isoformat(),
        }
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    return 0


def _learn(
    console: Console,
    reader: Understander,
    paths: tuple[Path, Path, Path | None],
    today: dt.date,
    *,
    yes: bool,
) -> int:
    file, folder, check = paths
    known = load_sentences(folder)
    corrections = read_corrections(file, known)
    for text, double in corrections.known:
        console.print(f"已经有差不多的一句，不再添：{text}（{double}）", markup=False)
    if not corrections.fresh:
        console.print("没有要添的句子")
        return 0
    with console.status("正在试学，几秒钟……"):
        trial = Model.of([*known, *corrections.fresh], load_concepts(ROOT / "concepts.toml"))
        after = reader.with_model(trial)
    _show_effect(console, (reader, after), (known, corrections.fresh), today)
    if check:
        cases = load_cases(check)
        old, new = (report(read_all(each, cases, today)) for each in (reader, after))
        show_change(console, old, new)
    if not yes and not (sys.stdin.isatty() and typer.confirm("写进例句文件吗？")):
        console.print("没有写入；看过没问题，就加上 --yes 再来一次")
        return 1
    for path in write_corrections(folder, corrections.fresh):
        console.print(f"已写入 {path.name}", markup=False)
    console.print("下次启动时生效")
    return 0


def _show_effect(
    console: Console,
    readers: tuple[Understander, Understander],
    sentences: tuple[Sequence[Sentence], Sequence[Sentence]],
    today: dt.date,
) -> None:
    """Show how the corrected sentences, and a spread of the known ones, change."""
    known, fresh = ([Case(one.text, one.label, one.hand) for one in part] for part in sentences)
    before, after = (read_all(reader, fresh, today) for reader in readers)
    console.print(sentences_table("改正的话", _changes(before, after, every=True), HEADS))
    sample = known[:: max(1, len(known) // SAMPLE)]
    before, after = (read_all(reader, sample, today) for reader in readers)
    changed = _changes(before, after, every=False)
    console.print(f"原有的句子抽看 {len(sample)} 句，读法会变的有 {len(changed)} 句")
    if changed:
        console.print(sentences_table("", changed[:SHOWN], HEADS))


def _changes(
    before: Sequence[Reading], after: Sequence[Reading], *, every: bool
) -> list[dict[str, Any]]:
    pairs = zip(before, after, strict=True)
    return [
        {
            "text": new.case.text,
            "meant": old.read.topic or old.read.intent,
            "read": new.read.topic or new.read.intent,
            "score": new.read.score,
        }
        for old, new in pairs
        if every or (old.read.topic, old.read.intent) != (new.read.topic, new.read.intent)
    ]
