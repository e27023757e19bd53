"""`nexus nlu`: trained from JSON Lines, asked, scored; the folder stands alone, and what is wrong is said in a line."""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.core.understanding.house import HELD_OUT, INTENTS, coloured
from tests.infra.cli.conftest import Run


def write(path: Path, lines: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows to train on and to test on."""
    folder = tmp_path_factory.mktemp("rows")
    plain: list[dict[str, object]] = [{"text": t, "intent": i} for i, texts in INTENTS.items() for t in texts]
    slotted: list[dict[str, object]] = [
        {
            "text": row.text,
            "intent": row.intent,
            "slots": [{"slot": s.slot, "start": s.start, "end": s.end, "value": s.value} for s in row.slots],
        }
        for row in coloured()
    ]
    strange: list[dict[str, object]] = [
        {"text": t, "intent": "oos"} for t in ("how deep is the sea", "my flight is late")
    ]
    write(folder / "train.jsonl", plain + slotted[::2])
    asked: list[dict[str, object]] = [{"text": t, "intent": i} for t, i in HELD_OUT.items()]
    write(folder / "test.jsonl", asked + slotted[1::6] + strange)
    return folder


@pytest.fixture(scope="module")
def model(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that the command trained."""
    from infra.cli.nlu import train_model

    out = tmp_path_factory.mktemp("out") / "my model"
    train_model([data / "train.jsonl"], [], out, "en", finetune=False)
    return out


def test_each_line_gets_its_meaning(model: Path, run: Run) -> None:
    typed = b"bring me tea\n\nmake the lamp in the hall blue\r\n\xff"
    told = run("nlu", "predict", "--model", str(model), typed=typed)
    lines = [json.loads(line) for line in told.out.splitlines()]
    assert told.code == 0
    assert [line["intent"] for line in lines] == ["tea.order", None, "lamp.colour", None]
    assert all(set(line) == {"intent", "in_scope", "score", "oos_score", "slots", "ranking"} for line in lines)
    assert [line["in_scope"] for line in lines] == [True, False, True, False]
    assert lines[2]["slots"] == [
        {"slot": "place", "start": 21, "end": 25, "value": "hall"},
        {"slot": "colour", "start": 26, "end": 30, "value": "blue"},
    ]
    assert [ranked["intent"] for ranked in lines[1]["ranking"]]


def test_a_model_is_scored(model: Path, data: Path, run: Run) -> None:
    told = run("nlu", "evaluate", "--model", str(model), "--test", str(data / "test.jsonl"))
    scores = json.loads(told.out)
    assert told.code == 0
    assert set(scores) >= {"accuracy", "oos_recall", "oos_fpr", "oos_auroc", "slot_f1", "frame_accuracy", "ece"}
    assert scores["accuracy"] == 1.0
    assert scores["slot_f1"] > 0.8


def test_the_folder_stands_alone_with_its_card(model: Path, data: Path, tmp_path: Path, run: Run) -> None:
    moved = Path(shutil.copytree(model, tmp_path / "moved"))
    assert run("nlu", "evaluate", "--model", str(moved), "--test", str(data / "test.jsonl")).code == 0
    card = json.loads((model / "model.json").read_bytes())
    assert card["data"][0]["name"] == "train.jsonl"
    assert len(card["data"][0]["sha256"]) == 64
    assert card["id"] in (model / "README.md").read_text("utf-8")
    (moved / "encoder" / "encoder.weights").unlink()
    told = run("nlu", "predict", "--model", str(moved))
    assert (told.code, told.err.count("\n")) == (1, 1)
    assert "incomplete: encoder/encoder.weights" in told.err


def test_what_is_wrong_is_a_line(model: Path, tmp_path: Path, run: Run) -> None:
    bad = write(tmp_path / "bad.jsonl", [{"text": "hi", "intent": "greet"}, {"text": "hi"}])
    told = run("nlu", "train", "--train", str(bad), "--out", str(tmp_path / "out"))
    assert told.code == 1
    assert "bad.jsonl:2" in told.err
    assert not (tmp_path / "out").exists()
    assert run("nlu", "predict", "--model", str(tmp_path)).code == 1
    assert run("nlu", "evaluate", "--model", str(model), "--test", str(tmp_path / "no.jsonl")).code == 1
    assert run("nlu", "train").code == 2


def test_odd_rows_are_warned_about_and_counted(tmp_path: Path, run: Run) -> None:
    rows: list[dict[str, object]] = [{"text": "hello", "intent": "greet"}] * 15
    few = write(tmp_path / "few.jsonl", [*rows, {"text": "bye", "intent": "leave"}])
    told = run("nlu", "train", "--train", str(few), "--out", str(tmp_path / "out"))
    assert told.err.count("left out") == 10
    assert "6 more rows like these" in told.err
    assert told.err.splitlines()[-1] == "nexus: a model needs two examples an intent or more; ten are a good start"


@pytest.mark.skipif(find_spec("torch") is not None, reason="torch is here")
def test_tuning_without_torch_says_what_to_install(data: Path, tmp_path: Path, run: Run) -> None:
    told = run("nlu", "train", "--train", str(data / "train.jsonl"), "--out", str(tmp_path / "out"), "--finetune")
    assert (told.code, told.err.count("\n")) == (1, 1)
    assert "pip install 'nexus-gateway[train]'" in told.err
    assert not (tmp_path / "out").exists()
