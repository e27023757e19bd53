"""Out of scope on a public data set, CLINC150 (CC BY 3.0), where it lies beside the repository."""

import json
import random
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnx
import pytest
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]

from core.models.encoder import Encoder
from core.models.store import GRAPH, TOKENIZER
from core.understanding.heads import Heads
from core.understanding.samples import samples
from core.understanding.train import train
from infra.models import encoder_folder

DATA = Path(__file__).parents[4] / "shared" / "data" / "nlu" / "clinc150"
SHOTS = 10


def lines(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="the data set is not there")
def test_ten_samples_an_intent(tmp_path: Path) -> None:
    encoder = Encoder(encoder_folder() / GRAPH, encoder_folder() / TOKENIZER)
    intents: dict[str, list[str]] = defaultdict(list)
    shuffled = lines("train.jsonl")
    random.Random(0).shuffle(shuffled)
    for line in shuffled:
        if len(intents[line["intent"]]) < SHOTS:
            intents[line["intent"]].append(line["text"])
    onnx.save_model(train(samples(intents), encoder), str(tmp_path / "heads.onnx"))
    heads = Heads(tmp_path / "heads.onnx")
    inside = lines("val.jsonl")[::3]
    texts = [line["text"] for line in [*inside, *lines("oos_val.jsonl")]]
    meanings = heads.interpret(texts, encoder.encode(texts))
    best = [meaning.ranking[0].intent for meaning in meanings[: len(inside)]]
    accuracy = np.mean([found == line["intent"] for found, line in zip(best, inside, strict=True)])
    auroc = roc_auc_score(np.arange(len(texts)) >= len(inside), [meaning.oos_score for meaning in meanings])
    print(f"accuracy {accuracy:.3f}, AUROC {auroc:.3f}")
    assert accuracy > 0.88
    assert auroc > 0.93
