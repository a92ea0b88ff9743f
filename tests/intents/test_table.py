"""The saved table: believed only when whole and current, rebuilt otherwise."""

import datetime as dt
import shutil
from pathlib import Path

import numpy as np
import pytest

from knowledge.model import FILE, Model
from knowledge.reading import ROOT, KnowledgeError
from knowledge.saved import read_arrays, write_arrays
from knowledge.understanding import Understander

MARK, OTHER = b"m" * 32, b"o" * 32
ARRAYS = {"weights": np.arange(6, dtype=np.float16).reshape(2, 3)}
TODAY = dt.date(2026, 11, 23)


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "table"
    assert write_arrays(path, MARK, ARRAYS)
    assert (read_arrays(path, MARK)["weights"] == ARRAYS["weights"]).all()
    assert [one.name for one in path.parent.iterdir()] == ["table"]


def test_a_table_of_other_data_or_code_reads_as_absent(tmp_path: Path) -> None:
    write_arrays(tmp_path / "table", MARK, ARRAYS)
    assert read_arrays(tmp_path / "table", OTHER) is None


def test_every_damaged_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "table"
    write_arrays(path, MARK, ARRAYS)
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert read_arrays(path, MARK) is None
    for length in (0, 1, 31, 32, 63, 64, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert read_arrays(path, MARK) is None


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not write_arrays(tmp_path / "file" / "table", MARK, ARRAYS)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A root with two intents only, so that training takes no time."""
    root = tmp_path / "knowledge"
    for name in ("concepts.toml", "exact.toml", "priorities.toml", "lexicon"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, (root / name) if source.is_dir() else root.mkdir(exist_ok=True) or root)
    write_sentences(root, "greeting", ["你好在吗老师", "早上好老师"])
    write_sentences(root, "thanks", ["谢谢您帮忙", "多谢您了"])
    return root


def write_sentences(root: Path, intent: str, texts: list[str]) -> None:
    (root / "intents").mkdir(exist_ok=True)
    lines = ", ".join(f'"{text}"' for text in texts)
    text = f'note = "一"\n[[hand]]\nname = "a"\nsentences = [{lines}]\n'
    (root / "intents" / f"{intent}.toml").write_text(text, encoding="utf-8")


def first(model: Model, text: str) -> str:
    return model.judge(text).intents[0][0]


def test_a_changed_sentence_makes_the_table_new(small: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert first(Model.load(small, cache), "早上好") == "greeting"
    before = (cache / FILE).read_bytes()
    assert first(Model.load(small, cache), "早上好") == "greeting"
    assert (cache / FILE).read_bytes() == before
    write_sentences(small, "greeting", ["喂喂喂听得见吗"])
    write_sentences(small, "thanks", ["早上好早上好呀", "早上好辛苦"])
    assert first(Model.load(small, cache), "早上好") == "thanks"
    assert (cache / FILE).read_bytes() != before


def test_a_damaged_table_is_trained_anew_and_mended(small: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    Model.load(small, cache)
    whole = (cache / FILE).read_bytes()
    (cache / FILE).write_bytes(whole[:-9] + b"damaged!!")
    assert first(Model.load(small, cache), "早上好") == "greeting"
    assert (cache / FILE).read_bytes() == whole


def test_a_saved_table_judges_as_the_one_just_trained(small: Path, tmp_path: Path) -> None:
    new = Model.load(small, tmp_path / "cache").judge("老师你好谢谢")
    assert Model.load(small, tmp_path / "cache").judge("老师你好谢谢") == new


def test_a_fault_in_a_changed_file_is_told_and_not_hidden_by_the_table(
    small: Path, tmp_path: Path
) -> None:
    Understander.load(small, tmp_path / "cache")
    (small / "intents" / "greeting.toml").write_text("note = \n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match="格式有误"):
        Understander.load(small, tmp_path / "cache")
