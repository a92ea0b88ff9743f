"""Several worker processes on one socket (多进程), watched over simply.

They share the listening socket rather than each opening one with SO_REUSEPORT: connections that
wait in its queue are then not lost when a worker stops. Knowledge is read once, before the fork.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import tempfile
import time
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

SHARED_FIGURES = "PROMETHEUS_MULTIPROC_DIR"
RESTART_SECONDS = 1.0
"""Pause before a worker that died is started again, so that a crash at start does not spin."""
GRACE_SECONDS = 2
"""How long after the settings' `stop_s` a worker that hangs is killed."""

log = structlog.get_logger("bot.workers")


def share_figures() -> None:
    """Let prometheus_client keep the figures of all workers; before it is imported."""
    if SHARED_FIGURES not in os.environ:
        folder = os.environ[SHARED_FIGURES] = tempfile.mkdtemp(prefix="jcbot-metrics-")
        # Workers leave by os._exit, so only the parent comes to this.
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


def report_ready(report: int) -> None:
    """Tell the parent, over the pipe a worker was given, that it listens."""
    os.write(report, b"1")


class Workers:
    """A fixed number of forked children running `work`, which gets the pipe end to report on."""

    def __init__(self, count: int, work: Callable[[int], int], stop_s: float) -> None:
        self._count, self._work, self._stop_s = count, work, stop_s
        self._children: set[int] = set()
        self._stopping = False
        self._reports, self._report = os.pipe()

    def start(self) -> bool:
        """Start all of them; True once all are ready, False if one could not."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self.stop())
        signal.signal(signal.SIGALRM, lambda *_: self._signal_all(signal.SIGKILL))
        for _ in range(self._count):
            self._fork()
        ready = 0
        while ready < self._count and (report := os.read(self._reports, 1)) == b"1":
            ready += len(report)
        return ready == self._count

    def watch(self) -> None:
        """Replace workers that die, until stopped and all are gone."""
        while self._children:
            pid, _ = os.wait()
            self._children.discard(pid)
            if not self._stopping:
                log.error("worker died", left=len(self._children))
                time.sleep(RESTART_SECONDS)
                self._fork()

    def stop(self) -> None:
        """Ask all of them to finish what is open; kill what hangs."""
        if not self._stopping:
            self._stopping = True
            self._signal_all(signal.SIGTERM)
            signal.alarm(int(self._stop_s) + GRACE_SECONDS)

    def _signal_all(self, number: int) -> None:
        for pid in list(self._children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _fork(self) -> None:
        if self._stopping:
            return
        pid = os.fork()
        if pid:
            self._children.add(pid)
            return
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
            signal.signal(name, signal.SIG_DFL)
        code = 1
        try:
            code = self._work(self._report)
        finally:
            if code:
                os.write(self._report, b"0")
            # A child leaves at once: the cleanup of what it inherited is its parent's business.
            os._exit(code)
