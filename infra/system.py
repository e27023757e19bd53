"""Time and identifiers of the real world, behind their ports."""

import os
import time


class SystemClock:
    """Implements `shared.ports.Clock`."""

    def now(self) -> float:
        """Unix seconds, UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.perf_counter()


class RandomIds:
    """Implements `shared.ports.Ids`: 48 bits of milliseconds, 80 random bits, in 32 hexadecimal digits."""

    def new(self) -> str:
        """A fresh id."""
        return f"{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"
