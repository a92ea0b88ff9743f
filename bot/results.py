"""`jcbot training results FILE`: what became of people, entered from a list (培训结果)."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from bot.acting import AsName, by_of
from bot.list_commands import AsJson, ConfigFile, DryRun, ListFile, Yes, as_json, put, tell_faults
from bot.on_database import run_on_database
from jcbot.clock import Clock
from jcbot.config import load_config
from jcbot.keyring import open_keyring
from jcbot.staff.result_acts import enter_results
from jcbot.training.keys import TrainingKeys
from jcbot.training.outcomes import Setting
from jcbot.training.result_import import TOGETHER, ResultTally, look
from jcbot.training.result_list import read_results
from knowledge.training import load_training

if TYPE_CHECKING:
    from collections.abc import Callable

    from jcbot.lists.faults import Fault
    from jcbot.storage.database import Database
    from jcbot.training.result_list import Entry, ResultList


class Found(NamedTuple):
    """What the list says, what entering it would do, and what was done (None: nothing yet)."""

    listed: ResultList
    checked: ResultTally
    done: ResultTally | None

    @property
    def faults(self) -> list[Fault]:
        """All that is wrong, in the order of the rows."""
        late = self.done.faults if self.done else []
        found = dict.fromkeys([*self.listed.faults, *self.checked.faults, *late])
        return sorted(found, key=lambda fault: fault.row)


def results(  # noqa: PLR0913 - the options of a command
    file: ListFile,
    config: ConfigFile = None,
    as_name: AsName = "",
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    json_: AsJson = False,
) -> None:
    """Enter a list of results; exit code 1 where a row was refused."""
    settings, book = load_config(config), load_training()
    keyring = open_keyring(settings)
    setting = Setting(TrainingKeys(keyring), Clock(settings.clock.fixed).now(), book.limits)
    listed = read_results(file, book.results, setting.keys)

    async def work(database: Database) -> Found:
        inspect = partial(look, setting=setting, columns=book.results)
        checked = await _in_pieces(database, listed.entries, inspect)
        if dry_run or ((listed.faults or checked.faults) and not yes):
            return Found(listed, checked, None)
        by = await by_of(database, as_name, setting.now)
        write = partial(enter_results, by=by, setting=setting, columns=book.results)
        return Found(listed, checked, await _in_pieces(database, listed.entries, write))

    found = run_on_database(settings, work, keyring)
    if json_:
        put(_as_json(found))
    else:
        _tell(found, dry_run=dry_run)
    sys.exit(1 if found.faults else 0)


async def _in_pieces(
    database: Database, entries: list[Entry], work: Callable[..., ResultTally]
) -> ResultTally:
    tally = ResultTally()
    for start in range(0, len(entries), TOGETHER):
        part = entries[start : start + TOGETHER]
        tally.add(await database.run(partial(work, entries=part)))
    return tally


def _tell(found: Found, *, dry_run: bool) -> None:
    good = found.checked.changed + found.checked.same
    tell_faults(f"可以登记的结果{good}行", found.faults, found.listed.unknown)
    for doubt in found.checked.doubts:
        put(f"请留意：{doubt.sentence()}")
    if dry_run:
        put("只是核对，什么也没有改。")
    elif found.done is None:
        put("还没有登记。改好再导入，或者加 --yes 只登记没有问题的行。")
    else:
        put(f"已登记{found.done.changed}人的结果，没有变化{found.done.same}人。")


def _as_json(found: Found) -> str:
    did = found.done or found.checked
    return as_json(
        entered=found.done is not None, changed=did.changed, same=did.same,
        faults=found.faults, doubts=found.checked.doubts, unused=found.listed.unknown,
    )  # fmt: skip
