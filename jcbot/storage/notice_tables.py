"""The tables of announcements and of who wants them; `tables.py` shares its metadata with them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from jcbot.storage.tables import metadata

# Which announcements a worker wants (`on`) or refuses, by kind. A wish may be for a county or a
# trade only ("" for any); a refusal has neither, and no wish of its kind stands beside it.
notice_wishes = Table(
    "notice_wishes",
    metadata,
    Column("openid", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("county", Text, primary_key=True),
    Column("occupation", Text, primary_key=True),
    Column("on", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_notice_wishes_kind_county", "kind", "county"),
)

# What staff announce. `about` is the kind of knowledge/sending/subscriptions.toml, `class_number`
# and `link` may be "", `audience` is the expression, `county` that of the clerk who wrote it or "".
# state: draft (waits for a second person), approved, scheduled, sending, stopped, done. `road`:
# each (a message to each by the channel open to him) or mass; `starts` is when it is to begin, NULL
# for at once. `digest` is of content and audience: the same sent twice is one. `people` is how many
# met the audience when it was written, `recipients` how many of them could be written to; `queued`
# is when the last of them was in the outbox.
announcements = Table(
    "announcements",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("class_number", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("county", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("people", Integer, nullable=False),
    Column("recipients", Integer, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("approved", BigInteger),
    Column("approved_by", Text),
    Column("started", BigInteger),
    Column("queued", BigInteger),
    Column("ended", BigInteger),
    Column("ended_by", Text),
    Column("road", Text, nullable=False, server_default="each"),
    Column("starts", BigInteger),
    Index("uq_announcements_digest", "digest", unique=True),
)

# One call for many of an announcement's people; theirs are the rows of the outbox with its number.
# state: sending, sent, failed, unknown as there, finished when WeChat told how it went: `total`
# people asked for, `filtered` left after its own rules, `reached` and `failed` of those.
mass_sends = Table(
    "mass_sends",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("announcement", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("people", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("holder", Text),
    Column("lease", BigInteger),
    Column("called", BigInteger, nullable=False),
    Column("ref", Text),
    Column("reason", Text),
    Column("settled", BigInteger),
    Column("total", Integer),
    Column("filtered", Integer),
    Column("reached", Integer),
    Column("failed", Integer),
    Index("ix_mass_sends_announcement", "announcement"),
    Index("ix_mass_sends_ref", "ref"),
    Index("ix_mass_sends_state_lease", "state", "lease"),
)

# Which followers have which tag of the account, as WeChat told last; `seen` is when.
follower_tags = Table(
    "follower_tags",
    metadata,
    Column("tag", Text, primary_key=True),
    Column("openid", Text, primary_key=True),
    Column("seen", BigInteger, nullable=False),
    Index("ix_follower_tags_openid", "openid"),
)

# Who agreed to which subscription notice (订阅通知), as WeChat's events tell. `remaining` is how
# many one-time consents are not used up; `given` and `refused` are the CreateTime of the latest
# event of each, 0 for none. `at` is when it last changed by an event.
notice_consents = Table(
    "notice_consents",
    metadata,
    Column("openid", Text, primary_key=True),
    Column("template", Text, primary_key=True),
    Column("remaining", Integer, nullable=False),
    Column("long_term", Boolean, nullable=False),
    Column("given", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)
