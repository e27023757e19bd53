"""A stopwatch for the stages of a turn."""

from shared.ports import Clock


class Stages:
    """Milliseconds per stage; a stage that happens twice is added up. `missing` lists the parts that were down."""

    __slots__ = ("_clock", "_last", "_ms", "missing")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = clock.monotonic()
        self._ms: dict[str, float] = {}
        self.missing: tuple[str, ...] = ()

    def mark(self, stage: str) -> None:
        """The time since the last mark belongs to `stage`."""
        now = self._clock.monotonic()
        self._ms[stage] = self._ms.get(stage, 0.0) + 1000 * (now - self._last)
        self._last = now

    def so_far(self, stage: str) -> "Stages":
        """A copy in which the time since the last mark belongs to `stage`; what is measured goes on."""
        copy = Stages(self._clock)
        copy._last, copy._ms, copy.missing = self._last, dict(self._ms), self.missing
        copy.mark(stage)
        return copy

    def degraded(self, part: str) -> None:
        """Note that `part` was missing."""
        if part not in self.missing:
            self.missing = (*self.missing, part)

    def milliseconds(self) -> dict[str, float]:
        """What was measured so far, in milliseconds."""
        return {stage: round(ms, 3) for stage, ms in self._ms.items()}
