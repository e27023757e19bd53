"""Counts of all workers as Prometheus' metric families."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from infra.telemetry.snapshot import BUCKETS, MODEL_PROCESS, SIZES, Histogram, Labels, Snapshot

STALE_S = 10.0  # after this a worker's states are no longer told; its counts are kept


class Published(Collector):
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
        yield _counter(
            "nexus_reply_cache_lookups",
            "Looks for an answer that depends on nobody, by where it was found.",
            ["found"],
            [s.looked_up for s in every],
        )
        yield _counter(
            "nexus_generated_answers", "Generated answers by how they ended.", ["end"], [s.answers for s in every]
        )
        yield _counter("nexus_generated_tokens", "Tokens of ended answers.", ["kind"], [s.tokens for s in every])
        yield _counter(
            "nexus_guarded_answers",
            "Answers of the language model, by what the guard made of them.",
            ["outcome"],
            [s.guarded for s in every],
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
        yield _histogram(
            "nexus_generation_first_seconds", "To the first piece of a generated answer.", [], [s.begun for s in every]
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
        generators = GaugeMetricFamily(
            "nexus_generator_ready", "Whether a language model can answer.", labels=["version", "provider", "worker"]
        )
        writing = GaugeMetricFamily(
            "nexus_generated_now", "Answers in the making: those that wait, and all.", labels=["state", "worker"]
        )
        for name, snapshot in fresh.items():
            for labels, up in snapshot.stores.items():
                stores.add_metric([*labels, name], up)
            for labels, ready in snapshot.models.items():
                models.add_metric([*labels, name], ready)
            for labels, ready in snapshot.generators.items():
                generators.add_metric([*labels, name], ready)
            for labels, count in snapshot.writing.items():
                writing.add_metric([*labels, name], count)
            for count in snapshot.queued.values():
                queued.add_metric([name], count)
        yield from (workers, stores, models, queued, generators, writing, _waiting(fresh.values()))


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
