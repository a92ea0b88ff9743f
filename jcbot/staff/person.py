"""All that is kept of one person, to be handed to him: masked unless it is asked for in full."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from jcbot.clock import SHANGHAI
from jcbot.people.erasing import rows_of
from jcbot.people.identity import mask_id, mask_name, mask_phone
from jcbot.people.keys import SEALED
from jcbot.storage.training_tables import classes, enrolments, outbox

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Row

    from jcbot.people.keys import PeopleKeys

COVERED = "（已遮盖）"
_MASKS = {"name": mask_name, "id_number": mask_id, "phone": mask_phone}
_INNER = {"id", "id_key", "generation"}
_ENROLMENTS = (
    select(enrolments, classes.c.number, classes.c.occupation, classes.c.first_day)
    .join(classes, classes.c.id == enrolments.c.class_id)
    .where(enrolments.c.person == bindparam("p"))
    .order_by(enrolments.c.id)
)
_MESSAGES = select(outbox).where(outbox.c.openid.in_(bindparam("o", expanding=True)))


def kept_of(conn: Connection, keys: PeopleKeys, id_number: str, *, full: bool) -> dict[str, Any]:
    """Return registry rows (the live first), enrolments and promised messages, as JSON's types.

    Without `full`, name, numbers, birth, note and WeChat's name for the person are masked.
    """
    person = keys.id_key(id_number)
    held = conn.execute(_ENROLMENTS, {"p": person}).all()
    messages = _messages(conn, held)
    return {
        "registry": [_registry(row, keys, full=full) for row in rows_of(conn, person)],
        "enrolments": [_enrolment(row, full=full) for row in held],
        "messages": [_message(row) for row in messages],
    }


def _registry(row: Row[Any], keys: PeopleKeys, *, full: bool) -> dict[str, Any]:
    found = {key: _plain(key, value) for key, value in row._mapping.items() if key not in _INNER}  # noqa: SLF001
    for column in SEALED:
        cell = found[column]
        text = keys.open(cell, row.id_key, column) if cell else ""
        found[column] = text if full or not text else _masked(column, text)
    if not full:  # with the county it would give the number away
        found["birth"] = COVERED
    return found


def _masked(column: str, text: str) -> str:
    mask = _MASKS.get(column)
    return mask(text) if mask else COVERED


def _enrolment(row: Row[Any], *, full: bool) -> dict[str, Any]:
    return {
        "class": row.number,
        "occupation": row.occupation,
        "first_day": row.first_day.isoformat(),
        "state": row.state,
        "place": row.place,
        "to_verify": row.to_verify.split(),
        "openid": row.openid if full or not row.openid else COVERED,
        "made": _moment(row.made),
        "changed": _moment(row.changed),
    }


def _messages(conn: Connection, held: Iterable[Row[Any]]) -> list[Row[Any]]:
    """Return what was promised for these enrolments, told already or not."""
    ids = {str(row.id): row.openid for row in held}
    openids = sorted(filter(None, set(ids.values())))
    found = conn.execute(_MESSAGES.order_by(outbox.c.id), {"o": openids}).all() if openids else []
    return [row for row in found if row.key.split(":")[1:2] and row.key.split(":")[1] in ids]


def _message(row: Row[Any]) -> dict[str, Any]:
    payload = json.loads(row.payload)
    return {"kind": row.kind, "payload": payload, "due": _moment(row.due), "state": row.state}


def _plain(key: str, value: Any) -> Any:
    if key == "at":
        return _moment(value)
    return value.isoformat() if isinstance(value, dt.date) else value


def _moment(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, SHANGHAI).isoformat()
