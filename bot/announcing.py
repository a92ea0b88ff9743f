"""The work behind `jcbot announce`: read, count, preview, put out (群发通知)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.progress import progress_bar, teller
from bot.wechat.quotas import Quotas
from handlers.notice_values import of_letter
from handlers.notices import announced
from jcbot.announcing import service
from jcbot.announcing.counting import KIND, NOWHERE, UNFOLLOWED, UNSUBSCRIBED, Counts, Roads, count
from jcbot.announcing.explaining import explain
from jcbot.announcing.letters import check_class
from jcbot.announcing.parsing import parse_audience
from jcbot.announcing.rows import AT_ONCE, SENDING, How
from jcbot.announcing.selecting import Rules, check_names
from jcbot.announcing.sending import Sending, put_out
from jcbot.announcing.vocabulary import Books, vocabulary
from jcbot.clock import SHANGHAI, Clock
from jcbot.shared import open_shared
from jcbot.staff.model import StaffError
from knowledge.announcements import load_announcing
from knowledge.facts import FactBook
from knowledge.reading import ROOT
from knowledge.registry import load_registry
from knowledge.replies import Replies, load_replies
from knowledge.rules import PolicySet
from knowledge.sending import CUSTOM, MASS, SUBSCRIPTION, TEMPLATE, SendingRules, load_sending
from knowledge.subscriptions import load_subscriptions
from knowledge.templates import FILE as TEMPLATES
from knowledge.templates import load_templates
from knowledge.topics import load_topics
from knowledge.wechat import load_wechat

if TYPE_CHECKING:
    from sqlalchemy import Row

    from jcbot.announcing.letters import Letter
    from jcbot.announcing.parsing import Node
    from jcbot.config import Config
    from jcbot.staff.model import By
    from jcbot.storage.database import Database
    from knowledge.templates import Templates


@dataclass(frozen=True, slots=True)
class Desk:
    """What the commands need: settings, the moment, and the knowledge."""

    config: Config
    now: dt.datetime
    books: Books
    sending: SendingRules
    replies: Replies
    templates: Templates

    @classmethod
    def of(cls, config: Config) -> Desk:
        """Read what is needed of the knowledge; a fault is a `KnowledgeError`."""
        book = FactBook.load()
        books = Books(
            load_announcing(), load_registry(book), load_subscriptions(),
            PolicySet.load(book=book), load_topics(ROOT / "topics"),
        )  # fmt: skip
        sending, replies = load_sending(ROOT / "sending" / "kinds.toml"), load_replies(_REPLIES)
        templates, now = load_templates(TEMPLATES, sending), Clock(config.clock.fixed).now()
        return cls(config, now, books, sending, replies, templates)

    def rules(self) -> Rules:
        """What terms about benefits go by."""
        return Rules(self.books.policies, self.now.date())

    def fields(self, letter: Letter) -> dict[str, str]:
        """Return what a template message would say, by field; nothing where none is set."""
        if not self.config.sending.templates.get(KIND):
            return {}
        told = of_letter(self.books.subscriptions, letter)
        return self.templates.values(KIND, TEMPLATE, told)

    def roads(self, letter: Letter, road: str) -> Roads:
        """What reaching goes by."""
        sending, mass = self.config.sending, road == MASS
        template, agreed = bool(sending.templates.get(KIND)), sending.subscriptions.get(KIND, "")
        return Roads(self.sending, template, letter.about, letter.course, self.now, agreed, mass)


_REPLIES = ROOT / "replies"
_EACH = (TEMPLATE, SUBSCRIPTION, CUSTOM)
MASS_CALL = "mass_by_list"


@dataclass(frozen=True, slots=True)
class Look:
    """An announcement as it would be now: to whom it goes, how many, how it reads.

    `means` is the audience in a Chinese sentence.
    """

    letter: Letter
    expression: str
    node: Node
    counts: Counts
    text: str
    quota: dict[str, int]
    means: str
    how: How
    fields: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """Return it for `--json`."""
        counts, road = self.counts, self.how.road
        channels = (MASS, *_EACH) if road == MASS else _EACH
        return {
            "audience": self.expression,
            "audience_means": self.means,
            "meets": counts.meets,
            "bound": counts.bound,
            "reachable": {channel: counts.by.get(channel, 0) for channel in channels},
            **{why: counts.by.get(why, 0) for why in (UNSUBSCRIBED, UNFOLLOWED, NOWHERE)},
            "preview": self.text,
            "preview_template": self.fields,
            "quota_left": self.quota,
            "road": road,
            "starts": self.how.starts and self.how.starts.isoformat(),
        }


def read_start(text: str, now: dt.datetime, days: int) -> dt.datetime:
    """Read when to begin: 2026-12-01 09:00, in Shanghai, at most so many days ahead."""
    try:
        found = dt.datetime.strptime(text.strip().replace("T", " "), "%Y-%m-%d %H:%M")  # noqa: DTZ007
    except ValueError:
        raise StaffError(f"--at“{text}”看不懂，写成 2026-12-01 09:00 这样。") from None
    starts = found.replace(tzinfo=SHANGHAI)
    if not now < starts <= now + dt.timedelta(days=days):
        raise StaffError(f"--at 要在现在以后、{days}天以内。")
    return starts


async def look(
    desk: Desk, database: Database, letter: Letter, expression: str, how: How = AT_ONCE
) -> Look:
    """Count and preview; nothing is written. `AudienceError`, `StaffError`."""
    words = vocabulary(desk.books)
    node = parse_audience(expression, words)
    await database.run(partial(check_names, node=node, expression=expression))
    await database.run(partial(check_class, letter=letter))
    with progress_bar() as bar:
        roads = desk.roads(letter, how.road)
        counts = await count(database, node, desk.rules(), roads, teller(bar))
    text = announced(desk.replies, letter)
    quota, means = await _quota(desk.config), explain(node, words)
    fields = desk.fields(letter)
    return Look(letter, expression, node, counts, text, quota, means, how, fields)


async def send(desk: Desk, database: Database, by: By, seen: Look) -> tuple[Row[Any], str]:
    """Write it down and put it out; its row, and the state that it is in after that."""
    if not seen.counts.bound:
        raise StaffError("这个人群里没有知道微信的人，没有发。")
    row = await database.run(
        lambda conn: service.draft(
            conn, by, seen.letter, seen.expression, seen.counts, how=seen.how
        )
    )
    return row, await start(desk, database, by, row.number, seen)


async def start(desk: Desk, database: Database, by: By, number: int, seen: Look) -> str:
    """Put an announcement's recipients into the outbox, or go on with it; its state after that.

    `draft` waits for a second person, `scheduled` for its hour.
    """
    most = desk.config.sending.approval_above
    bound = seen.counts.bound
    state = await database.run(lambda conn: service.begin(conn, by, number, bound, most))
    if state != SENDING:
        return state
    sending = Sending(number, seen.node, desk.rules(), desk.now, most)
    with progress_bar() as bar:
        await put_out(database, sending, teller(bar))
    return state


async def _quota(config: Config) -> dict[str, int]:
    """Return how many calls are left today, where the count is shared by all processes."""
    if not config.redis.url.get_secret_value():
        return {}
    shared, limits = open_shared(config.redis), load_wechat().quotas
    quotas = Quotas(shared, Clock(config.clock.fixed), config.wechat.app_id, limits)
    left = {call: await quotas.left(call) for call in (TEMPLATE, CUSTOM, MASS_CALL)}
    await shared.close()
    return {call: number for call, number in left.items() if number is not None}
