"""Models by content: trained once, found again, made anew when anything changes or is damaged."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.models.encoder import Encoder
from core.models.store import check
from core.understanding import cache
from core.understanding.cache import trained
from core.understanding.folder import HEADS, read_card
from core.understanding.rows import Row
from core.understanding.samples import samples
from infra.models import encoder_folder, open_models
from infra.system import SystemClock
from shared.errors import ModelInvalid
from tests.core.understanding.house import HELD_OUT, INTENTS, plain

ROWS = samples(plain(INTENTS))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    """A folder with the model of ROWS in it."""
    place = tmp_path_factory.mktemp("models")
    found(place)
    return place


def found(folder: Path, rows: tuple[Row, ...] = ROWS, version: str = "v1", ready: Path | None = None) -> Path:
    return trained(folder, "en", rows, encoder_folder(), version, ready)


@pytest.fixture
def no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(cache, "_train", refuse)


@pytest.mark.usefixtures("no_training")
def test_the_same_rows_are_not_trained_twice(folder: Path, tmp_path: Path) -> None:
    reordered = samples(plain(dict(reversed(INTENTS.items()))))
    assert found(folder) == found(folder, reordered)
    assert found(tmp_path, ready=folder) == found(folder)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize("change", ["sample", "background", "encoder", "recipe"])
def test_any_change_is_trained_anew(folder: Path, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, version = ROWS, "v1"
    if change == "sample":
        rows = (*ROWS, Row("tea now", "tea.order"))
    elif change == "background":
        rows = ROWS[1:]
    elif change == "encoder":
        version = "v2"
    else:
        monkeypatch.setattr(cache, "RECIPE", cache.RECIPE + 1)
    with pytest.raises(AssertionError, match="trained again"):
        found(folder, rows, version)


def test_a_damaged_model_is_made_again_and_others_are_removed(tmp_path: Path, folder: Path) -> None:
    place = tmp_path / "models"
    shutil.copytree(folder, place)
    model = found(place)
    (model / HEADS).write_bytes((model / HEADS).read_bytes()[:-100] + bytes(100))
    old, other = place / "model-en-0123456789abcdef", place / "model-de-0123456789abcdef"
    old.mkdir()
    other.mkdir()
    assert found(place) == model
    assert read_card(model).intents == len(INTENTS)
    assert sorted(path for path in place.iterdir() if path.is_dir()) == sorted([model, other])


def test_failed_training_says_why(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match=r"tokenizer\.json does not load"):
        trained(tmp_path / "models", "en", ROWS, tmp_path / "nowhere", "v1")
    assert [path.name for path in (tmp_path / "models").iterdir()] == [".en.lock"]


def test_training_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*args: object, **kwargs: object) -> None:
        raise subprocess.TimeoutExpired("train", 300)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(ModelInvalid, match="stopped"):
        found(tmp_path)


async def test_the_service_understands(tmp_path: Path, encoder: Encoder) -> None:
    clock = SystemClock()
    with open_models(tmp_path, {"en": plain(INTENTS), "de": {}}, 1, clock) as models:
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
