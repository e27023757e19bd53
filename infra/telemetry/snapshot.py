"""What a worker counts: plain numbers, published as one value."""

from bisect import bisect_left
from collections.abc import Sequence

from msgspec import Struct, field

BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds; one more for what is slower."""
SIZES = (1, 2, 4, 8, 16, 32)
"""Upper bounds of the texts in a batch."""
MODEL_PROCESS = "core"
"""Publishes as web workers do, and is none."""

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
    looked_up: dict[Labels, int] = field(default_factory=dict)  # where an answer that depends on nobody was found
    guarded: dict[Labels, int] = field(default_factory=dict)  # what became of a language model's answer
    finished: dict[Labels, int] = field(default_factory=dict)  # channel, outcome of an answer that came later
    margins: dict[Labels, Histogram] = field(default_factory=dict)  # channel → seconds from decision to answer
    late: dict[Labels, int] = field(default_factory=dict)  # channel → answers after the deadline
    queued: dict[Labels, int] = field(default_factory=dict)  # () → calls that wait for a model now
    generators: dict[Labels, int] = field(default_factory=dict)  # version, provider → 1 ready, 0 not
    answers: dict[Labels, int] = field(default_factory=dict)  # how a generated answer ended
    tokens: dict[Labels, int] = field(default_factory=dict)  # prompt, answer
    begun: dict[Labels, Histogram] = field(default_factory=dict)  # () → seconds to the first piece of an answer
    writing: dict[Labels, int] = field(default_factory=dict)  # waiting, under_way → answers in the making now
    waiting: dict[Labels, int] = field(default_factory=dict)  # channel → messages of all workers that are not sent yet
