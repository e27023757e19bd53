"""llama.cpp on the weights as they were packaged.

    python bench/generators/llamacpp.py FILE.gguf THREADS SLOTS

Runs under an interpreter that has xllamacpp, which carries a llama.cpp built for this processor.
"""

import json
import sys
import threading
import time
from typing import Any

import xllamacpp  # pyright: ignore[reportMissingImports]

LENGTH = 512


def opened(path: str, threads: int, slots: int) -> Any:
    """Its server, without HTTP."""
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx, params.n_parallel = LENGTH * slots, slots
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.verbosity = 0
    return xllamacpp.Server(params)


def answered(server: Any, asked: dict[str, Any], found: list[dict[str, float]]) -> None:
    """One answer, with the times that llama.cpp tells itself."""
    body = {"prompt": asked["ids"], "n_predict": asked["tokens"], "temperature": 0, "cache_prompt": False}
    told = server.handle_completions({**body, "ignore_eos": True})
    found.append((json.loads(told) if isinstance(told, str) else told)["timings"])


def prompt_cpu(server: Any, asked: dict[str, Any]) -> float:
    """Seconds of the processor for the prompt and one token."""
    cpu = time.process_time()
    answered(server, {**asked, "tokens": 1}, [])
    return time.process_time() - cpu


def main() -> None:
    """Answer rounds until there are no more."""
    server = opened(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    print(0.0, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        found: list[dict[str, float]] = []
        prompt = prompt_cpu(server, asked) if asked["streams"] == 1 else 0.0
        cpu = time.process_time()
        threads = [threading.Thread(target=answered, args=(server, asked, found)) for _ in range(asked["streams"])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        cpu = time.process_time() - cpu
        tokens = int(sum(one["predicted_n"] for one in found))
        told = {
            "first_s": found[0]["prompt_ms"] / 1e3,
            "per_second": sum(one["predicted_per_second"] for one in found),
            "cpu_ms": 1e3 * cpu / tokens,
            "cpu_ms_after": 1e3 * (cpu - prompt) / max(tokens - 1, 1),
            "tokens": tokens,
            "resident_mb": 0,
        }
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
