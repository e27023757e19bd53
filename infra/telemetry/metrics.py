"""Prometheus metrics that add up over the web workers, at a few microseconds a turn.

Each worker counts in plain numbers and publishes them once a second into a file of its own under NEXUS_HOME/run/metrics,
named by the worker and not by its pid: a restarted worker goes on from its file, so sums never go back and files never
pile up. /metrics on any worker reads all the files; a worker killed hard loses at most its unpublished second.
"""

import os
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Self

import msgspec
from msgspec import Struct, field
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from shared.ports import Clock, ModelState

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds; one more for what is slower."""
SIZES = (1, 2, 4, 8, 16, 32)
"""Upper bounds of the texts in a batch."""
MODEL_PROCESS = "core"
"""Publishes as web workers do, and is none."""
PUBLISH_S = 1.0
STALE_S = 10.0  # after this a worker's states are no longer told; its counts are kept
SERIES = 200  # of one metric; what comes later is counted as "other"

Labels = tuple[str, ...]


class Histogram(Struct):
    """Counts by bucket (not cumulative; the last is what is over all bounds) and the sum of all values."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    total: float = 0.0

    def add(self, value: float, bounds: Sequence[float] = BUCKETS) -> None:
        """Count one value."""
        self.counts[bisect_left(bounds, value)] += 1
        self.total += value

    def merge(self, other: "Histogram") -> None:
        """Add what another worker counted."""
        self.counts = [a + b for a, b in zip(self.counts, other.counts, strict=True)]
        self.total += other.total


class Snapshot(Struct):
    """What one worker has counted since the first start, and its states now (`at`: Unix seconds)."""

    at: float = 0.0
    turns: dict[Labels, int] = field(default_factory=dict)  # channel, outcome
    refusals: dict[Labels, int] = field(default_factory=dict)  # channel, code
    degraded: dict[Labels, int] = field(default_factory=dict)  # part that was missing
    durations: dict[Labels, Histogram] = field(default_factory=dict)  # channel
    stages: dict[Labels, Histogram] = field(default_factory=dict)  # stage
    stores: dict[Labels, int] = field(default_factory=dict)  # store → 1 it answers, 0 it does not
    models: dict[Labels, int] = field(default_factory=dict)  # version, provider → 1 ready, 0 not
    deliveries: dict[Labels, int] = field(default_factory=dict)  # channel, how an attempt ended
    batches: dict[Labels, Histogram] = field(default_factory=dict)  # kind → seconds that a batch of a model took
    sizes: dict[Labels, Histogram] = field(default_factory=dict)  # kind → texts in a batch
    turned_away: dict[Labels, int] = field(default_factory=dict)  # kind → calls that were too much
    finished: dict[Labels, int] = field(default_factory=dict)  # channel, outcome of an answer that came later
    margins: dict[Labels, Histogram] = field(default_factory=dict)  # channel → seconds from decision to answer
    late: dict[Labels, int] = field(default_factory=dict)  # channel → answers after the deadline
    queued: dict[Labels, int] = field(default_factory=dict)  # () → calls that wait for a model now
    waiting: dict[Labels, int] = field(default_factory=dict)  # channel → messages of all workers that are not sent yet


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Snapshot).decode


class Metrics:
    """The counters of one worker. Use as a context manager: within it they are published every second."""

    def __init__(self, folder: Path, worker: str, clock: Clock) -> None:
        self._file = folder / f"{worker}.metrics"
        self._clock = clock
        self._now = _read(self._file) or Snapshot()
        self._now.stores.clear()
        self._now.models.clear()
        self._now.queued.clear()
        self._now.waiting.clear()
        self._models: Callable[[], ModelState] | None = None
        self._queue: Callable[[], int] | None = None
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

    def batch(self, kind: str, texts: int, seconds: float) -> None:
        """Count a batch that a model computed. See `core.models.batches.Watch`."""
        _time(self._now.batches, (kind,), seconds)
        sizes = self._now.sizes.setdefault((kind,), Histogram([0] * (len(SIZES) + 1)))
        sizes.add(texts, SIZES)

    def turned_away(self, kind: str) -> None:
        """Count a call that a model refused, because too much waited."""
        _count(self._now.turned_away, (kind,))

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
            state = self._models()
            self._now.models = {(state.version, provider): int(state.ready) for provider in state.providers}
        if self._queue is not None:
            self._now.queued = {(): self._queue()}

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
    registry.register(_Published(found, version, now))
    return generate_latest(registry)


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


