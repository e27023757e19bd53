"""Out of scope on a public data set, CLINC150 (CC BY 3.0), where it lies beside the repository."""

import random
from collections import defaultdict
from pathlib import Path

import pytest

from core.models.encoder import Encoder
from core.understanding.evaluate import evaluate
from core.understanding.rows import Row, read_rows
from tests.core.understanding.house import made, meanings

DATA = Path(__file__).parents[4] / "shared" / "data" / "nlu" / "clinc150"
SHOTS = 10


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="the data set is not there")
def test_ten_samples_an_intent(tmp_path: Path, encoder: Encoder) -> None:
    few: dict[str, list[Row]] = defaultdict(list)
    rows = list(read_rows(DATA / "train.jsonl").rows)
    random.Random(0).shuffle(rows)
    for row in rows:
        if len(few[row.intent]) < SHOTS:
            few[row.intent].append(row)
    known = [row for intent in few.values() for row in intent]
    model = made(tmp_path / "m", [*known, *read_rows(DATA / "oos_train.jsonl").rows], encoder)
    asked = [*read_rows(DATA / "val.jsonl").rows[::3], *read_rows(DATA / "oos_val.jsonl").rows]
    scores = evaluate(asked, meanings(model, encoder, *(row.text for row in asked)))
    print(scores)
    assert (scores.accuracy or 0) > 0.9
    assert (scores.oos_auroc or 0) > 0.95
