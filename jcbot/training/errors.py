"""Why somebody cannot have a seat: each says why, from when it is possible, and what else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jcbot.errors import JcbotError

if TYPE_CHECKING:
    import datetime as dt


class TrainingError(JcbotError):
    """A refusal; `since` is the day from which it would be possible, None if none is known."""

    def __init__(self, sentence: str | None = None, since: dt.date | None = None) -> None:
        super().__init__(sentence)
        self.since = since


class NoSuchClassError(TrainingError):
    """There is no class of this number."""

    sentence = "没有找到这个班，请看看班级编号对不对，或者重新查一下有哪些班。"


class ClassCancelledError(TrainingError):
    """The class was called off."""


class DeadlinePassedError(TrainingError):
    """Signing up is over."""


class NotInGroupsError(TrainingError):
    """Known not to be one of those whom the class is for."""


class YearlyLimitError(TrainingError):
    """Has had as many as a year allows."""


class RepeatedCourseError(TrainingError):
    """Has had the same occupation at the same level too short a time ago."""


class OverlapError(TrainingError):
    """Holds a place in a class on the same days."""


class NotSignedUpError(TrainingError):
    """Holds nothing in this class."""

    sentence = "您没有报这个班，不用取消。"


class CancelTooLateError(TrainingError):
    """The class has begun."""


class NotInClassError(TrainingError):
    """Has no seat in this class."""


class NotClassDayError(TrainingError):
    """The class is not on that day, or the day has not come."""


class WrongCodeError(TrainingError):
    """The check-in code is not that of a class of his today."""

    sentence = "这个签到码不是您今天的班的。请扫当天贴出来的码，还不行就找班上的老师。"