class _Published(Collector):
    """Turns snapshots into metric families."""

    def __init__(self, workers: Mapping[str, Snapshot], version: str, now: float) -> None:
        self._workers = workers
        self._version = version
        self._now = now

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("nexus_build_info", "The running version of NEXUS.", labels=["version"])
        build.add_metric([self._version], 1)
        yield build
        yield from self._counters()
        yield from self._histograms()
        yield from self._states()

    def _counters(self) -> Iterator[Metric]:
        every = self._workers.values()
        yield _counter("nexus_turns", "Turns by how they ended.", ["channel", "outcome"], [s.turns for s in every])
        yield _counter(
            "nexus_refusals", "Requests that became no turn.", ["channel", "code"], [s.refusals for s in every]
        )
        yield _counter(
            "nexus_outbox_attempts",
            "Attempts to send a message through a platform's API, by how they ended.",
            ["channel", "state"],
            [s.deliveries for s in every],
        )
        yield _counter(
            "nexus_deferred_answers",
            "Answers that came after a holding line, by how they ended.",
            ["channel", "outcome"],
            [s.finished for s in every],
        )
        yield _counter(
            "nexus_late_answers", "Answers after the platform's deadline.", ["channel"], [s.late for s in every]
        )
        yield _counter(
            "nexus_model_refusals", "Calls that were too much for the models.", ["kind"], [s.turned_away for s in every]
        )
        yield _counter("nexus_degraded_turns", "Turns that went without a part.", ["part"], [s.degraded for s in every])

    def _histograms(self) -> Iterator[Metric]:
        every = self._workers.values()
        yield _histogram(
            "nexus_turn_duration_seconds", "From reception to answer.", ["channel"], [s.durations for s in every]
        )
        yield _histogram("nexus_stage_duration_seconds", "Stages of a turn.", ["stage"], [s.stages for s in every])
        yield _histogram(
            "nexus_margin_seconds",
            "From the decision on an answer until the server has it.",
            ["channel"],
            [s.margins for s in every],
        )
        yield _histogram(
            "nexus_model_batch_seconds", "What a batch of a model took.", ["kind"], [s.batches for s in every]
        )
        yield _histogram("nexus_model_batch_texts", "Texts in a batch.", ["kind"], [s.sizes for s in every], SIZES)

    def _states(self) -> Iterator[Metric]:
        fresh = {name: s for name, s in self._workers.items() if self._now - s.at <= STALE_S}
        stores = GaugeMetricFamily("nexus_store_up", "Whether a store answers.", labels=["store", "worker"])
        models = GaugeMetricFamily(
            "nexus_model_ready", "Whether a model can answer.", labels=["version", "provider", "worker"]
        )
        workers = GaugeMetricFamily("nexus_workers", "Web workers that are alive.")
        workers.add_metric([], len(fresh.keys() - {MODEL_PROCESS}))
        queued = GaugeMetricFamily("nexus_model_waiting", "Calls that wait for the models.", labels=["worker"])
        for name, snapshot in fresh.items():
            for labels, up in snapshot.stores.items():
                stores.add_metric([*labels, name], up)
            for labels, ready in snapshot.models.items():
                models.add_metric([*labels, name], ready)
            for count in snapshot.queued.values():
                queued.add_metric([name], count)
        yield from (workers, stores, models, queued, _waiting(fresh.values()))


def _waiting(workers: Iterable[Snapshot]) -> Metric:
    """Every worker counts the same rows: the one that wrote last is believed."""
    family = GaugeMetricFamily(
        "nexus_outbox_waiting", "Messages to be sent through a platform's API.", labels=["channel"]
    )
    newest = max(workers, key=lambda snapshot: snapshot.at, default=Snapshot())
    for labels, count in sorted(newest.waiting.items()):
        family.add_metric(list(labels), count)
    return family


def _counter(name: str, text: str, labels: list[str], every: list[dict[Labels, int]]) -> Metric:
    sums: dict[Labels, int] = {}
    for counts in every:
        for key, count in counts.items():
            sums[key] = sums.get(key, 0) + count
    family = CounterMetricFamily(name, text, labels=labels)
    for key, count in sorted(sums.items()):
        family.add_metric(list(key), count)
    return family


def _histogram(
    name: str,
    text: str,
    labels: list[str],
    every: list[dict[Labels, Histogram]],
    bounds: Sequence[float] = BUCKETS,
) -> Metric:
    sums: dict[Labels, Histogram] = {}
    for histograms in every:
        for key, histogram in histograms.items():
            sums.setdefault(key, Histogram([0] * (len(bounds) + 1))).merge(histogram)
    family = HistogramMetricFamily(name, text, labels=labels)
    for key, histogram in sorted(sums.items(), key=lambda item: item[0]):
        family.add_metric(list(key), _cumulative(histogram.counts, bounds), histogram.total)
    return family


def _cumulative(counts: list[int], bounds: Sequence[float]) -> list[tuple[str, float]]:
    names = [*(str(bound) for bound in bounds), "+Inf"]
    running = 0
    buckets: list[tuple[str, float]] = []
    for bound, count in zip(names, counts, strict=True):
        running += count
        buckets.append((bound, running))
    return buckets
