"""`make gpu`: what the GPU computes against float32 on the CPU, and how fast.

    python -m bench.gpu [--json FILE]

Exit code 1 where there is no GPU, or it computes something else.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from bench import gpu_generation
from bench.encoder import TEXT
from bench.gpu_generation import Generating
from core.models.encoder import Encoder
from core.models.sessions import CPU, CUDA, cuda_installed
from core.models.store import GRAPH, TOKENIZER
from core.understanding.samples import background
from infra import models

CLOSE = 0.9999
"""The least cosine between a text's vectors on the GPU and in float32 on the CPU."""

SIZES = (1, 8, 32)
_ROUNDS = 200


class Figures(Struct, frozen=True):
    """Texts compared, the worst cosine, and milliseconds (median) of batches of `SIZES` on each; the language model's."""

    texts: int
    cosine_worst: float
    gpu_ms: tuple[float, ...]
    cpu_ms: tuple[float, ...]
    generating: Generating


def measure() -> Figures:
    """Compare and measure; about two minutes. Raises ModelInvalid where there is no GPU."""
    models.prepare(models.encoder_folder(models.GPU), models.GPU)
    gpu, folder, _ = models.open_encoder(1, "cuda")
    cpu = Encoder(folder / GRAPH, folder / TOKENIZER, threads=1, providers=CPU)
    texts = [row.text for row in background()]
    cosines = (gpu.encode(texts) * cpu.encode(texts)).sum(axis=1)
    return Figures(len(texts), round(float(cosines.min()), 6), _times(gpu), _times(cpu), gpu_generation.measure(CUDA))


def _times(encoder: Encoder) -> tuple[float, ...]:
    return tuple(_median(encoder, size) for size in SIZES)


def _median(encoder: Encoder, size: int) -> float:
    encoder.encode([TEXT] * size)  # the first run of a shape chooses its kernels
    times: list[float] = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        encoder.encode([TEXT] * size)
        times.append(1e3 * (time.perf_counter() - began))
    return round(float(np.median(times)), 3)


def main() -> int:
    """Print the figures; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.gpu", description="Check and measure the GPU of this machine."
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    reason = missing()
    if reason:
        print(f"There is no GPU to check: {reason} Nothing was checked or measured.", file=sys.stderr)
        return 1
    figures = measure()
    text = msgspec.json.format(msgspec.json.encode(figures))
    print(text.decode())
    if options.json:
        options.json.write_bytes(text)
    wrong = list(_wrong(figures))
    for what in wrong:
        print(what, file=sys.stderr)
    return 1 if wrong else 0


def _wrong(figures: Figures) -> Iterator[str]:
    """What the GPU computes otherwise, or does not compute."""
    if figures.cosine_worst < CLOSE:
        yield f"The encoder is not close enough to float32: {figures.cosine_worst} < {CLOSE}"
    written = figures.generating
    if written.cosine_median < gpu_generation.CLOSE:
        yield f"The language model is not close enough to float32: {written.cosine_median} < {gpu_generation.CLOSE}"
    if written.cache_on != "cuda":
        yield f"The language model does not run on the GPU: it got {', '.join(written.providers)}"


def missing() -> str:
    """Why no GPU can be used, or nothing."""
    if not cuda_installed():
        return "this ONNX Runtime is the one for CPUs (`make setup NEXUS_EXTRA=gpu` installs the other)."
    folder = models.encoder_folder(models.GPU)
    models.prepare(folder, models.GPU)
    got = Encoder(folder / GRAPH, folder / TOKENIZER, providers=CUDA).providers
    return "" if got[0] == CUDA[0] else f"ONNX Runtime asked for CUDA and got {got[0]}: no NVIDIA GPU, or no driver."


if __name__ == "__main__":
    sys.exit(main())
