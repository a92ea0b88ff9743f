"""Figures for Prometheus (指标): counts and times, never an id or a word of anyone's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

if TYPE_CHECKING:
    from collections.abc import Iterable

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Set by the parent of several workers, so that each can show the figures of all."""

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4.5, 10)


class Metrics:
    """What the door counts; labels take only values from our own fixed lists."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        if SHARED_FOLDER not in os.environ:
            ProcessCollector(registry=registry)
        self._messages = Counter("jcbot_messages", "Verified pushes", ["kind"], registry=registry)
        self._refused = Counter("jcbot_refusals", "Refused pushes", ["reason"], registry=registry)
        self._calls = Counter(
            "jcbot_api_calls",
            "Calls to WeChat and to the SMS gateway",
            ["call", "code"],
            registry=registry,
        )  # fmt: skip
        self.failures = Counter("jcbot_failures", "Messages that failed", registry=registry)
        self.late = Counter("jcbot_late_answers", "Answers after WeChat's try", registry=registry)
        self.open = Gauge(
            "jcbot_open_messages",
            "Messages being worked on",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.seconds = Histogram(
            "jcbot_answer_seconds", "Arrival to answer", buckets=_SECONDS, registry=registry
        )
        # Looking a label up costs more than counting, so each child is kept.
        self._kinds: dict[str, Counter] = {}
        self._reasons: dict[str, Counter] = {}
        self._api: dict[tuple[str, str], Counter] = {}

    def message(self, kind: str) -> None:
        """Count a verified message of this kind."""
        child = self._kinds.get(kind)
        if child is None:
            child = self._kinds[kind] = self._messages.labels(kind)
        child.inc()

    def refused(self, reason: str) -> None:
        """Count a refusal with this reason."""
        child = self._reasons.get(reason)
        if child is None:
            child = self._reasons[reason] = self._refused.labels(reason)
        child.inc()

    def api(self, call: str, code: str) -> None:
        """Count a call to WeChat and what it came to: a code of the table, or a word for it."""
        child = self._api.get((call, code))
        if child is None:
            child = self._api[call, code] = self._calls.labels(call, code)
        child.inc()

    def text(self) -> Iterable[bytes]:
        """Return the figures in Prometheus' text format, of all workers where there are several."""
        registry = self.registry
        if SHARED_FOLDER in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        yield generate_latest(registry)
