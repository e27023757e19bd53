"""Which channels of the encoder are large: measured on a few dozen sentences with the float32 graph."""

import tempfile
from pathlib import Path

import numpy as np
import onnx

from core.models.encoder_graph import Reach, tapped_encoder
from core.models.layout import feed
from core.models.sessions import open_session
from core.models.store import calibration
from core.models.tokenizer import WordPieces
from core.models.weights import LAYERS, Weights


def measure_reaches(weights: Weights, tokenizer: WordPieces) -> tuple[Reach, ...]:
    """The reach of every layer's products, one entry a layer."""
    with tempfile.TemporaryDirectory(prefix="nexus-") as folder:
        path = Path(folder) / "tapped.onnx"
        onnx.save_model(tapped_encoder(weights), str(path))
        session = open_session(path)
        values = session.run(None, feed(tokenizer.ids(calibration())))
        names = [output.name for output in session.get_outputs()]
    found = {name: np.asarray(value, np.float32) for name, value in zip(names, values, strict=True)}
    return tuple(Reach(*(found[f"{i}.{part}.reach"] for part in ("qkv", "up", "down"))) for i in range(LAYERS))
