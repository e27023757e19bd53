"""The encoder: time and processor time at 12 tokens on one thread, how close to float32, the same alone and in a batch.

    python -m bench.encoder [--quick] [--json FILE]

The float32 graph and the shipped one take turns, so that whatever else the machine does falls on both.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct

from bench.printing import print_figures
from core.models.build import build
from core.models.encoder import Encoder
from core.models.store import FILES, GRAPH, TOKENIZER
from core.skillbook import SkillBook
from core.understanding.samples import background
from infra.models import checkpoint, encoder_folder, prepare
from infra.plugins import load_plugins

TEXT = "what time is it in tokyo right now please ok"
"""12 tokens with the two special ones."""

TEXTS = 480
TOGETHER = 8


class Speed(Struct, frozen=True):
    """Milliseconds of one text, tokenizer included; of eight; processor microseconds a text, alone and among eight."""

    p50_ms: float
    p99_ms: float
    eight_p50_ms: float
    cpu_us: float
    eight_cpu_us: float


class Figures(Struct, frozen=True):
    """What was measured. Cosines are to the float32 graph; `agreement_worst` is alone against in a batch."""

    version: str
    tokens: int
    shipped: Speed
    float32: Speed
    ratio: float
    cosine_mean: float
    cosine_worst: float
    agreement_worst: float
    texts: int
    file_mb: float
    process_pss_mb: float
    encoder_pss_mb: float


def measure(quick: bool = False) -> Figures:
    """Measure everything; about a minute, a few seconds if `quick`."""
    manifest = prepare(encoder_folder())
    shipped = _open(encoder_folder())
    with tempfile.TemporaryDirectory(prefix="nexus-") as place:
        build(*checkpoint(), Path(place) / "float", "float32")
        float32 = _open(Path(place) / "float")
        speeds = _speeds([shipped, float32], rounds=60 if quick else 600)
        texts = _texts(Path(place))[:: 4 if quick else 1]
        alone = np.concatenate([shipped.encode([text]) for text in texts])
        cosines = (alone * float32.encode(texts)).sum(axis=1)
    agreements = (alone * shipped.encode(texts)).sum(axis=1) / (np.linalg.norm(alone, axis=1) ** 2)
    before, after = _memory()
    return Figures(
        version=manifest.version,
        tokens=12,
        shipped=speeds[0],
        float32=speeds[1],
        ratio=round(speeds[0].p50_ms / speeds[1].p50_ms, 3),
        cosine_mean=round(float(cosines.mean()), 5),
        cosine_worst=round(float(cosines.min()), 5),
        agreement_worst=round(float(agreements.min()), 6),
        texts=len(texts),
        file_mb=round(sum((encoder_folder() / name).stat().st_size for name in FILES) / 1e6, 1),
        process_pss_mb=after,
        encoder_pss_mb=round(after - before, 1),
    )


def _open(folder: Path) -> Encoder:
    return Encoder(folder / GRAPH, folder / TOKENIZER, threads=1)


def _texts(home: Path) -> list[str]:
    """Texts the encoder was not calibrated on: what skills answer, what none does, and long ones."""
    book = SkillBook(load_plugins(home).skills)
    inside = [row.text for rows in book.utterances("en").values() for row in rows]
    outside = [row.text for row in background()]
    long = [" ".join(outside[i : i + 12]) for i in range(0, len(outside), 12)]
    room = TEXTS - len(outside) - len(long)
    return [*outside, *long, *inside[:: max(1, len(inside) // room)][:room]]


def _speeds(encoders: Sequence[Encoder], rounds: int) -> list[Speed]:
    alone = [_Timer() for _ in encoders]
    eight = [_Timer() for _ in encoders]
    for turn in range(rounds):
        for number, encoder in enumerate(encoders):
            alone[number].time(encoder, [TEXT])
            if turn % 5 == 0:
                eight[number].time(encoder, [TEXT] * TOGETHER)
    return [
        Speed(
            p50_ms=one.wall_ms(50),
            p99_ms=one.wall_ms(99),
            eight_p50_ms=many.wall_ms(50),
            cpu_us=one.cpu_us(),
            eight_cpu_us=round(many.cpu_us() / TOGETHER, 1),
        )
        for one, many in zip(alone, eight, strict=True)
    ]


class _Timer:
    """Wall and processor time of calls."""

    def __init__(self) -> None:
        self._wall: list[float] = []
        self._cpu: list[float] = []

    def time(self, encoder: Encoder, texts: Sequence[str]) -> None:
        cpu, wall = time.thread_time(), time.perf_counter()
        encoder.encode(texts)
        self._wall.append(time.perf_counter() - wall)
        self._cpu.append(time.thread_time() - cpu)

    def wall_ms(self, percentile: float) -> float:
        return round(float(np.percentile(self._wall, percentile)) * 1e3, 3)

    def cpu_us(self) -> float:
        return round(float(np.median(self._cpu)) * 1e6, 1)


_CHILD = """
import sys
from pathlib import Path
def pss():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
before = pss()
from core.models.encoder import Encoder
folder = Path(sys.argv[1])
Encoder(folder / "encoder.onnx", folder / "tokenizer.json").encode(["hello"])
print(before, pss())
"""


def _memory() -> tuple[float, float]:
    """PSS in MB of a fresh interpreter, and after it opened the encoder and used it once."""
    command = [sys.executable, "-c", _CHILD, str(encoder_folder())]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    before, after = done.stdout.split()
    return round(float(before), 1), round(float(after), 1)


def main() -> int:
    """Print the figures."""
    return print_figures("python -m bench.encoder", "Measure the encoder on this machine.", measure)


if __name__ == "__main__":
    sys.exit(main())
