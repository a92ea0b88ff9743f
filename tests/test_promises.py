"""What the README, the intents' table and the wording promise is really there."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bot.fresh import rehearsal
from bot.transcripts import play, read
from handlers.arrivals import CLICKS
from handlers.routes import TOPICS
from knowledge.sentences import POLICY, load_sentences

if TYPE_CHECKING:
    from knowledge.library import Library

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
LEAST = 40
BENEFIT_TOPICS = 26


def counted() -> dict[str, int]:
    counts: dict[str, int] = {}
    for sentence in load_sentences(ROOT / "knowledge" / "intents"):
        name = sentence.label.topic or sentence.label.intent
        counts[name] = counts.get(name, 0) + 1
    return counts


def test_every_intent_has_a_handler_and_sentences() -> None:
    counts = counted()
    for intent in TOPICS:
        assert intent == POLICY or counts.get(intent, 0) >= LEAST, intent


def test_every_topic_has_an_answer_and_sentences(library: Library) -> None:
    counts = counted()
    assert len(library.topics) == BENEFIT_TOPICS
    for topic in library.topics.values():
        assert topic.answer
        assert topic.clause
        assert counts.get(topic.id, 0) >= LEAST, topic.id


def test_every_benefit_is_a_topic(library: Library) -> None:
    assert set(library.policies.benefits) <= set(library.topics)


def test_every_wording_asked_for_exists(library: Library) -> None:
    for path in sorted((ROOT / "handlers").glob("*.py")):
        for key in re.findall(r'say\(\s*"([a-z]+\.[a-z_]+)"', path.read_text(encoding="utf-8")):
            assert key in library.replies, f"{path.name}: {key}"


def test_every_menu_button_leads_somewhere(library: Library) -> None:
    assert set(CLICKS) == {"CHECK", "TRAINING", "CARD", "MINE", "HUMAN", "HELP"}
    assert all(action in {"estimate", *TOPICS} for action in CLICKS.values())
    assert library.county("gaoping") == "高平市"


def test_readme_names_make_targets_that_exist() -> None:
    shown = subprocess.run(  # noqa: S603 - our own Makefile
        [shutil.which("make") or "make", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for target in set(re.findall(r"`?make ([a-z]+)", README)):
        assert f"make {target} " in shown, target


def test_readme_names_commands_that_exist() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "bot.cli", "--help"], cwd=ROOT, capture_output=True, text=True,
        check=True,
    ).stdout  # fmt: skip
    for command in set(re.findall(r"`jcbot ([a-z]+)`", README)):
        assert command in shown, command


def test_readme_names_files_that_exist() -> None:
    for path in set(
        re.findall(r"`((?:knowledge|tests|docs|bot|handlers|jcbot)/[\w./-]*)`", README)
    ):
        assert (ROOT / path).exists(), path


async def test_readme_shows_a_real_conversation(library: Library) -> None:
    block = re.search(r"```\n(> .*?)```", README, re.DOTALL)
    assert block
    async with rehearsal(library) as phone:
        differences = await play(read(block.group(1)), phone)
    assert not differences, differences[0].show()


def test_the_picture_shows_what_the_tests_play() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "picture.py"))
    drawn = made["draw"](made["SOURCE"].read_text(encoding="utf-8"))
    assert made["TARGET"].read_text(encoding="utf-8") == drawn
