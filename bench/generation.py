"""Generation on this machine: pace, first token, memory; beside llama.cpp and onnxruntime-genai on the same weights.

    python -m bench.generation [--quick] [--threads N] [--json FILE]

Whoever is compared takes turns with us, round by round, so that whatever else the machine does falls on all. The peers are
installed into an environment of their own in the cache; what cannot be installed is left out and said. Processor time a
token, the prompt's included, says more than the clock where others use the machine.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import onnx
from msgspec import Struct

from bench.peers import NotHere
from core.generation.chat import read_template
from core.generation.convert import GRAPH
from core.generation.layout import TOKENIZER
from core.generation.store import add
from core.generation.tokens import Tokens
from infra import smollm
from infra.settings import model_environment
from shared.generating import ChatMessage

PEERS = {"onnxruntime-genai": "onnxruntime-genai==0.18.0", "llama.cpp": "xllamacpp==2026.10.11549"}
STREAMS = 8
SYSTEM = (
    "Note {number}. You are a helpful assistant in the house of a family. You answer in plain words and whole sentences, you are "
    "kind, you never make up facts, and you say so when you do not know something. The family has two children and "
    "a cat, lives in the countryside, and likes to hear stories in the evening."
)
USER = "Please tell us a long story about a cat that travels around the world by train."


class Round(Struct, frozen=True):
    """What one round told."""

    first_s: float
    per_second: float
    cpu_ms: float
    cpu_ms_after: float
    tokens: float
    resident_mb: float


class Figures(Struct, frozen=True):
    """Medians, and the `best` of the quietest round.

    `pace` and `pace_together` are tokens a second; `first_s` seconds to the first, `known_first_s` with the beginning known;
    `cpu_ms` a token, the prompt's included; `cpu_ms_after` without it, one stream."""

    name: str
    pace: float
    pace_best: float
    pace_together: float
    first_s: float
    first_best_s: float
    known_first_s: float | None
    known_first_best_s: float | None
    cpu_ms: float
    cpu_ms_after: float
    cpu_ms_together: float


class Report(Struct, frozen=True):
    """All of a run. `ratio`: our pace to the better peer's (medians; bests; processor time, with the prompt's and without);
    `gain`: eight streams to one, by the clock and by processor time."""

    prompt_tokens: int
    threads: int
    figures: list[Figures]
    ratio: float | None
    best_ratio: float | None
    cpu_ratio: float | None
    cpu_ratio_after: float | None
    gain: float
    cpu_gain: float
    stream_mb: float
    stream_mb_bound: float
    left_out: list[str]


