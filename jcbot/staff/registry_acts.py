"""What staff do to the registry and to one person's data, each with its line in the log."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from jcbot import questions
from jcbot.announcing import service
from jcbot.audit import person_subject
from jcbot.people import bindings, cards, erasing, strikes
from jcbot.people.importing import import_list, undo_import
from jcbot.people.keys import PeopleKeys
from jcbot.people.patience import insist
from jcbot.people.registry import by_key
from jcbot.people.rotation import rotate, rotate_told
from jcbot.people.sweeping import sweep
from jcbot.staff.accounts import reseal
from jcbot.staff.model import By, StaffError
from jcbot.staff.person import kept_of
from jcbot.training import erasing as training_erasing
from jcbot.training import rotation as training_rotation
from jcbot.training.keys import TrainingKeys

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection, Row

    from jcbot.keyring import Keyring
    from jcbot.people.importing import Desk
    from jcbot.people.report import Report
    from jcbot.storage.database import Database
    from knowledge.training import Limits

REGISTRY = "registry"


@dataclass(frozen=True, slots=True)
class Erased:
    """How many rows of the registry and how many enrolments are gone."""

    rows: int
    enrolments: int


async def import_people(desk: Desk, by: By, path: Path, agree: Callable[[Report], bool]) -> Report:
    """Import a list as the whole registry (see `import_list`); its flip has a line."""
    by.require("people.import")
    noted = partial(_note_flip, by, "people.import")
    return await import_list(replace(desk, noted=noted), path, agree)


async def undo_people(database: Database, by: By) -> int:
    """Take the last import back; return how many people the registry has now. `UndoError`."""
    by.require("people.undo")
    return await undo_import(database, partial(_note_flip, by, "people.undo"))


async def rotate_keys(
    database: Database, by: By, keyring: Keyring, progress: Callable[[int, int], None]
) -> int:
    """Seal people and staff's secrets with the active key; return how many cells' owners.

    It takes many transactions, so there is a line for the beginning and one for the end.
    """
    by.require("people.rotate_keys")
    keys = PeopleKeys(keyring)
    await insist(database, lambda conn: by.note(conn, "people.rotate_keys.begun", REGISTRY))
    done = await rotate(database, keys, progress)
    told = await rotate_told(database, keys)
    papers = await training_rotation.rotate(database, TrainingKeys(keyring))

    def finish(conn: Connection) -> None:
        secrets = reseal(conn, keys.sealer)
        after = {
            "people": done,
            "told": told,
            "papers": papers,
            "staff": secrets,
            "key": next(iter(keyring.keys)),
        }
        by.note(conn, "people.rotate_keys", REGISTRY, after=after)

    await insist(database, finish)
    return done + told + papers


async def erase_person(
    database: Database, by: By, keyring: Keyring, id_number: str, limits: Limits
) -> Erased:
    """Drop all that the registry and training keep of a person; a reason has to be given.

    What dropped generations may still hold is swept away before. `RegistryFillingError`.
    """
    by.require("people.erase")
    _check_reason(by)
    await sweep(database)
    keys = PeopleKeys(keyring)

    def work(conn: Connection) -> Erased:
        person = keys.id_key(id_number)
        enrolled = training_erasing.forget(conn, person, by.at, limits)
        rows = erasing.erase(conn, keys, id_number)
        asked = cards.forget_person(conn, person)
        if openid := bindings.owner(conn, person):
            service.forget(conn, openid, by.at)
            questions.forget(conn, questions.asker(openid, keyring.index_key))
        bindings.release(conn, person)
        if not rows and not enrolled and not asked:
            raise StaffError("名册和培训班里都没有这个人的资料。")
        before = {"rows": rows, "enrolments": enrolled}
        by.note(conn, "people.erase", person_subject(conn, person), before=before)
        return Erased(rows, enrolled)

    return await database.run(work)


def unlock_person(
    conn: Connection, by: By, keys: PeopleKeys, id_number: str, *, unbind: bool
) -> bool:
    """Forget the failed tries on an ID number, and with `unbind` who speaks for it.

    Returns whether somebody did. A reason has to be given.
    """
    person = keys.id_key(id_number)
    found = by_key(conn, keys, person)
    by.require("people.unlock", found.row.county if found else None)
    _check_reason(by)
    strikes.clear(conn, keys.strike_key(id_number))
    bound = bindings.owner(conn, person)
    if unbind and bound is not None:
        bindings.unbind(conn, bound)
    after = {"unbound": unbind and bound is not None}
    by.note(conn, "people.unlock", person_subject(conn, person), after=after)
    return bound is not None


def export_person(
    conn: Connection, by: By, keys: PeopleKeys, id_number: str, *, full: bool
) -> dict[str, Any]:
    """Return all that is kept of a person (see `kept_of`); a reason has to be given."""
    kept = kept_of(conn, keys, id_number, full=full)
    county = kept["registry"][0]["county"] if kept["registry"] else None
    by.require("people.export", county)
    if full:
        by.require("people.unmask", county)
    _check_reason(by)
    after = {"full": full} | {part: len(found) for part, found in kept.items()}
    by.note(conn, "people.export", person_subject(conn, keys.id_key(id_number)), after=after)
    return kept


def _check_reason(by: By) -> None:
    if not by.reason.strip():
        raise StaffError("要写明原因：--reason。")


def _note_flip(
    by: By, action: str, conn: Connection, before: Row[Any] | None, after: Row[Any] | None
) -> None:
    by.note(conn, action, REGISTRY, before=_generation(before), after=_generation(after))


def _generation(row: Row[Any] | None) -> dict[str, Any] | None:
    """Say which list it is; its file's name may name somebody, so only its hash is told."""
    if row is None:
        return None
    return {"generation": row.number, "people": row.people, "faulty": row.faulty,
            "file": row.file_hash[:16]}  # fmt: skip
