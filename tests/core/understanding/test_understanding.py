"""Training, caching and using the heads, on a small set of skills of its own."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from core.models.encoder import SIZE, Encoder
from core.models.store import GRAPH, TOKENIZER, check
from core.understanding import cache
from core.understanding.cache import trained
from core.understanding.heads import LONGEST, Heads
from core.understanding.samples import Samples, background, samples, variants
from core.understanding.train import train
from infra.models import encoder_folder, open_models, prepare
from infra.system import SystemClock
from shared.errors import ModelInvalid

INTENTS = {
    "lamp.on": [
        "turn on the lamp",
        "switch the lamp on",
        "lamp on please",
        "light up the room",
        "put the light on",
        "can you turn on the light",
        "I need some light in here",
        "make it brighter",
    ],
    "tea.order": [
        "I would like a cup of tea",
        "bring me tea",
        "one green tea please",
        "could I have some tea with milk",
        "order a pot of black tea",
        "get me a mug of tea",
        "tea for two, please",
        "I want some tea",
    ],
    "story.tell": [
        "tell me a story",
        "read me a fairy tale",
        "I'd like to hear a bedtime story",
        "do you know a good tale",
        "let's have another story",
        "what's a nice story for children",
        "start a story about a dragon",
        "go on with the tale",
    ],
}
HELD_OUT = {
    "please put the lamp on": "lamp.on",
    "a nice cup of tea would be lovely": "tea.order",
    "I want to listen to a story about a princess": "story.tell",
}


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    prepare(encoder_folder())
    return Encoder(encoder_folder() / GRAPH, encoder_folder() / TOKENIZER)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("heads")


def heads_file(folder: Path, given: Samples | None = None, version: str = "v1") -> Path:
    return trained(folder, "en", given or samples(INTENTS), encoder_folder(), version)


@pytest.fixture(scope="module")
def heads(folder: Path, encoder: Encoder) -> Heads:
    return Heads(heads_file(folder))


def trained_here(folder: Path, encoder: Encoder, intents: dict[str, list[str]]) -> Heads:
    """Heads trained in this process."""
    onnx.save_model(train(samples(intents), encoder), str(folder / "heads.onnx"))
    return Heads(folder / "heads.onnx")


def understood(heads: Heads, encoder: Encoder, *texts: str) -> list[str | None]:
    return [meaning.intent for meaning in heads.interpret(texts, encoder.encode(texts))]


def test_other_words_for_the_same_are_understood(heads: Heads, encoder: Encoder) -> None:
    assert understood(heads, encoder, *HELD_OUT) == list(HELD_OUT.values())


def test_what_no_skill_answers_is_out_of_scope(heads: Heads, encoder: Encoder) -> None:
    unseen = ["how deep is the Pacific ocean", "my flight was cancelled", "which bus goes to the harbour"]
    assert understood(heads, encoder, *unseen) == [None] * 3


def test_without_the_encoder_nothing_is_understood(heads: Heads) -> None:
    blind = heads.interpret(list(HELD_OUT), np.zeros((len(HELD_OUT), SIZE), np.float32))
    assert [meaning.intent for meaning in blind] != list(HELD_OUT.values())
    assert len({meaning.ranking for meaning in blind}) == 1


@pytest.mark.parametrize(
    "text", ["", "   ", "\n", "?", "😀", "😀😀😀", "a", "7", "…!", "\0", "x" * 10_000, "tea " * 2_500]
)
def test_what_says_nothing_is_out_of_scope(heads: Heads, encoder: Encoder, text: str) -> None:
    (meaning,) = heads.interpret([text], encoder.encode([text]))
    assert meaning.intent is None
    assert meaning.oos_score == 1.0


def test_a_long_request_is_still_understood(heads: Heads, encoder: Encoder) -> None:
    text = ("tell me a story about a dragon who lived by the sea and " * 40)[:LONGEST]
    assert understood(heads, encoder, text) == ["story.tell"]


def test_scores_are_chances(heads: Heads, encoder: Encoder) -> None:
    texts = [*HELD_OUT, *background()[:50]]
    for meaning in heads.interpret(texts, encoder.encode(texts)):
        scores = [ranked.score for ranked in meaning.ranking]
        assert {ranked.intent for ranked in meaning.ranking} == set(INTENTS)
        assert scores == sorted(scores, reverse=True)
        assert sum(scores) + meaning.oos_score == pytest.approx(1.0, abs=1e-5)
        assert meaning.score == scores[0]
        assert meaning.intent in (None, meaning.ranking[0].intent)


def test_cross_validation_is_told(heads: Heads) -> None:
    assert heads.facts.labels == tuple(sorted(INTENTS))
    assert heads.facts.accuracy > 0.8
    assert heads.facts.auroc > 0.9
    assert 0 < heads.facts.threshold < 1


def test_training_twice_gives_the_same(encoder: Encoder) -> None:
    one, two = (train(samples(INTENTS), encoder).SerializeToString() for _ in range(2))
    assert one == two


def test_a_single_intent_is_enough(encoder: Encoder, tmp_path: Path) -> None:
    heads = trained_here(tmp_path, encoder, {"tea.order": INTENTS["tea.order"]})
    assert understood(heads, encoder, "bring me some tea", "how deep is the ocean") == ["tea.order", None]


def test_an_intent_with_one_sample_is_learnt(encoder: Encoder, tmp_path: Path) -> None:
    heads = trained_here(tmp_path, encoder, {**INTENTS, "door.close": ["close the door"], "empty": []})
    assert understood(heads, encoder, "close the door") == ["door.close"]
    assert "empty" not in heads.facts.labels


# -- the cache -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> Path:
        raise AssertionError("trained again")

    monkeypatch.setattr(cache, "_train", refuse)


@pytest.mark.usefixtures("no_training", "heads")
def test_the_same_samples_are_not_trained_twice(folder: Path) -> None:
    reordered = samples(dict(reversed(INTENTS.items())))
    assert heads_file(folder) == heads_file(folder, reordered)


@pytest.mark.usefixtures("no_training", "heads")
@pytest.mark.parametrize("change", ["sample", "background", "encoder", "recipe"])
def test_any_change_is_trained_anew(folder: Path, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given, version = samples(INTENTS), "v1"
    if change == "sample":
        given = samples({**INTENTS, "tea.order": [*INTENTS["tea.order"], "tea now"]})
    elif change == "background":
        given = Samples(given.intents, given.background[1:])
    elif change == "encoder":
        version = "v2"
    else:
        monkeypatch.setattr(cache, "RECIPE", cache.RECIPE + 1)
    with pytest.raises(AssertionError, match="trained again"):
        heads_file(folder, given, version)


@pytest.mark.usefixtures("heads")
def test_damaged_heads_are_made_again(tmp_path: Path, folder: Path) -> None:
    path = Path(shutil.copy(heads_file(folder), tmp_path))
    whole = path.read_bytes()
    path.write_bytes(whole[:-100] + bytes(100))
    again = heads_file(tmp_path)
    assert again == path
    assert again.read_bytes() == whole


@pytest.mark.usefixtures("heads")
def test_heads_of_other_samples_are_removed(tmp_path: Path, folder: Path) -> None:
    new = Path(shutil.copy(heads_file(folder), tmp_path))
    (tmp_path / "heads-en-0123456789abcdef-0123456789abcdef.onnx").write_bytes(b"old")
    other = tmp_path / "heads-de-0123456789abcdef-0123456789abcdef.onnx"
    other.write_bytes(b"of another language")
    assert heads_file(tmp_path) == new
    assert set(tmp_path.glob("*.onnx")) == {new, other}


def test_failed_training_says_why(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match=r"tokenizer\.json does not load"):
        trained(tmp_path / "heads", "en", samples(INTENTS), tmp_path / "nowhere", "v1")
    assert not list((tmp_path / "heads").glob("*.onnx"))


def test_training_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*args: object, **kwargs: object) -> None:
        raise subprocess.TimeoutExpired("train", 300)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(ModelInvalid, match="stopped"):
        heads_file(tmp_path)


def test_a_graph_without_facts_holds_no_heads() -> None:
    with pytest.raises(ModelInvalid, match="no heads"):
        Heads(encoder_folder() / GRAPH)


# -- samples -------------------------------------------------------------------------------------------------------------


def test_sentences_out_of_scope_are_many_and_different() -> None:
    sentences = background()
    assert len(sentences) >= 150
    assert len({sentence.lower() for sentence in sentences}) == len(sentences)


def test_variants_say_the_same_otherwise() -> None:
    assert list(variants("What's up, doc?")) == ["What's up doc", "what is up doc"]
    assert list(variants("hello")) == []
    assert all(not re.search(r"[?,.]", variant) for sentence in background() for variant in variants(sentence))


# -- the service ---------------------------------------------------------------------------------------------------------


async def test_the_service_understands(tmp_path: Path, encoder: Encoder) -> None:
    clock = SystemClock()
    with open_models(tmp_path, {"en": INTENTS, "de": {}}, 1, clock) as models:
        meanings = [await models.understand(text, "en-US", clock.now() + 20) for text in HELD_OUT]
        assert models.state().version == check(encoder_folder()).version
        assert models.state().ready
    assert [meaning.intent for meaning in meanings] == list(HELD_OUT.values())


def test_what_serves_loads_no_trainer() -> None:
    code = "import sys, infra.models; print([m for m in ('onnx', 'sklearn', 'scipy', 'torch') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(cache.__file__).parents[2]
    )
    assert json.loads(done.stdout.replace("'", '"')) == []
