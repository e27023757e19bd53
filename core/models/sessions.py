"""ONNX Runtime sessions: opened with explicit threads, trusted only for the providers they really got.

What runs on a GPU is bound to it (`IOBinding`): inputs are copied there once, outputs come back once, and nothing in between
touches the host. The same code runs on a CPU when told to, so that it is tested where there is no GPU.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import onnxruntime as ort  # type: ignore[import-untyped]  # it carries no types

from shared.errors import ModelInvalid

CPU: tuple[str, ...] = ("CPUExecutionProvider",)
CUDA: tuple[str, ...] = ("CUDAExecutionProvider", *CPU)
"""The GPU, and the CPU for what it cannot."""

Device = Literal["cpu", "cuda"]


def cuda_installed() -> bool:
    """Whether this ONNX Runtime is one for NVIDIA's GPUs. It says nothing about whether there is one."""
    return CUDA[0] in ort.get_available_providers()


def wished(provider: str) -> tuple[str, ...]:
    """What to ask for where the settings say "cpu", "cuda" or "auto"."""
    return CUDA if provider != "cpu" and cuda_installed() else CPU


def open_session(
    path: Path, threads: int = 1, providers: Sequence[str] = CPU, *, decoder: bool = False
) -> ort.InferenceSession:
    """Open the model at `path`. Raises ModelInvalid if it does not load.

    Asking for a provider is a wish: read `session.get_providers()` for what came of it. The encoder's graph is written fused,
    so only plain simplifications are allowed (its fused skip-normalisation is three times slower than what it replaces). A
    `decoder` gains a twentieth from all there are; its threads wait for work by spinning before they sleep, for run follows run.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    levels = ort.GraphOptimizationLevel
    options.graph_optimization_level = levels.ORT_ENABLE_ALL if decoder else levels.ORT_ENABLE_BASIC
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(decoder)))
    usable = [name for name in providers if name in ort.get_available_providers()]
    try:
        return ort.InferenceSession(str(path), options, providers=usable)
    except Exception as error:  # onnxruntime's own exception types have no common base below Exception
        raise ModelInvalid(f"the model {path.name} does not load: {error}") from error


def device_of(session: ort.InferenceSession) -> Device | None:
    """Where inputs and outputs of the session are to be bound; None on a CPU, where binding gains nothing."""
    return "cuda" if session.get_providers()[0] == CUDA[0] else None


def run(
    session: ort.InferenceSession,
    outputs: Sequence[str],
    inputs: Mapping[str, np.ndarray],
    device: Device | None = None,
) -> list[np.ndarray]:
    """The named outputs, which must be plain tensors; computed bound to `device` where one is given.

    Raises ModelInvalid if one is no tensor.
    """
    if device is not None:
        return _run_bound(session, outputs, inputs, device)
    found: list[np.ndarray] = []
    for name, value in zip(outputs, session.run(list(outputs), dict(inputs)), strict=True):
        if not isinstance(value, np.ndarray):
            raise ModelInvalid(f"the model gives no tensor {name}")
        found.append(value)
    return found


def _run_bound(
    session: ort.InferenceSession, outputs: Sequence[str], inputs: Mapping[str, np.ndarray], device: Device
) -> list[np.ndarray]:
    binding = session.io_binding()
    # Values must live until the run is over: the binding holds their places, not them.
    values = [ort.OrtValue.ortvalue_from_numpy(array, device, 0) for array in inputs.values()]
    for name, value in zip(inputs, values, strict=True):
        binding.bind_ortvalue_input(name, value)
    for name in outputs:
        binding.bind_output(name, device, 0)
    session.run_with_iobinding(binding)
    found = binding.get_outputs()
    for name, value in zip(outputs, found, strict=True):
        if not value.is_tensor():
            raise ModelInvalid(f"the model gives no tensor {name}")
    return [value.numpy() for value in found]
