"""The language model on the GPU, in float16, against the same weights in float32 on the CPU: logits, tokens, pace.

Part of `python -m bench.gpu`. `python -m bench.gpu_generation` computes both on the CPU: it tells what float16 changes, and that
this program works; its times say nothing about a GPU.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from bench.generation import STREAMS, SYSTEM, USER
from core.generation.chat import read_template
from core.generation.convert import convert
from core.generation.decoder import SlotDecoder
from core.generation.layout import TOKENIZER
from core.generation.tokens import Tokens
from core.models.sessions import CPU
from infra import smollm
from shared.generating import ChatMessage

CLOSE = 0.999
"""The median cosine of logits after the same tokens, at the least."""

_STEPS, _LENGTH, _ROUNDS = 48, 512, 5


class Pace(Struct, frozen=True):
    """Seconds to read the prompt, tokens a second of one stream and of eight together (medians)."""

    first_s: float
    per_second: float
    per_second_together: float


class Generating(Struct, frozen=True):
    """`cosine_*`: of logits after the same tokens; `agreed`: the share of steps in which both would choose the same token."""

    providers: tuple[str, ...]
    cache_on: str
    cosine_worst: float
    cosine_median: float
    agreed: float
    pace: Pace
    cpu_pace: Pace


def measure(providers: Sequence[str]) -> Generating:
    """Compare and measure; a minute. The demo model is fetched and converted for it."""
    with tempfile.TemporaryDirectory(prefix="nexus-") as place:
        folder = Path(place)
        smollm.weights(folder / "model.gguf")
        for name, kind in (("half", {"half": True}), ("exact", {"exact": True}), ("served", {})):
            (folder / name).mkdir()
            convert(folder / "model.gguf", folder / name, **kind)
        tried = SlotDecoder(folder / "half", STREAMS, _LENGTH, 2, providers)
        served = SlotDecoder(folder / "served", STREAMS, _LENGTH, 2)
        ids = _prompt(folder / "served")
        cosines, agreed = _compared(tried, SlotDecoder(folder / "exact", 1, _LENGTH, 2), ids)
        return Generating(
            tried.providers,
            tried.cache.device,
            round(min(cosines), 5),
            round(float(np.median(cosines)), 5),
            round(agreed, 3),
            _pace(tried, ids),
            _pace(served, ids),
        )


def _prompt(folder: Path) -> list[int]:
    tokens = Tokens(folder / TOKENIZER)
    messages = [ChatMessage("system", SYSTEM.format(number=1)), ChatMessage("user", USER)]
    return tokens.ids(read_template(folder, tokens.special()).render(messages))


def _compared(tried: SlotDecoder, exact: SlotDecoder, ids: list[int]) -> tuple[list[float], float]:
    """Cosines of the logits along the exact model's own answer, and how often both choose alike."""
    pairs = [(tried.read(0, ids, 0).copy(), exact.read(0, ids, 0).copy())]
    for length in range(len(ids), len(ids) + _STEPS):
        token = int(pairs[-1][1].argmax())
        pairs.append((tried.step([token], [length])[0].copy(), exact.step([token], [length])[0].copy()))
    cosines = [float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)) for a, b in pairs]
    return cosines, sum(int(a.argmax() == b.argmax()) for a, b in pairs) / len(pairs)


def _pace(decoder: SlotDecoder, ids: list[int]) -> Pace:
    firsts: list[float] = []
    paces: dict[int, list[float]] = {1: [], STREAMS: []}
    for _ in range(_ROUNDS + 1):
        began = time.perf_counter()
        decoder.read(decoder.staging, ids, 0)
        firsts.append(time.perf_counter() - began)
        for place in range(STREAMS):
            decoder.move(decoder.staging, place, len(ids))
        for streams, found in paces.items():
            began = time.perf_counter()
            for number in range(_STEPS):
                decoder.step([5] * streams, [len(ids) + number] * streams)
            found.append(_STEPS * streams / (time.perf_counter() - began))
    first, one, many = (float(np.median(found[1:])) for found in (firsts, paces[1], paces[STREAMS]))
    return Pace(round(first, 4), round(one, 1), round(many, 1))


if __name__ == "__main__":
    print(msgspec.json.format(msgspec.json.encode(measure(CPU))).decode())
    sys.exit(0)
