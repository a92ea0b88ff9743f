"""The house keeps its shape: imports only look ahead, no file or function grows without end."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "bot": {"bot", "handlers", "jcbot", "knowledge"},
    "handlers": {"handlers", "jcbot", "knowledge"},
    "jcbot": {"jcbot", "knowledge"},
    "knowledge": {"knowledge"},
}
NEVER = {
    "handlers": {"aiohttp", "wechatpy", "sqlalchemy", "xmltodict", "redis"},
    "jcbot": {"aiohttp", "wechatpy", "jieba"},
    "knowledge": {"sqlalchemy", "redis", "aiohttp", "wechatpy"},
}
FILES = [path for room in MAY_IMPORT for path in sorted((ROOT / room).rglob("*.py"))]


def imports_of(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def faults_of(room: str, names: set[str]) -> set[str]:
    backwards = (names & set(MAY_IMPORT)) - MAY_IMPORT[room]
    return backwards | (names & NEVER.get(room, set())) | (names & {"tests", "benchmarks"})


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_only_look_ahead(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    assert faults_of(room, imports_of(ast.parse(path.read_text()))) == set()


def test_the_rule_sees_a_look_back() -> None:
    tree = ast.parse("from handlers.turn import Turn\nimport sqlalchemy")
    assert faults_of("knowledge", imports_of(tree)) == {"handlers", "sqlalchemy"}


def test_no_clock_in_knowledge() -> None:
    for path in sorted((ROOT / "knowledge").rglob("*.py")):
        text = path.read_text()
        assert ".now(" not in text, path
        assert ".today()" not in text, path


def test_functions_stay_readable() -> None:
    lengths = sorted(
        (node.end_lineno or 0) - node.lineno + 1
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert lengths[len(lengths) // 2] <= 16
    assert lengths[len(lengths) * 95 // 100] <= 40
