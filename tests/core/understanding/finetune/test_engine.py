"""The tuning as a whole. What needs torch, the extra `train`, is left out where it is not installed."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from core.models.build import build
from core.models.encoder import Encoder
from core.models.store import GRAPH, TOKENIZER, check
from core.understanding.finetune import engine
from core.understanding.finetune.engine import finetune, learnt
from core.understanding.finetune.progress import Epoch
from core.understanding.finetune.settings import Settings, suited
from core.understanding.rows import OUTSIDE, Row, Slot
from core.understanding.train import train
from infra.models import checkpoint, encoder_folder, prepare
from shared.errors import DataInvalid, ModelInvalid

TORCH = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed: the extra `train`")
ROOMS = ("kitchen", "hall", "attic", "cellar", "living room")
GENRES = ("jazz", "rock", "folk", "hip hop", "opera")


def said(template: str, intent: str, slot: str, value: str) -> Row:
    start = template.index("*")
    return Row(template.replace("*", value), intent, (Slot(slot, start, start + len(value), value),))


ROWS = [
    *(
        said(f"{verb} the lamp in the *", "lamp", "room", room)
        for verb in ("dim", "light", "kill", "try")
        for room in ROOMS
    ),
    *(
        said(f"{verb} some * now", "music", "genre", one)
        for verb in ("play", "start", "find", "put on")
        for one in GENRES
    ),
]
VALIDATION = [said("light up the *", "lamp", "room", "hall"), said("start a bit of *", "music", "genre", "jazz")]


def test_without_torch_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engine, "find_spec", lambda name: None)
    with pytest.raises(ModelInvalid, match=r"pip install 'nexus-gateway\[train\]'"):
        finetune(ROWS, (), tmp_path / "weights", tmp_path / "tokenizer", tmp_path / "encoder")


def test_without_two_intents_or_slots_there_is_nothing_to_tune_to() -> None:
    with pytest.raises(DataInvalid, match="two intents"):
        learnt([Row("hello", "greet"), Row("who won the war", OUTSIDE)])
    assert learnt(ROWS[:20])[:20] == ROWS[:20]


def test_names_of_intents_are_learnt_and_rows_out_of_scope_are_not() -> None:
    found = learnt([Row("is it here", "card_arrival"), Row("hello", "greet"), Row("who won the war", OUTSIDE)])
    assert Row("card arrival", "card_arrival") in found
    assert all(row.intent != OUTSIDE for row in found)


def test_settings_suit_the_rows() -> None:
    plain = [Row(f"say {n}", f"intent {n % 77}") for n in range(15_000)]
    few, more, many, slotted = (suited(rows) for rows in (plain[:385], plain[:8600], plain, ROWS))
    assert few.rate < many.rate < more.rate < slotted.rate
    assert (few.epochs, more.epochs, many.epochs, slotted.epochs) == (10, 4, 2, 30)


@TORCH
@pytest.mark.slow
def test_a_tiny_tuning_becomes_an_encoder_that_heads_are_fitted_over(tmp_path: Path) -> None:
    weights, tokenizer = checkpoint()
    heard: list[Epoch] = []
    settings = Settings(epochs=2, rate=1e-4)
    folder = finetune(ROWS, VALIDATION, weights, tokenizer, tmp_path / "encoder", settings, heard.append)
    assert check(folder).version != prepare(encoder_folder()).version
    assert [(epoch.number, epoch.of) for epoch in heard] == [(1, 2), (2, 2)]
    assert heard[1].loss < heard[0].loss
    encoder = Encoder(folder / GRAPH, folder / TOKENIZER)
    lamp, kitchen, opera = encoder.encode([ROWS[0].text, ROWS[6].text, ROWS[-1].text])
    assert lamp @ kitchen > lamp @ opera + 0.3
    trained = train(ROWS, VALIDATION, encoder)
    assert trained.labels.tagger is not None
    assert trained.labels.tagger.tags == ("O", "B-genre", "I-genre", "B-room", "I-room")


@TORCH
@pytest.mark.slow
def test_in_torch_the_encoder_says_what_its_graph_says(tmp_path: Path) -> None:
    import torch  # pyright: ignore[reportMissingImports]

    from core.understanding.finetune import bert

    weights, tokenizer = checkpoint()
    build(weights, tokenizer, tmp_path / "float", "float32")
    readings = Encoder(tmp_path / "float" / GRAPH, tmp_path / "float" / TOKENIZER).read([row.text for row in ROWS])
    with torch.no_grad():
        found = bert.encode(bert.load(weights), bert.batch([one.words.ids for one in readings]))
    vectors = torch.nn.functional.normalize(found.means, dim=1).numpy()
    assert np.abs(vectors - np.stack([one.vector for one in readings])).max() < 1e-4
    apart = [found.states[n].numpy()[one.words.first] - one.states for n, one in enumerate(readings)]
    constant = apart[0][0]  # what the graph gives out of a layer carries a constant for each channel
    assert max(np.abs(one - constant).max() for one in apart) < 1e-4
