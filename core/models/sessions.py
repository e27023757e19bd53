"""ONNX Runtime sessions: opened with explicit threads, trusted only for the providers they really got."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort  # type: ignore[import-untyped]  # it carries no types

from shared.errors import ModelInvalid

CPU: tuple[str, ...] = ("CPUExecutionProvider",)


def open_session(
    path: Path, threads: int = 1, providers: Sequence[str] = CPU, *, spinning: bool = False
) -> ort.InferenceSession:
    """Open the model at `path`. Raises ModelInvalid if it does not load.

    Asking for a provider is a wish: read `session.get_providers()` for what came of it. Our graphs are written fused, so
    only plain simplifications are allowed (the fused skip-normalisation is three times slower than what it replaces).
    `spinning`: threads wait for work by spinning for a moment before they sleep, which pays where run follows run.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spinning)))
    usable = [name for name in providers if name in ort.get_available_providers()]
    try:
        return ort.InferenceSession(str(path), options, providers=usable)
    except Exception as error:  # onnxruntime's own exception types have no common base below Exception
        raise ModelInvalid(f"the model {path.name} does not load: {error}") from error


def run(session: ort.InferenceSession, outputs: Sequence[str], inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """The named outputs, which must be plain tensors. Raises ModelInvalid if one is not."""
    found: list[np.ndarray] = []
    for name, value in zip(outputs, session.run(list(outputs), dict(inputs)), strict=True):
        if not isinstance(value, np.ndarray):
            raise ModelInvalid(f"the model gives no tensor {name}")
        found.append(value)
    return found
