"""The sentences under knowledge/intents: enough of them, by many hands, none written twice."""

import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from knowledge.features import squeeze
from knowledge.normalise import normalise
from knowledge.reading import ROOT, KnowledgeError
from knowledge.sentences import POLICY, Sentence, load_sentences

Sentences = tuple[Sentence, ...]
ENOUGH = 120
ALIKE = 0.8
INTENTS = {
    "policy_question", "eligibility_check", "subsidy_estimate", "card_status", "card_register",
    "training_browse", "training_register", "training_cancel", "my_training", "human_agent",
    "announcement_subscribe", "announcement_unsubscribe", "greeting", "thanks", "help", "affirm",
    "deny", "cancel_flow", "out_of_scope",
}  # fmt: skip


@pytest.fixture(scope="module")
def sentences() -> tuple[Sentence, ...]:
    return load_sentences(ROOT / "intents")


def test_every_intent_of_the_contract_is_there_and_no_other(
    sentences: tuple[Sentence, ...],
) -> None:
    assert {one.label.intent for one in sentences} == INTENTS


def test_topics_with_sentences_are_the_topics_with_answers(
    sentences: tuple[Sentence, ...],
) -> None:
    answered = {path.stem for path in (ROOT / "topics").glob("*.toml")}
    assert {one.label.topic for one in sentences if one.label.intent == POLICY} == answered


def test_each_intent_and_topic_has_enough_sentences_by_several_hands(
    sentences: tuple[Sentence, ...],
) -> None:
    counts = Counter(one.label for one in sentences)
    assert {label: count for label, count in counts.items() if count < ENOUGH} == {}
    hands = defaultdict(set)
    for one in sentences:
        hands[one.label].add(one.hand)
    assert min(map(len, hands.values())) >= 8


def trigrams(text: str) -> frozenset[str]:
    bare = f"^{squeeze(normalise(text))}$"
    return frozenset(bare[at : at + 3] for at in range(len(bare) - 2))


def test_no_sentence_is_nearly_another_of_its_label(sentences: Sentences) -> None:
    seen = defaultdict(list)
    doubles = []
    for one in sentences:
        grams = trigrams(one.text)
        for other, text in seen[one.label]:
            if len(grams & other) > ALIKE * len(grams | other):
                doubles.append((one.text, text))
        seen[one.label].append((grams, one.text))
    assert doubles == []


def test_the_test_hands_wrote_their_own_sentences(sentences: Sentences) -> None:
    """Everyday words coincide; a test sentence that was copied into training proves nothing."""
    files = (ROOT.parent / "tests" / "intents").glob("*.jsonl")
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    tested = {text for line in lines if len(text := json.loads(line)["text"]) > 8}
    same = {one.text for one in sentences} & tested
    assert len(same) < 0.02 * len(tested)


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


GOOD = 'note = "打招呼"\n[[hand]]\nname = "a"\nsentences = ["你好"]\n'


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (GOOD.replace("note", "nota"), "note"),
        (GOOD.replace("sentences", "sentence"), "sentence"),
        (GOOD.replace('"你好"', '" "'), "空的"),
        (GOOD.replace('"你好"', "3"), "文字"),
        (GOOD.replace("]\n", ""), "格式有误"),
    ],
)
def test_a_broken_sentence_file_is_named(tmp_path: Path, text: str, fault: str) -> None:
    write(tmp_path, "greeting.toml", text)
    with pytest.raises(KnowledgeError, match=fault) as met:
        load_sentences(tmp_path)
    assert "greeting.toml" in str(met.value)


def test_one_sentence_under_two_labels_is_refused_with_both_places(tmp_path: Path) -> None:
    write(tmp_path, "greeting.toml", GOOD)
    write(tmp_path, "topics/targets.toml", GOOD)
    with pytest.raises(KnowledgeError, match="greeting") as met:
        load_sentences(tmp_path)
    assert "targets.toml" in str(met.value)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="一句例句也没有"):
        load_sentences(tmp_path)
