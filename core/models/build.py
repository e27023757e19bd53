"""Builds the folder of an encoder from a checkpoint. Needs `onnx`; what serves needs it not."""

import os
import shutil
import tempfile
from pathlib import Path

import msgspec
import onnx

from core.models.calibrate import measure_reaches
from core.models.encoder_graph import float_encoder, int8_encoder
from core.models.store import FILES, GRAPH, MANIFEST, RECIPE, TOKENIZER, WEIGHTS, Manifest, sha256, version
from core.models.tokenizer import WordPieces
from core.models.weights import read_weights


def build(weights: Path, tokenizer: Path, folder: Path, precision: str = "int8") -> Manifest:
    """Build `folder` from a checkpoint, replacing what is there. `precision` is "int8" or "float32". Raises ModelInvalid.

    It is built beside its final place and renamed into it, so that it is there whole or not at all.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".building-") as place:
        fresh = Path(place) / "encoder"
        fresh.mkdir()
        shutil.copyfile(tokenizer, fresh / TOKENIZER)
        graph = _graph(weights, fresh / TOKENIZER, precision)
        onnx.save_model(graph, str(fresh / GRAPH), save_as_external_data=True, location=WEIGHTS)
        (fresh / WEIGHTS).chmod(0o644)  # onnx makes it readable to nobody else
        hashes = {name: sha256(fresh / name) for name in FILES}
        manifest = Manifest(version(sha256(weights), precision), RECIPE, precision, hashes)
        (fresh / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        if folder.exists():
            os.rename(folder, Path(place) / "old")
        os.rename(fresh, folder)
    return manifest


def _graph(weights: Path, tokenizer: Path, precision: str) -> onnx.ModelProto:
    parameters = read_weights(weights)
    if precision == "float32":
        return float_encoder(parameters)
    return int8_encoder(parameters, measure_reaches(parameters, WordPieces(tokenizer)))
