"""`jcbot evaluate` and `jcbot learn` as staff run them, from a message to a learnt sentence."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_cli import ROOT, jcbot

from bot.fresh import door_of, fresh_config, serving
from bot.telephone import telephone
from jcbot import questions
from jcbot.clock import Clock
from jcbot.questions import ask_staff, latest
from jcbot.settings import Database
from jcbot.storage.database import open_database
from knowledge.corrections import read_corrections, write_corrections
from knowledge.reading import KnowledgeError
from knowledge.sentences import load_sentences

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Connection

    from knowledge.library import Library

AUNT = ROOT / "tests" / "intents" / "aunt.jsonl"
INTENTS = ROOT / "knowledge" / "intents"


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sentence files to write into."""
    return Path(shutil.copytree(INTENTS, tmp_path / "intents"))


def test_evaluate_prints_the_figures_and_what_changed(tmp_path: Path) -> None:
    code, said, _ = jcbot("evaluate", str(AUNT), "--json", cwd=tmp_path)
    found = json.loads(said)
    assert code == 0
    assert found["messages"] == len(AUNT.read_text(encoding="utf-8").splitlines())
    assert 0.9 < found["figures"]["accuracy"] <= 1
    right = sum(score["recall"] * score["number"] for score in found["intents"].values())
    assert round(right) == round(found["figures"]["accuracy"] * found["messages"])
    assert sum(one["number"] for one in found["confusions"]) == len(found["worst"])

    old = tmp_path / "old.json"
    found["worst"].append({"text": "以前错的", "meant": "help", "read": "deny", "score": 0.5})
    gone = found["worst"].pop(0)
    old.write_text(json.dumps(found), encoding="utf-8")
    code, said, _ = jcbot("evaluate", str(AUNT), "--compare", str(old), cwd=tmp_path)
    assert code == 0
    assert "以前错的" in said.split("改好的")[1]
    newly_wrong = said.split("新错的")[1].split("改好的")[0]
    assert "".join(newly_wrong.split()).count(gone["text"][:6]) == 1


def test_evaluate_judges_facts_whole_and_accepts_what_is_accepted(tmp_path: Path) -> None:
    told = {"text": "我失业保险交了14个月，能领多少", "intent": "subsidy_estimate"}
    file = tmp_path / "cases.jsonl"
    file.write_text(
        lines(
            told | {"facts": {"unemployment_insurance_months": 14}},
            told | {"facts": {"unemployment_insurance_months": 14, "age": 40}},
            told | {"intent": "eligibility_check", "accept": ["subsidy_estimate"]},
            told | {"intent": "eligibility_check"},
        ),
        encoding="utf-8",
    )
    code, said, _ = jcbot("evaluate", str(file), "--json", cwd=tmp_path)
    figures = json.loads(said)["figures"]
    assert (code, figures["accuracy"], figures["facts_exact"]) == (0, 0.75, 0.5)
    assert figures["facts_micro_f1"] == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "一行也没有"),
        ("{", "第1行：不是一个 JSON"),
        ('{"text": "你好"}', "第1行：要有文字的 text 和 intent"),
        ('{"text": "你好", "intent": "greeting", "facts": 3}', "facts 要写成对象"),
    ],
)
def test_evaluate_refuses_what_it_cannot_read(tmp_path: Path, text: str, fault: str) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(text, encoding="utf-8")
    code, _, complaint = jcbot("evaluate", str(file), cwd=tmp_path)
    assert code == 1
    assert fault in complaint
    assert "Traceback" not in complaint


def test_a_report_to_compare_with_must_be_one(tmp_path: Path) -> None:
    code, _, complaint = jcbot("evaluate", str(AUNT), "--compare", str(AUNT), cwd=tmp_path)
    assert (code, "不是 jcbot evaluate --json 的输出" in complaint) == (1, True)


async def test_a_useless_answer_makes_one_masked_row(library: Library, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'talks.db'}"
    kept = Database.model_validate({"url": url})
    config = fresh_config().model_copy(update={"database": kept})
    async with (
        serving(config, library) as server,
        telephone(door_of(config, server.url)) as phone,
    ):
        await phone.enter("技能大师工作室市级的给多少钱")
        for _ in range(3):
            await phone.enter("没用")
    database = open_database(url)
    rows = await database.run(latest)
    await database.close()
    asked = [(row.text, row.reason) for row in rows]
    assert asked == [("技能大师工作室市级的给多少钱", "not_useful")]


