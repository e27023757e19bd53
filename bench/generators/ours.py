"""NEXUS' own generator, whole: template, tokenizer, batching, pieces of text on an event loop.

python -m bench.generators.ours FOLDER THREADS SLOTS
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from core.generation.service import InProcessGenerator
from infra.generation import open_local
from infra.system import SystemClock
from shared.generating import ChatMessage, Prompt

LENGTH = 512


async def answered(model: InProcessGenerator, prompt: Prompt, begun: list[float]) -> list[float]:
    """When each piece came; the processor time at the first is noted in `begun`."""
    times: list[float] = []
    async for piece in model.generate(prompt, SystemClock().now() + 600):
        if piece.text:
            times.append(time.perf_counter())
            begun += [time.process_time()] if len(times) == 1 else []
    return times


async def once(model: InProcessGenerator, asked: dict[str, Any]) -> dict[str, float]:
    """One round. The pace is that of the time when all streams were under way."""
    messages = (ChatMessage("system", asked["system"]), ChatMessage("user", asked["user"]))
    prompt = Prompt(messages, asked["tokens"])
    begun: list[float] = []
    cpu, started = time.process_time(), time.perf_counter()
    streams = await asyncio.gather(*(answered(model, prompt, begun) for _ in range(asked["streams"])))
    ended = time.process_time()
    begin, end = max(times[0] for times in streams), min(times[-1] for times in streams)
    within = sum(begin < at <= end for times in streams for at in times)
    tokens = sum(map(len, streams))
    return {
        "first_s": streams[0][0] - started,
        "per_second": within / max(end - begin, 1e-9),
        "cpu_ms": 1e3 * (ended - cpu) / tokens,
        "cpu_ms_after": 1e3 * (ended - begun[0]) / max(tokens - 1, 1),
        "tokens": tokens,
        "resident_mb": resident_mb(),
    }


def resident_mb() -> float:
    """Memory this process really takes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


async def main() -> None:
    """Answer rounds until there are no more."""
    folder, threads, slots = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    with open_local(folder, slots, LENGTH, threads, SystemClock()) as model:
        print(model._decoder.stream_bytes / 1e6, flush=True)
        for line in sys.stdin:
            print(msgspec.json.encode(await once(model, msgspec.json.decode(line))).decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
