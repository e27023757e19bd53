"""Prometheus metrics that add up over the web workers, at a few microseconds a turn.

Each worker counts in plain numbers and publishes them once a second into a file of its own under NEXUS_HOME/run/metrics,
named by the worker and not by its pid: a restarted worker goes on from its file, so sums never go back and files never
pile up. /metrics on any worker reads all the files; a worker killed hard loses at most its unpublished second.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Self

import msgspec
from prometheus_client import CollectorRegistry, generate_latest

from infra.telemetry.exposition import Published
from infra.telemetry.snapshot import SIZES, Histogram, Labels, Snapshot
from shared.ports import Clock, ModelState

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
PUBLISH_S = 1.0
SERIES = 200  # of one metric; what comes later is counted as "other"

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Snapshot).decode


class Metrics:
    """The counters of one worker. Use as a context manager: within it they are published every second."""

    def __init__(self, folder: Path, worker: str, clock: Clock) -> None:
        self._file = folder / f"{worker}.metrics"
        self._clock = clock
        self._now = _read(self._file) or Snapshot()
        for states in (self._now.stores, self._now.models, self._now.queued, self._now.waiting):
            states.clear()
        self._now.generators.clear()
        self._now.writing.clear()
        self._models: Callable[[], ModelState] | None = None
        self._queue: Callable[[], int] | None = None
        self._generator: Callable[[], ModelState] | None = None
        self._writing: Callable[[], tuple[int, int]] | None = None
        self._stop = Event()
        self._lock = Lock()  # one writer of the draft at a time
        self._thread = Thread(target=self._publish_until_stopped, name="metrics", daemon=True)

    def __enter__(self) -> Self:
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.publish()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.publish()

    def turn(
        self,
        channel: str,
        outcome: str,
        seconds: float,
        stages_ms: Mapping[str, float],
        degraded: Iterable[str] = (),
    ) -> None:
        """Count a finished turn: how long it took, its stages, the parts it had to do without."""
        now = self._now
        _count(now.turns, (channel, outcome))
        _time(now.durations, (channel,), seconds)
        for stage, milliseconds in stages_ms.items():
            _time(now.stages, (stage,), milliseconds / 1000)
        for part in degraded:
            _count(now.degraded, (part,))

    def refused(self, channel: str, code: str) -> None:
        """Count a request that was answered with an error and became no turn."""
        _count(self._now.refusals, (channel, code))

    def margin(self, channel: str, seconds: float, *, late: bool) -> None:
        """Note how long it took from the decision to the answer; `late`: the deadline was over by then."""
        _time(self._now.margins, (channel,), seconds)
        if late:
            _count(self._now.late, (channel,))

    def finished(self, channel: str, outcome: str) -> None:
        """Count a deferred answer that is there now: answered, failed or refused."""
        _count(self._now.finished, (channel, outcome))

    def delivery(self, channel: str, state: str) -> None:
        """Count an attempt to send a message through a platform's API: sent, failed, later or doubt."""
        _count(self._now.deliveries, (channel, state))

    def waiting(self, channels: Mapping[str, int]) -> None:
        """Say how many messages of the whole NEXUS are not sent yet."""
        told = dict.fromkeys(self._now.waiting, 0)  # a channel that was told goes down to 0, it does not vanish
        self._now.waiting = told | {(channel,): count for channel, count in channels.items()}

    def store(self, name: str, up: bool) -> None:
        """Say whether a store answers."""
        self._now.stores[(name,)] = int(up)

    def watch_models(self, state: Callable[[], ModelState], waiting: Callable[[], int] | None = None) -> None:
        """Tell from now on what models run, on which providers, and how many calls wait for them here."""
        self._models, self._queue = state, waiting
        self._look()

    def watch_generator(
        self, state: Callable[[], ModelState], writing: Callable[[], tuple[int, int]] | None = None
    ) -> None:
        """Tell from now on what generates text, and how many answers wait here and are under way."""
        self._generator, self._writing = state, writing
        self._look()

    def answer_begun(self, seconds: float) -> None:
        """Count how long the first piece of an answer took. See `core.generation.counted.Watch`."""
        _time(self._now.begun, (), seconds)

    def answered(self, end: str, prompt_tokens: int, tokens: int) -> None:
        """Count a generated answer by how it ended."""
        _count(self._now.answers, (end,))
        for kind, count in (("prompt", prompt_tokens), ("answer", tokens)):
            self._now.tokens[(kind,)] = self._now.tokens.get((kind,), 0) + count

    def batch(self, kind: str, texts: int, seconds: float) -> None:
        """Count a batch that a model computed. See `core.models.batches.Watch`."""
        _time(self._now.batches, (kind,), seconds)
        sizes = self._now.sizes.setdefault((kind,), Histogram([0] * (len(SIZES) + 1)))
        sizes.add(texts, SIZES)

    def turned_away(self, kind: str) -> None:
        """Count a call that a model refused, because too much waited."""
        _count(self._now.turned_away, (kind,))

    def looked_up(self, where: str) -> None:
        """Count a look for an answer that depends on nobody: found in this worker, in Valkey, or missed."""
        _count(self._now.looked_up, (where,))

    def guarded(self, outcome: str) -> None:
        """Count what became of an answer of a language model. See `core.generation.answering.Answering.count`."""
        _count(self._now.guarded, (outcome,))

    def publish(self) -> None:
        """Write the counts where every worker's /metrics finds them."""
        with self._lock:
            self._now.at = self._clock.now()
            self._look()
            draft = self._file.with_suffix(".draft")
            draft.write_bytes(_encode(self._now))
            os.replace(draft, self._file)

    def render(self, version: str) -> bytes:
        """The sum over all workers in Prometheus' text format. `version` is that of NEXUS."""
        self.publish()
        return render(self._file.parent, version, self._clock.now())

    def _look(self) -> None:
        """What runs now: models may come and go."""
        if self._models is not None:
            self._now.models = _runs(self._models())
        if self._queue is not None:
            self._now.queued = {(): self._queue()}
        if self._generator is not None:
            self._now.generators = _runs(self._generator())
        if self._writing is not None:
            waiting, under_way = self._writing()
            self._now.writing = {("waiting",): waiting, ("under_way",): under_way}

    def _publish_until_stopped(self) -> None:
        while not self._stop.wait(PUBLISH_S):
            self.publish()


