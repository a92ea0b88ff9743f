"""`jcbot people …`: the registry imported, taken back, counted, sealed anew; one person (名册)."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.prompt import Confirm

from bot import one_person
from bot.acting import AsName, by_of
from bot.card_requests import accept, refuse, requests
from bot.on_database import run_on_database
from bot.progress import progress_bar, teller
from jcbot.clock import Clock
from jcbot.config import load_config
from jcbot.errors import JcbotError
from jcbot.keyring import open_keyring
from jcbot.people import generations
from jcbot.people.importing import Desk, check_list
from jcbot.staff.registry_acts import import_people, undo_people
from jcbot.staff.registry_acts import rotate_keys as rotate_people_keys
from knowledge.facts import FactBook
from knowledge.registry import load_registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Progress

    from jcbot.config import Config
    from jcbot.people.report import Report
    from jcbot.storage.database import Database

app = typer.Typer(
    help="名册（建档立卡）：导入、撤回、计数、换密钥，导出、删除一个人的资料。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="配置文件（TOML）；不写就用 ./config.toml")
]
T = TypeVar("T")
SHOWN = 20
for command, told in (
    (requests, "列出本人交来、等着核实的登记和更正（号码遮盖）。"),
    (accept, "核实无误：写进名册，通知本人。"),
    (refuse, "退回：不改名册，把原因告诉本人。"),
):
    app.command(command.__name__, help=told)(command)


@app.command("import", help="把 CSV 或 XLSX 名册导入为新的整份名册；导完才一下子生效。")
def import_(  # noqa: PLR0913 - one option each
    file: Annotated[Path, typer.Argument(help="名册文件")],
    config: ConfigFile = None,
    as_name: AsName = "",
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只核对，什么也不改")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="有问题的行跳过，不再询问")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出一个 JSON")] = False,
) -> None:
    """Import a list, or only check it; exit code 1 where it did not go live (or has faults)."""
    settings = load_config(config)
    if not dry_run:
        _lists_count(settings)

    async def work(database: Database) -> Report:
        with progress_bar() as bar:
            desk = _desk(settings, database, teller(bar))
            if dry_run:
                return await check_list(desk, file)
            by = await by_of(database, as_name, desk.clock.now())
            return await import_people(
                desk, by, file, lambda found: yes or _agree(found, bar, quiet=as_json)
            )

    try:
        report = run_on_database(settings, work, open_keyring(settings))
    except KeyboardInterrupt:
        sys.stderr.write("已停下，没有生效。再运行同一条命令会接着导入。\n")
        sys.exit(130)
    _print(_as_json(report) if as_json else _in_words(report, dry_run=dry_run))
    sys.exit(0 if report.live or (dry_run and not report.doubtful) else 1)


@app.command(help="撤回上一次导入，换回之前的名册。")
def undo(config: ConfigFile = None, as_name: AsName = "") -> None:
    """Flip back to the registry before the last import."""
    settings = load_config(config)
    _lists_count(settings)
    now = Clock(settings.clock.fixed).now()

    async def work(database: Database) -> int:
        return await undo_people(database, await by_of(database, as_name, now))

    left = run_on_database(settings, work, open_keyring(settings))
    _print(f"已撤回上一次导入，名册现有{left}人。")


@app.command(help="名册里现在有多少人。")
def count(config: ConfigFile = None) -> None:
    """Print how many people the live registry has."""
    counted = run_on_database(load_config(config), lambda database: database.run(generations.count))
    _print(str(counted))


@app.command(
    "rotate-keys",
    help="用正在用的密钥（privacy.keys 第一个）重新加密名册、本人交来的登记和证书编号；"
    "可以随时中断再来。",
)
def rotate_keys(config: ConfigFile = None, as_name: AsName = "") -> None:
    """Seal the registry, cards told, and what is sealed of staff, anew with the active key."""
    settings = load_config(config)
    keyring, now = open_keyring(settings), Clock(settings.clock.fixed).now()

    async def work(database: Database) -> int:
        by = await by_of(database, as_name, now)
        with progress_bar() as bar:
            tell = partial(teller(bar), "换密钥")
            return await rotate_people_keys(database, by, keyring, tell)

    done = run_on_database(settings, work, keyring)
    _print(f"重新加密了{done}处资料。现在可以从 privacy.keys 里去掉旧密钥。")


app.command(help="导出一个人的全部资料（JSON，默认打码）；身份证号从标准输入给。")(
    one_person.export
)
app.command(help="删除一个人的全部资料，不能恢复；身份证号从标准输入给。")(one_person.erase)
app.command(help="试错太多锁住了，让本人马上能再核对；--unbind 连绑定也解除。")(one_person.unlock)


def _desk(settings: Config, database: Database, tell: Callable[[str, int, int], None]) -> Desk:
    keyring, clock = open_keyring(settings), Clock(settings.clock.fixed)
    return Desk(database, load_registry(FactBook.load()), keyring, clock, tell)


def _lists_count(settings: Config) -> None:
    """Refuse to change lists where the city's own service is asked instead."""
    if settings.registry.url:
        raise JcbotError(
            "名册由市里的名册服务提供（设置里的 registry.url），不用导入，也没有可撤回的。"
        )


def _agree(report: Report, bar: Progress, *, quiet: bool) -> bool:
    """Ask whoever sits at the terminal; without one, no."""
    if quiet or not sys.stdin.isatty():
        return False
    bar.stop()
    _print(_in_words(report, dry_run=True))
    return Confirm.ask(f"只导入没有问题的{report.good}人，现在生效吗？", default=False)


def _in_words(report: Report, *, dry_run: bool) -> str:
    lines = [f"可以导入{report.good}人，有问题的{report.faulty}行。"]
    lines += [f"表头里没有用到的列：{'、'.join(report.unused)}"] if report.unused else []
    lines += [
        f"第{each.row}行 {each.column} {each.value} {each.reason}；{each.mend}"
        for each in report.faults
    ]
    if report.file:
        lines.append(f"全部问题在 {report.file}")
    if report.shrinks:
        lines.append(f"注意：名册现有{report.replaces}人，导入后只剩{report.good}人。")
    lines += _unlike(report)
    if report.live:
        lines.append("已经生效。要撤回：jcbot people undo")
    elif not dry_run:
        lines.append("还没有生效。改好再导入，或者加 --yes 只导入没有问题的行（不用从头来）。")
    return "\n".join(lines)


def _unlike(report: Report) -> list[str]:
    """Who differs from what the staff verified; nothing of it is merged."""
    if not report.unlike:
        return []
    columns = load_registry(FactBook.load()).columns
    said = [f"名册里有{len(report.unlike)}人的内容和已核实的更正不一样，没有自动合并："]
    for each in report.unlike[:SHOWN]:
        what = "、".join(columns[column].name for column in each.columns)
        where = f"第{each.row}行" if each.row else "名册里没有"
        said.append(f"{where} {each.name} {each.id_number}（{each.number}号申请）{what}".rstrip())
    return said


def _as_json(report: Report) -> str:
    plain = asdict(report) | {"file": str(report.file) if report.file else None}
    return json.dumps(plain, ensure_ascii=False)


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
