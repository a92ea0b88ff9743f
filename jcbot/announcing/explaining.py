"""An audience in one Chinese sentence (人群的意思), so that whoever sends it sees what it says.

Parts of another kind stand in brackets, whatever binds tighter: the sentence can be read in one
way only. Free values stand in quotes, for they may read like a part of the sentence.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jcbot.announcing.parsing import All, Not, Term

if TYPE_CHECKING:
    from jcbot.announcing.parsing import Node, Vocabulary

_CODE = re.compile(r"[A-Za-z0-9-]+")


def explain(node: Node, vocabulary: Vocabulary) -> str:
    """Return what an audience means, without a full stop."""
    says = vocabulary.words.says
    match node:
        case Term():
            return says.terms[node.name].format(value=_shown(node, vocabulary))
        case Not(part=Term() as term):
            return says.denied[term.name].format(value=_shown(term, vocabulary))
        case Not():
            return says.negation.format(part=explain(node.part, vocabulary))
    joint = says.both if isinstance(node, All) else says.either
    return joint.join(_bracketed(part, vocabulary) for part in node.parts)


def _bracketed(part: Node, vocabulary: Vocabulary) -> str:
    said = explain(part, vocabulary)
    return said if isinstance(part, Term | Not) else f"（{said}）"


def _shown(term: Term, vocabulary: Vocabulary) -> str:
    """The value as people call it."""
    values = vocabulary.values.get(term.name)
    if values is None:
        return ""
    if values.free:
        return term.value if _CODE.fullmatch(term.value) else f"“{term.value}”"
    return values.labels[term.value]
