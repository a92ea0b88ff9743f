"""Whom an audience means, as SQL over the live registry and over who is known only by WeChat.

Two sides are asked the same: people of the registry, with the WeChat that is bound to them if
any, and strangers, who follow the account or once were bound but are nobody of the registry. A
term holds only where it is known to hold: unknown counts as no, `not` takes all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any as Any_

import sqlalchemy as sa

from jcbot.announcing.parsing import All, Any, AudienceError, Node, Not, Term, terms
from jcbot.eligibility.missing import one_missing
from jcbot.people.facts import stretch_facts
from jcbot.people.generations import live_number
from jcbot.people.reach import verdicts
from jcbot.storage.identity_tables import bindings
from jcbot.storage.notice_tables import follower_tags, notice_wishes
from jcbot.storage.people_tables import ID, people, people_keys
from jcbot.storage.tables import followers
from jcbot.storage.training_tables import classes, enrolments
from jcbot.tags import known
from jcbot.training.model import CONFIRMED, WAITING

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    from knowledge.rules import PolicySet

Flag = sa.ColumnElement[bool]
_RULES = {"reached_by", "one_fact_missing"}
_SEATS = {"signed_up": CONFIRMED, "waiting": WAITING}


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the question: rows of `source`, who they are, and whether they `fit`.

    `openid` may be NULL for people of the registry. People are asked for by stretches of
    `people.id`, [first, last); strangers by stretches of openids, (above, upto].
    """

    source: sa.FromClause
    openid: sa.ColumnElement[str]
    id_key: sa.ColumnElement[bytes]
    fits: Flag


@dataclass(frozen=True, slots=True)
class Rules:
    """What the terms about benefits go by, on a day."""

    policies: PolicySet
    on: dt.date


def of_registry(node: Node, rules: Rules) -> Side:
    """Return the side of the people of the registry."""
    source: sa.FromClause = people.outerjoin(bindings, bindings.c.id_key == people.c.id_key)
    facts = None
    if any(term.name in _RULES for term in terms(node)):
        facts = stretch_facts(rules.policies.book, rules.on)
        source = source.join(facts, facts.c.person == people.c.id)
    ask = _Asker(bindings.c.openid, people.c.id_key, rules, facts, known=True)
    stretch = sa.and_(people.c.id >= sa.bindparam("first"), people.c.id < sa.bindparam("last"))
    return Side(source, bindings.c.openid, people.c.id_key, sa.and_(stretch, ask.of(node)))


def of_strangers(node: Node, rules: Rules) -> Side:
    """Return the side of those who are known by their WeChat only."""
    known = sa.union(*(
        query.where(cell > sa.bindparam("above"), cell <= sa.bindparam("upto"))
        for query, cell in _by_wechat()
    )).subquery("known")  # fmt: skip
    source = known.outerjoin(bindings, bindings.c.openid == known.c.openid)
    registered = some(
        people_keys.c.person,
        people_keys.c.generation == live_number,
        people_keys.c.domain == ID,
        people_keys.c.key == bindings.c.id_key,
    )
    ask = _Asker(known.c.openid, bindings.c.id_key, rules, None, known=False)
    fits = sa.and_(sa.not_(registered), ask.of(node))
    return Side(source, known.c.openid, bindings.c.id_key, fits)


def stretch_of_strangers() -> sa.Select[Any_]:
    """Return the statement for the last of the next `most` openids `above` one, NULL for none."""
    parts = [
        query.where(cell > sa.bindparam("above"))
        .order_by(cell)
        .limit(sa.bindparam("most"))
        .subquery()
        for query, cell in _by_wechat()
    ]
    known = sa.union(*(sa.select(part.c.openid) for part in parts)).subquery("known")
    first = sa.select(known.c.openid).order_by(known.c.openid).limit(sa.bindparam("most"))
    return sa.select(sa.func.max(first.subquery("first").c.openid))


