"""Sealing certificate numbers anew with the active key (换密钥), in short pieces, while in use."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from jcbot.people.patience import insist
from jcbot.storage.progress_tables import outcomes

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jcbot.storage.database import Database
    from jcbot.training.keys import TrainingKeys

PIECE = 500
_O = outcomes.c
_READ = (
    select(_O.enrolment, _O.certificate)
    .where(_O.enrolment > bindparam("after"), _O.certificate.is_not(None))
    .order_by(_O.enrolment)
    .limit(bindparam("most"))
    .with_for_update()
)
_WRITE = (
    update(outcomes)
    .where(_O.enrolment == bindparam("e"))
    .values(certificate=bindparam("sealed"))
)  # fmt: skip


async def rotate(database: Database, keys: TrainingKeys) -> int:
    """Seal every number anew that another key sealed; return how many. `SealError`.

    May be stopped and started again.
    """
    done, after = 0, -1
    while True:
        last, sealed = await insist(database, partial(_piece, keys, after))
        done += sealed
        if last is None:
            return done
        after = last


def _piece(keys: TrainingKeys, after: int, conn: Connection) -> tuple[int | None, int]:
    """Go over the numbers behind `after`: the last one (None: no more), how many were sealed."""
    rows = conn.execute(_READ, {"after": after, "most": PIECE}).all()
    old = [row for row in rows if not row.certificate.startswith(keys.sealer.prefix)]
    made = [
        {"e": number, "sealed": keys.seal(keys.open(sealed, number), number)}
        for number, sealed in old
    ]
    if made:
        conn.execute(_WRITE, made)
    return (rows[-1].enrolment if rows else None), len(made)
