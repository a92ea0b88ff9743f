"""Logs: one line of JSON per event, masked, without query strings, bodies or tracebacks."""

from __future__ import annotations

import contextlib
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

import structlog

from jcbot.masking import mask

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from types import TracebackType

PLACES = 3
"""How many of the innermost places of an error a line names."""


class _StandardError:
    """Standard error as it is now; a log that cannot be written stops nobody from answering."""

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()


def configure(level: int = logging.INFO, *, console: bool = False) -> None:
    """Send our own lines and every library's through the same masking, to standard error.

    `console` writes for people instead of JSON.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        _shorten_error,
        _mask_all,
    ]
    error = _StandardError()
    render: structlog.typing.Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if console:
        render = structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", error)),
    )
    handler = logging.StreamHandler(error)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def describe(error: BaseException) -> str:
    """Name an error by its type and the innermost places; its words may hold personal data."""
    return f"{type(error).__name__} at {_places(error.__traceback__)}"


def _places(trace: TracebackType | None) -> str:
    found = []
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"{Path(code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " < ".join(reversed(found[-PLACES:])) or "?"


def _shorten_error(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"] = describe(error)
    return event


def _mask_all(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if key != "timestamp" and not isinstance(value, (int, float, bool)):
            event[key] = mask(value if isinstance(value, str) else str(value))
    return event
