"""How far somebody has come in a class, in short lines (上课、考试、证书、就业、补贴)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handlers.turn import Turn
    from jcbot.training.progress import Certificate, Progress


def lines_for(turn: Turn, progress: Progress) -> list[str]:
    """Write a line for each step that was taken; none for a class of which nothing is known yet."""
    return list(_lines(turn, progress))


def _lines(turn: Turn, progress: Progress) -> Iterator[str]:
    words = turn.library.training.results.say
    if progress.attended:
        yield turn.say("progress.days", attended=progress.attended, days=progress.course.days)
    if progress.exam:
        yield turn.say("progress.exam", result=words("exam", progress.exam))
    if progress.certificate:
        yield _certificate(turn, progress.certificate)
    if progress.job:
        yield turn.say("progress.job", job=words("job", progress.job))
    if progress.subsidy:
        yield turn.say("progress.subsidy", status=words("subsidy", progress.subsidy))


def _certificate(turn: Turn, certificate: Certificate) -> str:
    words, number = turn.library.training.results.say, certificate.number
    kind = words("certificate_type", certificate.type)
    if not certificate.level:
        return turn.say("progress.certificate", type=kind, number=number)
    level = words("certificate_level", certificate.level)
    return turn.say("progress.certificate_level", type=kind, level=level, number=number)
