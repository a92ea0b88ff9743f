"""Small words that show what a message does (提问、更正、接着说), whatever it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

SHORT = 3  # characters of a message whose last one asks nothing yet

if TYPE_CHECKING:
    from handlers.turn import Turn


def looks_asked(turn: Turn) -> bool:
    """Say whether the words ask something."""
    cues, text = turn.library.cues, turn.normal.rstrip("。！!，, ")
    if any(word in text for word in cues["asking"]):
        return True
    ends = text.endswith(cues["asking_at_the_end"]) and len(text) > SHORT
    return ends and not text.endswith(cues["answering_at_the_end"])


def says(turn: Turn, *names: str) -> bool:
    """Say whether the words hold one of these cues (knowledge/cues.toml)."""
    return any(word in turn.normal for name in names for word in turn.library.cues[name])


def of_somebody_else(turn: Turn) -> bool:
    """Say whether the message is about another person than the writer."""
    heard = turn.understood.heard if turn.understood else {}
    return heard.get("about") == "other" or says(turn, "others_cards")


def wants_to_learn(turn: Turn) -> bool:
    """Say whether the words wish for a class or a trade (想学、免费培训)."""
    return says(turn, "learning")


def refers(turn: Turn) -> bool:
    """Whether the words refer back: 那…, 要是…, …呢."""
    opens = turn.normal.startswith(turn.library.cues["opening"])
    return opens or turn.normal.rstrip("?？。 ").endswith("呢")


def corrects(turn: Turn) -> bool:
    """Say whether the words take something back: 不对, 说错了."""
    return says(turn, "correcting")


def after_correction(turn: Turn) -> str:
    """What stands after the last word of correction."""
    text = turn.normal
    words = turn.library.cues["correcting"]
    cut = max(text.rfind(word) + len(word) for word in words if word in text)
    return text[cut:].lstrip("，,。 是")
