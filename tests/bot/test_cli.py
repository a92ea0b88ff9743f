"""The command line as people and other programs meet it: real processes, real sockets."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
ROOMS = ("bot", "handlers", "jcbot", "knowledge")
SETTINGS = """
[wechat]
app_id = "wx0123456789"
token = "testtoken"
aes_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
[server]
port = {port}
workers = {workers}
[database]
url = "sqlite:///service.db"
[files]
cache = "{cache}"
"""


def surroundings(root: Path = ROOT) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("JCBOT_")}
    path = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
    return kept | {"PYTHONPATH": path, "JCBOT_FILES__CACHE": str(ROOT / "var" / "cache")}


def jcbot(*words: str, cwd: Path, given: str = "", root: Path = ROOT) -> tuple[int, str, str]:
    """Run a command to its end: exit code, standard output, standard error."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "bot.cli", *words],
        cwd=cwd,
        env=surroundings(root),
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@contextlib.contextmanager
def running(*words: str, cwd: Path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Start a command that keeps running; what it printed up to `ready`."""
    child = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "bot.cli", *words],
        cwd=cwd,
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    lines: list[str] = []
    try:
        while not (lines and lines[-1].startswith("ready ")):
            lines.append(child.stdout.readline())
            assert lines[-1], lines
        yield child, lines
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def stopped(child: subprocess.Popen[str]) -> int:
    child.send_signal(signal.SIGTERM)
    return child.wait(15)


def write_settings(folder: Path, port: int = 0, workers: int = 1) -> Path:
    file = folder / "settings.toml"
    cache = ROOT / "var" / "cache"
    file.write_text(SETTINGS.format(port=port, workers=workers, cache=cache), encoding="utf-8")
    return file


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def test_the_demo_answers_a_question_and_keeps_serving(tmp_path: Path) -> None:
    with running("demo", cwd=tmp_path) as (child, _):
        assert child.stdout is not None
        told = list(iter(child.stdout.readline, "> 我是企业职工，失业保险交了14个月，"
                         "岗位培训考了高级工，能领多少钱？\n"))  # fmt: skip
        assert "名册5000人，培训班60个" in told[0]
        assert "虚构" in told[1]
        assert "2000元" in child.stdout.readline()
        for name in ("demo.json", "demo.db", "demo.db.keys"):
            assert (tmp_path / "var" / name).stat().st_mode & 0o077 == 0
        code, out, _ = jcbot("chat", cwd=tmp_path, given="你好\n/image\n")
        assert code == 0
        assert out.startswith("> 你好\n< ")
        assert "\n/image\n< " in out
        assert stopped(child) == 0


def test_a_second_demo_takes_the_next_free_port(tmp_path: Path) -> None:
    with running("demo", cwd=tmp_path) as (_, first), running("demo", cwd=tmp_path) as (_, second):
        assert first[-1] != second[-1]


@pytest.mark.parametrize("workers", [1, 2])
def test_serve_answers_and_stops(tmp_path: Path, workers: int) -> None:
    file = write_settings(tmp_path, free_port(), workers)
    with running("serve", "--config", file.name, cwd=tmp_path) as (child, lines):
        assert any("密钥文件" in line for line in lines)
        code, out, _ = jcbot("chat", "--config", file.name, cwd=tmp_path, given="你好\n")
        assert (code, out.startswith("> 你好\n< 您好")) == (0, True)
        assert stopped(child) == 0


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    file = write_settings(tmp_path, free_port(), 2)
    with running("serve", "--config", file.name, cwd=tmp_path) as (child, _):
        tasks = Path(f"/proc/{child.pid}/task/{child.pid}/children")
        before = set(tasks.read_text().split())
        os.kill(int(min(before)), signal.SIGKILL)
        time.sleep(3)
        after = set(tasks.read_text().split())
        assert (len(before), len(after), len(before & after)) == (2, 2, 1)
        assert jcbot("chat", "--config", file.name, cwd=tmp_path, given="你好\n")[0] == 0
        assert stopped(child) == 0


FAULTS = {
    "missing": ("", "wechat.app_id"),
    "unknown key": ("[wechat]\ntokn = 'x'", "wechat.tokn"),
    "wrong type": ("[server]\nport = 'x'", "server.port"),
    "wrong key": ("[wechat]\naes_key = 'short'", "wechat.aes_key"),
    "no toml": ("[wechat", "settings.toml"),
    "half the keys": ("[privacy]\nkeys = ['a:" + "A" * 43 + "=']", "privacy.index_key"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_setting_is_one_sentence_and_exit_1(tmp_path: Path, fault: str) -> None:
    text, named = FAULTS[fault]
    if fault == "half the keys":
        text = SETTINGS.format(port=0, workers=1, cache="cache") + text
    (tmp_path / "settings.toml").write_text(text, encoding="utf-8")
    code, out, err = jcbot("serve", "--config", "settings.toml", cwd=tmp_path)
    assert (code, out) == (1, "")
    assert named in err
    assert len(err.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["settings.toml"]


def test_a_broken_knowledge_file_is_named_by_check_and_stops_serve(tmp_path: Path) -> None:
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room)
    (tmp_path / "knowledge" / "commands.toml").write_text("nonsense = 3\n", encoding="utf-8")
    file = write_settings(tmp_path)
    code, out, _ = jcbot("check", "--config", file.name, cwd=tmp_path, root=tmp_path)
    assert code == 1
    assert "commands.toml" in out
    code, out, err = jcbot("serve", "--config", file.name, cwd=tmp_path, root=tmp_path)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "commands.toml" in err


def test_check_finds_nothing_wrong_with_what_we_ship(tmp_path: Path) -> None:
    assert jcbot("check", cwd=tmp_path)[:2] == (0, "没有发现问题\n")


def test_a_taken_port_is_one_sentence_and_exit_1(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        file = write_settings(tmp_path, taken.getsockname()[1])
        code, _, err = jcbot("serve", "--config", file.name, cwd=tmp_path)
    assert code == 1
    assert "server.port" in err
    assert len(err.splitlines()) == 1


def test_a_script_is_replayed_compared_and_rewritten(tmp_path: Path) -> None:
    script = tmp_path / "talk.txt"
    script.write_text("# 问候\n> 你好\n< 再见\n", encoding="utf-8")
    chat = ("chat", "--script", script.name)
    code, out, _ = jcbot(*chat, cwd=tmp_path)
    assert (code, "- 再见" in out) == (1, True)
    assert jcbot(*chat, "--update", cwd=tmp_path)[0] == 0
    assert script.read_text(encoding="utf-8").startswith("# 问候\n> 你好\n< 您好")
    assert jcbot(*chat, cwd=tmp_path)[0] == 0


def test_understand_and_estimate_answer_a_line_for_a_line(tmp_path: Path) -> None:
    code, out, _ = jcbot("understand", cwd=tmp_path, given="你好\n\n0\n")
    assert (code, len(out.splitlines())) == (0, 3)
    assert [json.loads(line)["intent"] for line in out.splitlines()] == [
        "greeting",
        "out_of_scope",
        "help",
    ]
    given = '{"age": 45}\n{"age": -1}\n不是JSON\n{"age": 46}\n'
    code, out, _ = jcbot("estimate", "--on", "2026-11-23", cwd=tmp_path, given=given)
    answers = [json.loads(line) for line in out.splitlines()]
    assert (code, ["error" in answer for answer in answers]) == (1, [False, True, True, False])
    code, _, _ = jcbot("estimate", "--on", "2026-11-23", cwd=tmp_path, given='{"age": 45}\n')
    assert code == 0
    code, _, said = jcbot("estimate", "--on", "2026-W48-1", cwd=tmp_path, given='{"age": 45}\n')
    assert code != 0
    assert "2026-11-23" in said
