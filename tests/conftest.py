"""What all tests share: where the servers are, and that CI skips nothing."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog

from knowledge.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterator

CACHE = Path(__file__).parent.parent / "var" / "cache"


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Put the logging back that a command run in this process has set for itself."""
    root, kept = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.configure(**kept)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def library() -> Library:
    """Everything under knowledge/, read once for all tests."""
    return Library.load(CACHE)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a green run with skipped tests into a red one where nothing may skip."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = len(reporter.stats.get("skipped", [])) if reporter else 0
    if skipped and os.environ.get("JCBOT_TEST_NO_SKIP"):
        reporter.write_line(f"{skipped} skipped, and JCBOT_TEST_NO_SKIP forbids it", red=True)
        session.exitstatus = 1


@pytest.fixture(scope="session")
def database_url() -> str:
    """The PostgreSQL server for tests; they create schemas of their own in it."""
    return _server("JCBOT_TEST_DATABASE_URL", "postgresql://root@127.0.0.1:5432/test")


@pytest.fixture(scope="session")
def redis_url() -> str:
    """The Redis server for tests; they use keys with a random prefix only."""
    return _server("JCBOT_TEST_REDIS_URL", "redis://127.0.0.1:6379/0")


def _server(name: str, example: str) -> str:
    url = os.environ.get(name)
    if not url:
        pytest.skip(f"set {name} to a running server, e.g. {example}")
    return url