def clear(folder: Path) -> None:
    """Forget all counts; for the start of `nexus up`, before any worker runs."""
    for file in folder.glob("*.metrics"):
        file.unlink()


def render(folder: Path, version: str, now: float) -> bytes:
    """The sum of the published counts in Prometheus' text format."""
    found = {file.stem: snapshot for file in sorted(folder.glob("*.metrics")) if (snapshot := _read(file))}
    registry = CollectorRegistry()
    registry.register(Published(found, version, now))
    return generate_latest(registry)


def _runs(state: ModelState) -> dict[Labels, int]:
    """What a model runs on; one that does not run at all is told too."""
    return {(state.version, provider): int(state.ready) for provider in state.providers or ("none",) if state.version}


def _count(counts: dict[Labels, int], labels: Labels) -> None:
    if labels in counts:
        counts[labels] += 1
    else:
        key = labels if len(counts) < SERIES else ("other",) * len(labels)
        counts[key] = counts.get(key, 0) + 1


def _time(histograms: dict[Labels, Histogram], labels: Labels, seconds: float) -> None:
    histogram = histograms.get(labels)
    if histogram is None:
        key = labels if len(histograms) < SERIES else ("other",) * len(labels)
        histogram = histograms.setdefault(key, Histogram())
    histogram.add(seconds)


def _read(file: Path) -> Snapshot | None:
    """A published snapshot; None where there is none of this version's form (counting then starts anew)."""
    try:
        return _decode(file.read_bytes())
    except (FileNotFoundError, msgspec.DecodeError):
        return None
