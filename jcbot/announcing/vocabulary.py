"""The values that audiences know: counties and groups of the registry, notices, benefits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jcbot.announcing.parsing import Values, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knowledge.announcements import Announcing
    from knowledge.registry import ListColumn, ListColumns
    from knowledge.rules import PolicySet
    from knowledge.subscriptions import Subscriptions
    from knowledge.topics import Topic


@dataclass(frozen=True, slots=True)
class Books:
    """What of the knowledge the values are taken from."""

    announcing: Announcing
    registry: ListColumns
    subscriptions: Subscriptions
    policies: PolicySet
    topics: Mapping[str, Topic]


def vocabulary(books: Books) -> Vocabulary:
    """Make it of what the knowledge holds."""
    columns = books.registry.columns
    kinds = books.subscriptions.kinds
    notices = {code: code for code in kinds} | {kind.label: code for code, kind in kinds.items()}
    topics = books.topics
    benefits = {key: key for key in books.policies.versions}
    shown = "、".join(f"{topics[key].title}（{key}）" for key in benefits)
    benefits |= {topics[key].title: key for key in benefits}
    titles = {key: topics[key].title for key in books.policies.versions}
    benefit = Values("补贴", benefits, f"可以写：{shown}", labels=titles)
    course = Values("班级编号", free=True)
    labels = {code: kind.label for code, kind in kinds.items()}
    subscribed = Values("通知", notices, f"可以写：{'、'.join(notices)}", labels=labels)
    values = {
        "county": _choices(columns["county"]),
        "group": _choices(columns["groups"]),
        "labour": _choices(columns["labour_class"]),
        "town": Values("乡镇", free=True),
        "wish": Values("想学什么", free=True),
        "signed_up": course,
        "waiting": course,
        "subscribed": subscribed,
        "tag": Values("标签", free=True),
        "reached_by": benefit,
        "one_fact_missing": benefit,
    }
    return Vocabulary(books.announcing, values)


def _choices(column: ListColumn) -> Values:
    """Take the words of a column, and its codes too."""
    words = {code: code for code in column.codes} | column.words
    shown = (
        column.shown(code) if column.shown(code) == code else f"{column.shown(code)}（{code}）"
        for code in column.codes
    )
    labels = {code: column.shown(code) for code in column.codes}
    return Values(column.name, words, f"可以写：{'、'.join(shown)}", labels=labels)
