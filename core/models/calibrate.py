"""Which channels of the encoder are large: measured on a few dozen sentences with the float32 graph."""

import tempfile
from pathlib import Path

import onnx

from core.models.encoder_graph import Reach, tapped_encoder
from core.models.layout import feed
from core.models.sessions import open_session, run
from core.models.store import calibration
from core.models.tokenizer import WordPieces
from core.models.weights import LAYERS, Weights


def measure_reaches(weights: Weights, tokenizer: WordPieces) -> tuple[Reach, ...]:
    """The reach of every layer's products, one entry a layer."""
    with tempfile.TemporaryDirectory(prefix="nexus-") as folder:
        path = Path(folder) / "tapped.onnx"
        onnx.save_model(tapped_encoder(weights), str(path))
        session = open_session(path)
        names = [f"{i}.{part}.reach" for i in range(LAYERS) for part in ("qkv", "up", "down")]
        reaches = run(session, names, feed(tokenizer.ids(calibration())))
    return tuple(Reach(*reaches[3 * i : 3 * i + 3]) for i in range(LAYERS))
