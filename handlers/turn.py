"""What a handler is given and what it gives back: `Incoming`, `Turn`, `Reply`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from handlers.state import State

if TYPE_CHECKING:
    import datetime as dt

    from jcbot.office import Office
    from knowledge.library import Library
    from knowledge.understanding import Understanding

Kind = Literal[
    "text", "voice", "image", "video", "shortvideo", "location", "link", "event", "unknown"
]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an event about subscription notices says of one template.

    `status` is accept or reject, or of a message that was sent, `ref`, WeChat's code, "0" is good.
    """

    template: str
    status: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message or event as the door read it, with no trace of HTTP or XML.

    `text` holds the words of a text message, the recognition of a voice message ("" where
    WeChat gives none) or the title of a link. `event` is WeChat's event name in lower case,
    `event_key` its key with a leading `qrscene_` removed. Latitude and longitude in degrees.
    `ref` is the MsgID of a finish event, `status` what became of that message; of a mass send also
    how many it was for, passed WeChat's rules, were reached, and failed. `answers` are what an
    event about subscription notices lists.
    """

    kind: Kind
    openid: str
    text: str = ""
    event: str = ""
    event_key: str = ""
    latitude: float | None = None
    longitude: float | None = None
    label: str = ""
    ref: str = ""
    status: str = ""
    counts: tuple[int, int, int, int] = (0, 0, 0, 0)
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """The words that go back; an empty text means WeChat's silent `success`."""

    text: str = ""


@dataclass(slots=True)
class Turn:
    """All a handler may use: the message, what it seems to mean, memory, office and knowledge.

    `normal` is the text normalised (width, case, traditional characters, homophones), `then`
    an action (see `handlers.offers.perform`) that is to follow what was said.
    """

    message: Incoming
    library: Library
    office: Office
    now: dt.datetime
    state: State = field(default_factory=State)
    understood: Understanding | None = None
    normal: str = ""
    then: str = ""

    @property
    def text(self) -> str:
        """The words of the message, outer white space removed."""
        return self.message.text.strip()

    @property
    def today(self) -> dt.date:
        """The day of this turn in Asia/Shanghai."""
        return self.now.date()

    def say(self, key: str, **values: object) -> str:
        """Look up the wording of `key` under knowledge/replies and fill in the values."""
        return self.library.replies.text(key, **values)