class Contestant:
    """A process that answers rounds."""

    def __init__(self, name: str, process: subprocess.Popen[str]) -> None:
        self.name, self._process = name, process
        self.bound_mb = float(self._line())

    def ask(self, **asked: Any) -> Round:
        """One round."""
        assert self._process.stdin
        self._process.stdin.write(msgspec.json.encode(asked).decode() + "\n")
        self._process.stdin.flush()
        return msgspec.json.decode(self._line(), type=Round)

    def _line(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise NotHere(f"{self.name} ended: {self._process.wait(20)}")
        return line


def measure(quick: bool = False, threads: int = 2) -> Report:
    """Measure everything: some minutes, about one if `quick` and nobody else is there."""
    rounds, tokens = (4, 32) if quick else (9, 64)
    model, gguf = _model()
    left_out: list[str] = []
    with ExitStack() as stack:
        ours = stack.enter_context(
            _started("NEXUS", [sys.executable, "-m", "bench.generators.ours", str(model)], threads)
        )
        contestants = [ours]
        for name in PEERS:
            try:
                contestants.append(stack.enter_context(_peer(name, model, gguf, threads)))
            except NotHere as reason:
                left_out.append(f"{name}: {reason}")
        runs = _runs(contestants, model, rounds, tokens)
        growth = _growth(ours, model, tokens)
        bound = ours.bound_mb
    figures = [_figures(name, *found) for name, found in runs.items()]
    peers = figures[1:]
    return Report(
        prompt_tokens=len(_asked(model, 0)["ids"]),
        threads=threads,
        figures=figures,
        ratio=round(figures[0].pace / max(one.pace for one in peers), 3) if peers else None,
        best_ratio=round(figures[0].pace_best / max(one.pace_best for one in peers), 3) if peers else None,
        cpu_ratio=round(min(one.cpu_ms for one in peers) / figures[0].cpu_ms, 3) if peers else None,
        cpu_ratio_after=round(min(one.cpu_ms_after for one in peers) / figures[0].cpu_ms_after, 3) if peers else None,
        cpu_gain=round(figures[0].cpu_ms / figures[0].cpu_ms_together, 2),
        gain=round(figures[0].pace_together / figures[0].pace, 2),
        stream_mb=growth,
        stream_mb_bound=round(bound, 1),
        left_out=left_out,
    )


_Runs = dict[str, tuple[list[Round], list[Round], list[Round]]]


def _runs(contestants: list[Contestant], model: Path, rounds: int, tokens: int) -> _Runs:
    """For each: rounds of one stream, the same again with its beginning known (ours only), rounds of several streams."""
    runs: _Runs = {one.name: ([], [], []) for one in contestants}
    for number in range(rounds + 1):
        for one in contestants:
            asked = _asked(model, number)
            alone = one.ask(**asked, tokens=tokens, streams=1)
            known = one.ask(**asked, tokens=4, streams=1)
            told = [alone, known]
            if number % 2:  # they take eight times as long
                told.append(one.ask(**asked, tokens=tokens, streams=STREAMS))
            if number:  # the first warms up
                for found, figure in zip(runs[one.name], told, strict=False):
                    found.append(figure)
    return runs


def _figures(name: str, alone: list[Round], known: list[Round], together: list[Round]) -> Figures:
    def median(rounds: list[Round], field: str) -> float:
        return round(float(statistics.median(getattr(one, field) for one in rounds)), 3)

    return Figures(
        name=name,
        pace=median(alone, "per_second"),
        pace_best=round(max(one.per_second for one in alone), 3),
        pace_together=median(together, "per_second"),
        first_s=median(alone, "first_s"),
        first_best_s=round(min(one.first_s for one in alone), 3),
        known_first_s=median(known, "first_s") if name == "NEXUS" else None,
        known_first_best_s=round(min(one.first_s for one in known), 3) if name == "NEXUS" else None,
        cpu_ms=median(alone, "cpu_ms"),
        cpu_ms_after=median(alone, "cpu_ms_after"),
        cpu_ms_together=median(together, "cpu_ms"),
    )


def _growth(ours: Contestant, model: Path, tokens: int) -> float:
    """Megabytes that a stream of a prompt twice as long as any before it adds, measured from four more at once."""
    asked = _asked(model, 99)
    asked["user"] += " Think of all the towns." * 20
    before = ours.ask(**asked, tokens=tokens, streams=1).resident_mb
    after = ours.ask(**asked, tokens=tokens, streams=STREAMS).resident_mb
    return round((after - before) / (STREAMS - 1), 2)


def _asked(model: Path, number: int) -> dict[str, Any]:
    """A prompt whose beginning is new for each number."""
    system = SYSTEM.format(number=number)
    tokens = Tokens(model / TOKENIZER)
    template = read_template(model, tokens.special())
    text = template.render([ChatMessage("system", system), ChatMessage("user", USER)])
    return {"ids": tokens.ids(text), "system": system, "user": USER}


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "nexus-bench"


def _model() -> tuple[Path, Path]:
    """The demo model's folder and the file it was made from, made the first time."""
    folder, gguf = _cache() / "generation", _cache() / "generation" / "smollm2.gguf"
    if not gguf.exists() or not (folder / smollm.NAME).exists():
        folder.mkdir(parents=True, exist_ok=True)
        smollm.weights(gguf)
        add(folder, smollm.ORIGIN, smollm.fill)
    return folder / smollm.NAME, gguf


@contextmanager
def _peer(name: str, model: Path, gguf: Path, threads: int) -> Iterator[Contestant]:
    python = _installed()
    scripts = Path(__file__).parent / "generators"
    with tempfile.TemporaryDirectory(prefix="nexus-") as place:
        if name == "llama.cpp":
            command = [str(python), str(scripts / "llamacpp.py"), str(gguf)]
        else:
            command = [str(python), str(scripts / "genai.py"), str(_with_all_logits(model, Path(place)))]
        with _started(name, command, threads) as started:
            yield started


def _with_all_logits(model: Path, place: Path) -> Path:
    """The model as genai's Engine wants it: with the logits of every token of a prompt."""
    graph = onnx.load(model / GRAPH, load_external_data=False)
    (last,) = [node for node in graph.graph.node if node.op_type == "Gather" and "last" in node.input]
    every = onnx.helper.make_node("Identity", last.input[:1], last.output, name="every")
    graph.graph.node.insert(list(graph.graph.node).index(last), every)
    graph.graph.node.remove(last)
    (output,) = [one for one in graph.graph.output if one.name == "logits"]
    output.type.tensor_type.shape.dim[1].dim_param = "tokens"
    for path in model.iterdir():
        shutil.copyfile(path, place / path.name)  # onnxruntime follows no links out of the folder
    (place / GRAPH).write_bytes(graph.SerializeToString())
    return place


@contextmanager
def _started(name: str, command: list[str], threads: int) -> Iterator[Contestant]:
    process = subprocess.Popen(
        [*command, str(threads), str(STREAMS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=model_environment(),
    )
    try:
        yield Contestant(name, process)
    finally:
        process.kill()
        process.wait(20)


def _installed() -> Path:
    """The Python of an environment with the peers in it, made the first time."""
    venv = _cache() / f"generators-{sys.version_info.major}.{sys.version_info.minor}"
    python, stamp = venv / "bin" / "python", venv / "complete"
    if not stamp.exists():
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True, capture_output=True)
            packages = [*PEERS.values(), "numpy", "onnxruntime"]
            subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise NotHere(f"it could not be installed: {error}") from error
        stamp.touch()
    return python


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.generation", description="Measure generation on this machine."
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds, shorter answers")
    parser.add_argument("--threads", type=int, default=2, help="threads everybody computes with")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    figures = msgspec.json.format(msgspec.json.encode(measure(options.quick, options.threads)))
    print(figures.decode())
    if options.json:
        options.json.write_bytes(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