def _by_wechat() -> list[tuple[sa.Select[Any_], sa.Column[str]]]:
    """Who follows the account, and who is bound to somebody."""
    following = sa.select(followers.c.openid).where(followers.c.following)
    return [
        (following, followers.c.openid),
        (sa.select(bindings.c.openid), bindings.c.openid),
    ]


def some(cell: sa.ColumnElement[Any_], *where: Flag) -> Flag:
    """Return where there is a row.

    Not EXISTS: PostgreSQL would turn that into a join, and into a bad one while it has not yet
    looked at a table just filled; this it looks up by index for each row.
    """
    found = sa.select(cell).where(*where).limit(1).correlate_except(cell.table)
    return found.scalar_subquery().is_not(None)


def check_names(conn: Connection, node: Node, expression: str) -> None:
    """Raise `AudienceError` where a class or a tag is named that there is not."""
    for term in terms(node):
        fault = ""
        if term.name in _SEATS:
            course = sa.select(classes.c.id).where(classes.c.number == term.value)
            fault = "" if conn.execute(course).first() else f"没有编号是“{term.value}”的班"
        elif term.name == "tag" and term.value not in (there := known(conn)):
            have = f"现有：{'、'.join(there)}" if there else "先用 jcbot wechat tags 拉下来"
            fault = f"没有“{term.value}”这个标签。{have}"
        if fault:
            raise AudienceError(max(0, expression.find(term.value)), fault)


@dataclass(frozen=True, slots=True)
class _Asker:
    """Turns a tree into a condition, never NULL, on one side's columns."""

    openid: sa.ColumnElement[str]
    id_key: sa.ColumnElement[bytes]
    rules: Rules
    facts: sa.Subquery | None
    known: bool

    def of(self, node: Node) -> Flag:
        match node:
            case Not():
                return sa.not_(self.of(node.part))
            case All():
                return sa.and_(*(self.of(part) for part in node.parts))
            case Any():
                return sa.or_(*(self.of(part) for part in node.parts))
            case Term():
                return self._term(node)

    def _term(self, term: Term) -> Flag:
        match term.name:
            case "followers":
                mine = followers.c.openid == self.openid
                return some(followers.c.openid, mine, followers.c.following)
            case "signed_up" | "waiting":
                return self._seat(term.value, _SEATS[term.name])
            case "tag":
                mine = follower_tags.c.openid == self.openid
                return some(follower_tags.c.openid, mine, follower_tags.c.tag == term.value)
            case "subscribed":
                return self._wish(notice_wishes.c.kind == term.value)
            case "wish":
                part = notice_wishes.c.occupation.contains(term.value, autoescape=True)
                return sa.or_(self._wish(part), self._registered(term))
        return self._registered(term)

    def _registered(self, term: Term) -> Flag:
        """A term that only the registry can answer."""
        if not self.known:
            return sa.false()
        return sa.func.coalesce(self._cell(term), sa.false())

    def _cell(self, term: Term) -> Flag:
        match term.name:
            case "card":
                return sa.true()
            case "group":
                return people.c[f"groups__{term.value}"]
            case "county" | "town":
                return people.c[term.name] == term.value
            case "labour":
                return people.c.labour_class == term.value
            case "wish":
                return people.c.training_wish.contains(term.value, autoescape=True)
        return self._rule(term)

    def _rule(self, term: Term) -> Flag:
        """Reached by a benefit, or one fact short of being judged."""
        if self.facts is None:
            raise LookupError(term.name)
        policies, on = self.rules.policies, self.rules.on
        if term.name == "reached_by":
            return verdicts(policies, self.facts, on)[term.value] == "eligible"
        return one_missing(policies, term.value, self.facts, on)

    def _seat(self, number: str, state: str) -> Flag:
        course = sa.select(classes.c.id).where(classes.c.number == number).scalar_subquery()
        return some(
            enrolments.c.id,
            enrolments.c.class_id == course,
            enrolments.c.person == self.id_key,
            enrolments.c.state == state,
        )

    def _wish(self, which: Flag) -> Flag:
        mine = notice_wishes.c.openid == self.openid
        return some(notice_wishes.c.openid, mine, notice_wishes.c.on, which)
