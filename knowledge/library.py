"""All that is true and all that is said, read once at start: `Library.load`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from knowledge.announcements import Announcing, load_announcing
from knowledge.asked import Asked, load_asked
from knowledge.card import CardField, load_card, load_refusals
from knowledge.centres import Centres, load_centres
from knowledge.commands import Commands, load_commands
from knowledge.confirming import Confirming, load_confirming
from knowledge.demo import load_demo
from knowledge.facts import FactBook
from knowledge.names import Names, load_names
from knowledge.reading import ROOT, KnowledgeError, Table, read_toml
from knowledge.registry import ListColumns, load_registry
from knowledge.replies import Replies, load_replies
from knowledge.rules import PolicySet
from knowledge.sending import SendingRules, load_sending
from knowledge.situations import Situations, load_situations
from knowledge.staff import StaffBook, load_staff
from knowledge.subscriptions import Subscriptions, load_subscriptions
from knowledge.templates import Templates, load_templates
from knowledge.topics import Topic, load_topics
from knowledge.training import TrainingBook, load_training
from knowledge.understanding import Understander
from knowledge.wechat import WeChatBook, load_wechat

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    from knowledge.demo import DemoBook
    from knowledge.rules.model import Document


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A neighbouring matter that is not ours (别的部门的事) and whose it is."""

    name: str
    words: tuple[str, ...]
    answer: str

    def fits(self, text: str) -> bool:
        """Say whether the normalised text speaks of it."""
        return any(word in text for word in self.words)


@dataclass(frozen=True, slots=True)
class Library:
    """Everything under knowledge/, checked.

    `complaints` maps a kind to the words that show it,
    `cues` are small words that show what a message does,
    `relatives` a word for somebody to how that person is called back.
    """

    book: FactBook
    policies: PolicySet
    topics: dict[str, Topic]
    replies: Replies
    commands: Commands
    situations: Situations
    complaints: dict[str, tuple[str, ...]]
    cues: dict[str, tuple[str, ...]]
    elsewhere: tuple[Elsewhere, ...]
    relatives: dict[str, str]
    counties: dict[str, str]
    centres: Centres
    names: Names
    confirming: Confirming
    registry: ListColumns
    card: tuple[CardField, ...]
    refusals: dict[str, str]
    training: TrainingBook
    wechat: WeChatBook
    sending: SendingRules
    templates: Templates
    subscriptions: Subscriptions
    announcing: Announcing
    staff: StaffBook
    asked: Asked
    understander: Understander

    def county(self, name: str) -> str:
        """Return the official name of a county given in Chinese or in a scene's pinyin."""
        return self.counties.get(name.lower(), name)

    def document(self, today: dt.date) -> Document:
        """Return the newest policy document published by that day; before the first, the first."""
        documents = self.policies.documents
        return next((each for each in reversed(documents) if each.begins <= today), documents[0])

    @classmethod
    def load(cls, cache: Path, root: Path = ROOT) -> Library:
        """Read all files; the first fault found is raised as `KnowledgeError`.

        `cache` is a private folder for the table of the understanding, rebuilt when stale.
        """
        book = FactBook.load(root / "facts.toml")
        return cls(**{name: load(root, cache, book) for name, load in PARTS.items()}, book=book)


def knowledge_faults(cache: Path, root: Path = ROOT) -> list[KnowledgeError]:
    """Look at every part by itself and return the first fault of each."""
    found = []
    try:
        book = FactBook.load(root / "facts.toml")
    except KnowledgeError as fault:
        return [fault]
    for load in (*PARTS.values(), _demo):
        try:
            load(root, cache, book)
        except KnowledgeError as fault:
            found.append(fault)
    return found


def _demo(root: Path, _cache: Path, _book: FactBook) -> DemoBook:
    """Read the demo's data, which are no part of the library: only the demo uses them."""
    return load_demo(root / "demo")


def _words(table: Table) -> dict[str, str]:
    return {word: table.text(word) for word in table.keys()}  # noqa: SIM118 - a Table


def _lists(table: Table) -> dict[str, tuple[str, ...]]:
    return {key: tuple(table.texts(key)) for key in table.keys()}  # noqa: SIM118 - a Table


def _elsewhere(table: Table) -> tuple[Elsewhere, ...]:
    found = []
    for part in table.tables("case"):
        case = Elsewhere(part.text("name"), tuple(part.texts("words")), part.text("answer").strip())
        part.done()
        found.append(case)
    table.done()
    return tuple(found)


PARTS: dict[str, Callable[[Path, Path, FactBook], Any]] = {
    "policies": lambda root, _cache, book: PolicySet.load(root / "policies", book),
    "topics": lambda root, _cache, _book: load_topics(root / "topics"),
    "replies": lambda root, _cache, _book: load_replies(root / "replies"),
    "commands": lambda root, _cache, _book: load_commands(root / "commands.toml"),
    "situations": lambda root, _cache, book: load_situations(root / "situations.toml", book),
    "complaints": lambda root, _cache, _book: _lists(read_toml(root / "complaints.toml")),
    "cues": lambda root, _cache, _book: _lists(read_toml(root / "cues.toml")),
    "elsewhere": lambda root, _cache, _book: _elsewhere(read_toml(root / "elsewhere.toml")),
    "relatives": lambda root, _cache, _book: _words(
        read_toml(root / "relatives.toml").table("call")
    ),
    "counties": lambda root, _cache, _book: _words(read_toml(root / "counties.toml")),
    "confirming": lambda root, _cache, _book: load_confirming(root / "lexicon" / "confirming.toml"),
    "names": lambda root, _cache, _book: load_names(root / "lexicon" / "surnames.toml"),
    "centres": lambda root, _cache, _book: load_centres(root / "centres.toml"),
    "registry": lambda root, _cache, book: load_registry(book, root / "registry" / "columns.toml"),
    "card": lambda root, _cache, book: load_card(
        root / "registry" / "card.toml", load_registry(book, root / "registry" / "columns.toml")
    ),
    "refusals": lambda root, _cache, _book: load_refusals(root / "registry" / "refusals.toml"),
    "training": lambda root, _cache, _book: load_training(root / "training"),
    "wechat": lambda root, _cache, _book: load_wechat(root / "wechat"),
    "sending": lambda root, _cache, _book: load_sending(root / "sending" / "kinds.toml"),
    "templates": lambda root, _cache, _book: load_templates(
        root / "sending" / "templates.toml", load_sending(root / "sending" / "kinds.toml")
    ),
    "subscriptions": lambda root, _cache, _book: load_subscriptions(
        root / "sending" / "subscriptions.toml"
    ),
    "announcing": lambda root, _cache, _book: load_announcing(
        root / "sending" / "announcements.toml"
    ),
    "staff": lambda root, _cache, _book: load_staff(root / "staff"),
    "asked": lambda root, _cache, _book: load_asked(root / "staff" / "questions.toml"),
    "understander": lambda root, cache, _book: Understander.load(root, cache),
}
"""How each part of the library is read: (root, cache, fact book) → the part."""
