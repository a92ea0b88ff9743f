"""What employers ask for (企业用工需求): taking their lists in, finding posts for somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, case, delete, insert, select

from jcbot.storage.locks import hold
from jcbot.storage.progress_tables import demands
from jcbot.training.model import LEVELS, Job
from knowledge.occupations import kin

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from jcbot.lists.rows import Values

_D = demands.c
COLUMNS = tuple(Job.__dataclass_fields__)
MOST = 20
_BEFORE = delete(demands).where(
    _D.enterprise == bindparam("e"), _D.post == bindparam("p")
)  # fmt: skip
_OCCUPATIONS = select(_D.occupation).where(_D.until >= bindparam("today")).distinct()


def put_in(conn: Connection, rows: Sequence[Values], now: dt.datetime) -> int:
    """Take in the rows of a `DemandList`; return how many earlier ones they replaced.

    All that was known of the same post of the same enterprise goes.
    """
    hold(conn, "training demands")
    replaced = 0
    for enterprise, post in dict.fromkeys((each["enterprise"], each["post"]) for each in rows):
        replaced += conn.execute(_BEFORE, {"e": enterprise, "p": post}).rowcount
    at = {"at": int(now.timestamp())}
    if rows:
        conn.execute(insert(demands), [dict(each) | at for each in rows])
    return replaced


def jobs_for(
    conn: Connection, occupation: str, level: str | None, county: str, now: dt.datetime
) -> list[Job]:
    """Return the posts that ask for an occupation, those of the county first; at most `MOST`.

    Posts that ask for no level or none above `level` ("": without a level; None: whatever they
    ask for) and whose last day has not passed, the soonest to end first.
    """
    today = now.date()
    known = conn.execute(_OCCUPATIONS, {"today": today}).scalars()
    names = kin(occupation, sorted(known))
    query = select(*(_D[name] for name in COLUMNS)).where(_D.occupation.in_(names))
    query = query.where(_D.until >= today)
    if level is not None:
        query = query.where(_D.level.in_(_up_to(level)))
    own_first = case((_D.county == county, 0), else_=1)
    rows = conn.execute(query.order_by(own_first, _D.until, _D.id).limit(MOST))
    return [Job(*row) for row in rows]


def _up_to(level: str) -> list[str]:
    """Return the levels that somebody of this one has, "" among them."""
    return ["", *LEVELS[: LEVELS.index(level) + 1]] if level in LEVELS else [""]
