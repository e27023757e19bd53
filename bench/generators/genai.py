"""onnxruntime-genai on the same graph: its Generator for one stream, its Engine for several.

    python bench/generators/genai.py FOLDER THREADS SLOTS

Runs under an interpreter that has onnxruntime-genai. FOLDER's graph gives logits for every token, as its Engine wants.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime_genai as og  # pyright: ignore[reportMissingImports]

LENGTH = 512


def opened(folder: Path, threads: int, slots: int, place: Path) -> Any:
    """The model, with threads and batch set in a copy of its configuration."""
    for path in folder.iterdir():
        if path.name != "genai_config.json":
            (place / path.name).symlink_to(path.resolve())
    config = json.loads((folder / "genai_config.json").read_text())
    config["model"]["decoder"]["session_options"]["intra_op_num_threads"] = threads
    config["engine"] = {"static_batching": {"max_batch_size": slots}}
    (place / "genai_config.json").write_text(json.dumps(config))
    return og.Model(str(place))


def alone(model: Any, asked: dict[str, Any]) -> tuple[float, float, int, float]:
    """Seconds to the first token, tokens a second after it, tokens, milliseconds of the processor a token after the first."""
    params = og.GeneratorParams(model)
    params.set_search_options(max_length=LENGTH, do_sample=False, min_length=len(asked["ids"]) + asked["tokens"])
    generator, words = og.Generator(model, params), og.Tokenizer(model).create_stream()
    started = time.perf_counter()
    generator.append_tokens(np.array(asked["ids"], np.int32))
    generator.generate_next_token()
    words.decode(generator.get_next_tokens()[0])
    first, cpu = time.perf_counter(), time.process_time()
    for _ in range(asked["tokens"] - 1):
        generator.generate_next_token()
        words.decode(generator.get_next_tokens()[0])
    rest = max(asked["tokens"] - 1, 1)
    cpu_ms = 1e3 * (time.process_time() - cpu) / rest
    return first - started, rest / (time.perf_counter() - first), asked["tokens"], cpu_ms


def together(engine: Any, asked: dict[str, Any]) -> tuple[float, float, int, float]:
    """The same of its Engine, all streams together; the pace is counted from when all had begun."""
    events = engine.create_event_buffer(64)
    requests = []
    for _ in range(asked["streams"]):
        request = engine.create_request()
        options = og.TurnOptions(request)
        options.set_max_generated_tokens(asked["tokens"])
        options.set_min_generated_tokens(asked["tokens"])
        options.set_do_sample(False)
        request.begin_turn(np.array(asked["ids"], np.int32), options)
        requests.append(request)
    started, times = time.perf_counter(), []
    token = int(og.EngineEventFlags.TOKEN.value)
    while engine.has_pending_requests():
        found = [event for event in engine.run(events) if int(event.flags.value) & token]
        times += [time.perf_counter()] * len(found)
    for request in requests:
        request.close()
    begun = times[asked["streams"] - 1]
    return times[0] - started, sum(at > begun for at in times) / (times[-1] - begun), len(times), 0.0


def main() -> None:
    """Answer rounds until there are no more."""
    folder, threads, slots = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory() as place:
        model = opened(folder, threads, slots, Path(place))
        engine = og.Engine(model)
        print(0.0, flush=True)
        for line in sys.stdin:
            asked = json.loads(line)
            cpu = time.process_time()
            many = asked["streams"] > 1
            first, pace, tokens, after = together(engine, asked) if many else alone(model, asked)
            cpu_ms = 1e3 * (time.process_time() - cpu) / tokens
            told = {
                "first_s": first,
                "per_second": pace,
                "cpu_ms": cpu_ms,
                "cpu_ms_after": after,
                "tokens": tokens,
                "resident_mb": 0,
            }
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
