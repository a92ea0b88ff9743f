"""`jcbot questions list | answer`: what workers asked and the bot could not answer (提问)."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.acting import AsName, by_of
from bot.announced import REASONS, STATES
from bot.list_commands import AsJson, ConfigFile, as_json, put
from bot.on_database import run_on_database
from jcbot.clock import Clock
from jcbot.config import load_config
from jcbot.keyring import open_keyring
from jcbot.masking import mask
from jcbot.questions import Question, latest
from jcbot.staff.model import StaffError
from jcbot.staff.question_acts import READ, answer_question
from knowledge.announcements import load_announcing
from knowledge.asked import Asked, load_asked

if TYPE_CHECKING:
    from jcbot.storage.database import Database

SHOWN = 200
MOST = 2**31 - 1
LARGEST = 64 * 1024
"""Bytes read of a file with an answer, far more than any may have."""
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="问题的号", min=1, max=MOST)]
Words = Annotated[list[str] | None, typer.Argument(metavar="TEXT", help="答复的话")]
FromFile = Annotated[
    Path | None, typer.Option("--file", help="答复写在这个文件里；写 - 就从标准输入读")
]

app = typer.Typer(
    help="没听懂、转人工的提问：list 列出，answer 答复，答复会发到本人微信。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command("list", help="列出提问（已打码），新的在前；--open 只看还没答复的。")
def list_(
    config: ConfigFile = None,
    as_name: AsName = "",
    *,
    unanswered: Annotated[bool, typer.Option("--open", help="只看还没答复的")] = False,
    json_: AsJson = False,
) -> None:
    """Print one line for each question."""
    settings, book = load_config(config), load_asked()

    async def work(database: Database) -> list[Question]:
        by = await by_of(database, as_name, Clock(settings.clock.fixed).now())
        by.require(READ)
        return await database.run(partial(latest, most=SHOWN, unanswered=unanswered))

    found = run_on_database(settings, work, open_keyring(settings))
    if json_:
        put(as_json(questions=[_plain(each) for each in found]))
        return
    for each in found:
        put(_in_words(each, book))
    if not found:
        put("没有等着答复的提问。" if unanswered else "还没有提问。")


@app.command(help="答复一个提问：一个提问只能答复一次，答复会发到本人微信，发了收不回来。")
def answer(
    number: Number,
    words: Words = None,
    config: ConfigFile = None,
    as_name: AsName = "",
    file: FromFile = None,
) -> None:
    """Answer a question; exit code 1 with a sentence where that cannot be."""
    settings, text = load_config(config), _text(words or [], file)
    book, sensitive = load_asked(), load_announcing().sensitive

    async def work(database: Database) -> str:
        by = await by_of(database, as_name, Clock(settings.clock.fixed).now())
        act = partial(answer_question, by=by, number=number, text=text)
        return await database.run(partial(act, book=book, sensitive=sensitive))

    asked = run_on_database(settings, work, open_keyring(settings))
    put(f"第{number}号“{asked}”已答复，由派送进程发给本人。")
    put("他48小时内说过话，或者配了 question_answered 的模板，才送得到；到没到用 list 看。")


def _text(words: list[str], file: Path | None) -> str:
    """The answer from the one place it was given at."""
    if bool(words) == bool(file):
        raise StaffError("答复写在命令里，或者用 --file 文件，两样写一样。")
    if file is None:
        return " ".join(words)
    try:
        stream = sys.stdin.buffer if str(file) == "-" else file.open("rb")
        with stream:
            return stream.read(LARGEST).decode("utf-8-sig")
    except OSError as fault:
        raise StaffError(f"{file}：打不开（{fault.strerror}）。") from None
    except UnicodeDecodeError:
        raise StaffError(f"{file}：不是 UTF-8 编码。") from None


def _in_words(each: Question, book: Asked) -> str:
    head = f"{each.number}号  {each.at:%Y-%m-%d}  {book.called(each.reason)}  {mask(each.text)}"
    if each.answered is None:
        return f"{head}  （没有答复）"
    sent = STATES.get(each.sent, "发出的记录没有了")
    why = REASONS.get(each.why, each.why) if each.sent in {"unreachable", "failed"} else ""
    told = f"{sent}：{why}" if why else sent
    return (
        f"{head}\n    {each.answered:%Y-%m-%d}{each.answered_by}答复（{told}）：{mask(each.answer)}"
    )


def _plain(each: Question) -> dict[str, Any]:
    answered = each.answered.isoformat() if each.answered else None
    return {
        "number": each.number, "day": f"{each.at:%Y-%m-%d}", "text": mask(each.text),
        "reason": each.reason, "state": "answered" if answered else "open",
        "answer": mask(each.answer) or None, "answered": answered,
        "answered_by": each.answered_by or None, "sent": each.sent or None, "why": each.why or None,
    }  # fmt: skip
