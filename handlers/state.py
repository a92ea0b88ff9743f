"""What a conversation remembers between two messages (会话状态), as plain JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

VERSION = 2


@dataclass(slots=True)
class Form:
    """An interview under way (问答): what is worked out, what is open, what was answered.

    `asked` lists benefit ids, empty for all that the facts touch. `open` is the fact now asked,
    `choices` the values shown for it in their order, `history` the facts asked so far,
    `unclear` those answered 不清楚, `misses` how often in a row no answer was read,
    `again` whether a result is being given again with something changed.
    """

    asked: list[str] = field(default_factory=list)
    open: str = ""
    history: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    choices: list[Any] = field(default_factory=list)
    parked: bool = False
    misses: int = 0
    again: bool = False


@dataclass(slots=True)
class State:
    """One worker's conversation.

    `facts` are the person's own in the JSON form of the fact vocabulary, `others` those
    of everybody else asked for, by how they are called; `whom` is who the talk is about now, ""
    the writer. `offered` are the actions behind the numbers of the
    last list shown, `pages` what 更多 still shows, `misses` how many times in a row the bot did
    not understand, `topic` what the last answer was about, `last` which handler gave it,
    `assumed` which assumptions were told already, `said` the beginning of the last question,
    masked, should the worker say that its answer was of no use, `told` the benefits that the
    last result spoke of, `handed` whether the last answers only named a person. `task` is the
    step of a card or sign-up that is open (see handlers/tasks.py), `after` what is to follow once
    it is known who writes, `picked` the class talked of, `looking` what classes are looked for,
    `draft` what is being filled in (never a name or number), `carded` the card's facts,
    `shelf` the step that was left half-way.
    """

    facts: dict[str, Any] = field(default_factory=dict)
    others: dict[str, dict[str, Any]] = field(default_factory=dict)
    whom: str = ""
    form: Form | None = None
    offered: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    misses: int = 0
    topic: str = ""
    last: str = ""
    last_asked: list[str] = field(default_factory=list)
    confirming: str = ""
    said: str = ""
    handed: bool = False
    told: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    task: str = ""
    after: str = ""
    picked: str = ""
    looking: dict[str, Any] = field(default_factory=dict)
    draft: dict[str, Any] = field(default_factory=dict)
    carded: dict[str, Any] = field(default_factory=dict)
    shelf: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, data: dict[str, Any]) -> State:
        """Read a stored state; one of another version, or none, starts afresh."""
        if data.get("version") != VERSION:
            return cls()
        state = cls(**{key: value for key, value in data.items() if key in NAMES})
        if isinstance(state.form, dict):
            state.form = Form(**state.form)
        return state

    def dump(self) -> dict[str, Any]:
        """Return the JSON form for storage, without the empty parts; {} where all are."""
        kept = {name: value for name in NAMES if (value := getattr(self, name))}
        if self.form is not None:
            kept["form"] = asdict(self.form)
        return {"version": VERSION} | kept if kept else {}

    @property
    def asking(self) -> Form | None:
        """The interview whose question is open now, or None."""
        form = self.form
        return form if form and form.open and not form.parked else None

    def shelf_task(self) -> bool:
        """Put the open step aside for 继续; say whether one is there."""
        if self.task:
            names = ("task", "after", "picked", "draft")
            self.shelf = {name: getattr(self, name) for name in names}
            self.task, self.after, self.draft = "", "", {}
        return bool(self.shelf)

    def unshelve(self) -> bool:
        """Take the step up again that was put aside; False if there is none."""
        for name, value in self.shelf.items():
            setattr(self, name, value)
        self.shelf = {}
        return bool(self.task)

    @property
    def person(self) -> dict[str, Any]:
        """The facts of whomever the talk is about now, to read and to change."""
        return self.others.setdefault(self.whom, {}) if self.whom else self.facts

    @property
    def told_facts(self) -> dict[str, Any]:
        """The facts that were told in the talk, without those of the card."""
        cards = {} if self.whom else self.carded
        return {k: v for k, v in self.person.items() if k not in cards or cards[k] != v}


NAMES = tuple(each.name for each in fields(State))