async def test_what_waits_is_listed_and_learnt(tmp_path: Path, folder: Path) -> None:
    url = "sqlite:///" + str(tmp_path / "talks.db")
    database = open_database(url)
    await database.migrate()

    def asked(conn: Connection) -> None:
        now = Clock(None).now()
        for number in range(2):
            who = questions.asker(f"o{number}", b"k" * 32)
            ask_staff(conn, who, "俺那个本本儿啥时候下来呢 13900001234", "not_understood", now)

    await database.run(asked)
    await database.close()
    config = tmp_path / "config.toml"
    config.write_text(f'[database]\nurl = "{url}"\n', encoding="utf-8")

    code, said, _ = jcbot("learn", "--config", str(config), cwd=tmp_path)
    [row] = [json.loads(line) for line in said.splitlines()]
    assert (code, row["text"], row["askers"]) == (0, "俺那个本本儿啥时候下来呢 〔手机号〕", 2)
    assert "o0" not in said

    file = tmp_path / "filled.jsonl"
    file.write_text(
        lines(
            row | {"intent": "my_training"},
            {"text": "这句还没看", "intent": ""},
            {"text": load_sentences(folder)[0].text + "。", **label_of(folder)},
        ),
        encoding="utf-8",
    )
    before = texts(folder)
    again = ("learn", str(file), "--folder", str(folder))
    code, said, _ = jcbot(*again, cwd=tmp_path)
    assert (code, "没有写入" in said, "已经有差不多的一句" in said) == (1, True, True)
    assert texts(folder) == before

    code, said, _ = jcbot(*again, "--check", str(AUNT), "--yes", cwd=tmp_path)
    assert (code, "已写入 my_training.toml" in said, "意图正确率" in said) == (0, True, True)
    after = texts(folder)
    changed = [path.name for path in before if after[path] != before[path]]
    assert changed == ["my_training.toml"]
    assert row["text"] in {one.text for one in load_sentences(folder) if one.hand == "staff"}


def texts(folder: Path) -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in folder.rglob("*.toml")}


def label_of(folder: Path) -> dict[str, str]:
    label = load_sentences(folder)[0].label
    return {"intent": label.intent, "topic": label.topic}


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"text": "某句", "intent": "no_such"}, "没有这样的意图或主题"),
        ({"text": "某句", "intent": "policy_question"}, "政策问题要写 topic"),
        ({"text": "某句", "intent": "policy_question", "topic": "moon"}, "没有这样的意图或主题"),
        ({"text": "。。", "intent": "greeting"}, "没有字"),
    ],
)
def test_a_correction_that_fits_nowhere_is_refused(
    tmp_path: Path, row: dict[str, str], fault: str
) -> None:
    file = tmp_path / "filled.jsonl"
    file.write_text(lines(row), encoding="utf-8")
    with pytest.raises(KnowledgeError, match=fault):
        read_corrections(file, load_sentences(INTENTS))


def test_a_sentence_known_under_another_label_is_named(tmp_path: Path) -> None:
    known = load_sentences(INTENTS)
    one = next(each for each in known if each.label.intent == "greeting")
    file = tmp_path / "filled.jsonl"
    file.write_text(lines({"text": one.text, "intent": "thanks"}), encoding="utf-8")
    with pytest.raises(KnowledgeError, match="已经写在 greeting 里"):
        read_corrections(file, known)


def test_awkward_sentences_are_written_so_that_they_read_back(tmp_path: Path, folder: Path) -> None:
    awkward = ['他说"没有"行不', "反斜杠\\n在这", "换\n行", "😀哈哈[[hand]]", "]"]
    file = tmp_path / "filled.jsonl"
    file.write_text(lines(*({"text": a + "呢", "intent": "thanks"} for a in awkward)), "utf-8")
    for _ in range(2):  # the second time all are known
        fresh = read_corrections(file, load_sentences(folder)).fresh
        write_corrections(folder, fresh)
    data = tomllib.loads((folder / "thanks.toml").read_text(encoding="utf-8"))
    [mine] = [hand["sentences"] for hand in data["hand"] if hand["name"] == "staff"]
    assert mine == [a + "呢" for a in awkward]
