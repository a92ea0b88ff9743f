"""`jcbot people requests | accept | refuse`: cards told by workers, for the staff (核实)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.acting import AsName, Yes, agreed, by_of
from bot.list_commands import AsJson, ConfigFile, as_json, put
from bot.on_database import run_on_database
from jcbot.clock import Clock
from jcbot.config import load_config
from jcbot.errors import JcbotError
from jcbot.keyring import open_keyring
from jcbot.people import cards, deciding
from jcbot.people.identity import mask_id, mask_name, mask_phone
from jcbot.people.keys import PeopleKeys
from jcbot.staff.card_acts import accept_card, refuse_card
from knowledge.card import load_refusals
from knowledge.facts import FactBook
from knowledge.registry import load_registry

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

    from jcbot.config import Config
    from jcbot.keyring import Keyring
    from jcbot.people.deciding import Asked, Change
    from jcbot.staff.model import By
    from jcbot.storage.database import Database
    from knowledge.registry import ListColumn

MOST = 2**31 - 1
KINDS = {cards.REGISTER: "登记", cards.CORRECT: "更正"}
NOTHING = "（空）"
Numbers = Annotated[list[int], typer.Argument(help="申请的编号，可以写几个", min=1, max=MOST)]
Reason = Annotated[str, typer.Option(help="退回的原因，本人会看到；不能写号码")]


@dataclass(frozen=True, slots=True)
class _Desk:
    """What a decision needs: the settings, the keys, in whose name and when."""

    settings: Config
    ring: Keyring
    keys: PeopleKeys
    as_name: str
    now: dt.datetime

    @classmethod
    def open(cls, config: Path | None, as_name: str = "") -> _Desk:
        settings = load_config(config)
        ring = open_keyring(settings)
        return cls(settings, ring, PeopleKeys(ring), as_name, Clock(settings.clock.fixed).now())

    def read(self, work: Callable[[Connection], Any]) -> Any:
        """Run one unit of work."""
        return run_on_database(self.settings, lambda database: database.run(work))


def requests(config: ConfigFile = None, *, json_: AsJson = False) -> None:
    """List what waits, the oldest first."""
    desk = _Desk.open(config)
    found: list[Asked] = desk.read(lambda conn: deciding.waiting(conn, desk.keys))
    columns = load_registry(FactBook.load()).columns
    if json_:
        put(as_json(requests=[_plain(each, columns) for each in found]))
        return
    for each in found:
        put(_in_words(each, columns))
    if not found:
        put("没有等着核实的。")


def accept(
    numbers: Numbers, config: ConfigFile = None, as_name: AsName = "", *, yes: Yes = False
) -> None:
    """Write what was told into the registry; exit code 1 where one could not be."""
    desk = _Desk.open(config, as_name)

    def one(by: By, number: int, conn: Connection) -> None:
        accept_card(conn, by, desk.keys, number)

    if desk.settings.registry.url:
        put("注意：名册由市里的名册服务提供，请在那边也改好，一天以内就以那边为准。")
    _decide(desk, numbers, one, "写进名册", yes=yes)


def refuse(
    numbers: Numbers,
    reason: Reason,
    config: ConfigFile = None,
    as_name: AsName = "",
    *,
    yes: Yes = False,
) -> None:
    """Leave the registry as it is and say why; exit code 1 where one could not be."""
    desk = _Desk.open(config, as_name)
    said = deciding.checked_reason(load_refusals().get(reason, reason))

    def one(by: By, number: int, conn: Connection) -> None:
        refuse_card(conn, by, desk.keys, number, said)

    _decide(desk, numbers, one, f"退回（{said}）", yes=yes)


def _decide(
    desk: _Desk, numbers: list[int], one: Callable[[By, int, Connection], None], what: str,
    *, yes: bool,
) -> None:  # fmt: skip
    """Read back, ask, decide one by one: a fault of one is told and stops no other."""
    numbers = list(dict.fromkeys(numbers))
    _read_back(desk, numbers)
    if not agreed(f"把上面这些{what}。", yes=yes):
        sys.exit(1)

    async def work(database: Database) -> int:
        done, by = 0, await by_of(database, desk.as_name, desk.now)
        for number in numbers:
            try:
                await database.run(partial(one, by, number))
                done += 1
            except JcbotError as fault:
                put(f"{number}号：{fault.sentence}")
        return done

    done = run_on_database(desk.settings, work, desk.ring)
    put(f"已{what}：{done}份，都会通知本人。" if done else "什么也没有改。")
    sys.exit(0 if done == len(numbers) else 1)


def _read_back(desk: _Desk, numbers: list[int]) -> None:
    columns = load_registry(FactBook.load()).columns

    def look(conn: Connection) -> list[Asked]:
        keys = desk.keys
        return [deciding.look(conn, keys, cards.one(conn, keys, each)) for each in numbers]

    for asked in desk.read(look):
        put(_in_words(asked, columns))


def _in_words(asked: Asked, columns: dict[str, ListColumn]) -> str:
    """One request in one paragraph: who, and each column old → new."""
    request = asked.request
    who = f"{mask_name(asked.name)} {mask_id(asked.id_number)}".strip() or "名册里没有这个人"
    note = ""
    if request.kind == cards.REGISTER:
        note = "名册里已有，会补上和改掉下面这些" if asked.known else "名册里没有，会新加"
    head = f"{request.id}号  {KINDS[request.kind]}  {request.made:%Y-%m-%d %H:%M}  {who}  {note}"
    changes = [
        f"    {columns[each.column].name}：{_said(each, each.old, columns) or NOTHING}"
        f" → {_said(each, each.new, columns) or NOTHING}"
        for each in asked.changes
    ]
    return "\n".join([head.rstrip(), *changes])


def _plain(asked: Asked, columns: dict[str, ListColumn]) -> dict[str, Any]:
    request = asked.request
    changes = [
        {
            "column": columns[each.column].name,
            "old": _said(each, each.old, columns) or None,
            "new": _said(each, each.new, columns) or None,
        }
        for each in asked.changes
    ]
    return {
        "number": request.id, "kind": request.kind, "made": request.made.isoformat(),
        "name": mask_name(asked.name), "id_number": mask_id(asked.id_number),
        "in_registry": asked.known, "changes": changes,
    }  # fmt: skip


def _said(change: Change, value: Any, columns: dict[str, ListColumn]) -> str:
    """Return a value in words, numbers and names masked."""
    column = columns[change.column]
    if value is None:
        return ""
    if change.column in {"name", "phone"}:
        return mask_name(value) if change.column == "name" else mask_phone(value)
    if isinstance(value, dict):
        said = [column.shown(code) for code, has in value.items() if has]
        return "、".join(said) or column.none[0]
    return column.shown(value) if column.codes else str(value)
