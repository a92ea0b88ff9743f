"""A number, a yes or a no to two or three choices just put (选一个): only what is beyond doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.numbers import number_of

if TYPE_CHECKING:
    from handlers.turn import Turn


def choice(turn: Turn, kind: str, yes: int = 1, no: int = 2) -> int | None:
    """Return the number chosen; a yes in words is `yes`, a no is `no`; None for anything else.

    `kind` names the lists of confirming.toml that count beside the plain words (`kind`,
    `not_kind`). A question or a sigh is neither, whatever it seems to mean.
    """
    number = number_of(turn.normal)
    if number is not None:
        return number
    words = turn.library.confirming
    if words.no(turn.normal, *_list(turn, f"not_{kind}")):
        return no
    return yes if words.yes(turn.normal, *_list(turn, kind)) else None


def _list(turn: Turn, name: str) -> tuple[str, ...]:
    return (name,) if name in turn.library.confirming.words else ()
