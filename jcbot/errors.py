"""Named faults of the office; each carries the one Chinese sentence for the person who meets it."""

from __future__ import annotations


class JcbotError(Exception):
    """Root of our own faults; `sentence` may be shown to a worker or an officer as it stands."""

    sentence = "系统出了点问题，请稍后再试。"

    def __init__(self, sentence: str | None = None) -> None:
        """Take a sentence of its own, or the one of the class."""
        self.sentence = sentence or type(self).sentence
        super().__init__(self.sentence)


class ConfigError(JcbotError):
    """A setting is missing or wrong; names where it stands, its key and the fault."""

    def __init__(self, where: str, key: str, fault: str) -> None:
        """`where` is a file or `环境变量 NAME`; a secret value never belongs in `fault`."""
        super().__init__("：".join(part for part in (where, key, fault) if part))
        self.where, self.key, self.fault = where, key, fault


class StorageError(JcbotError):
    """The database did not do what was asked; nothing of the unit of work was kept."""

    sentence = "系统暂时存不了资料，请过几分钟再发一次。"


class DatabaseBusyError(StorageError):
    """Too much is waiting, or a lock was not had in time; trying again later helps."""

    sentence = "现在用的人太多，请过一会儿再发一次。"


class DatabaseUnavailableError(StorageError):
    """The database cannot be reached, or broke off before it said that it kept the work."""

    sentence = "系统暂时连不上资料库，请过几分钟再发一次。"


class DatabaseFullError(StorageError):
    """The disk is full; reading still works, and writing will once there is room."""

    sentence = "系统的磁盘满了，暂时存不了资料，请过一会儿再发一次。"


class DatabaseClosedError(StorageError):
    """The service is stopping and takes no new work."""

    sentence = "系统正在重启，请过一会儿再发一次。"


class DatabaseTooNewError(StorageError):
    """The database was made by a newer program than this one; starting would harm it."""
