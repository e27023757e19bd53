"""A carrier's API on this machine: takes messages as the carrier would, refuses what it would refuse, and fails when told to.

class PagerApi(CarrierApi):
    def answer(self, call):                    # judge the call; keep what is good with self.take(...)
        ...

with PagerApi(port) as api:
    api.taken(2, timeout_s=5)                  # wait for two messages
"""

from typing import Any

from msgspec import Struct

from shared.testing.platforms.api import PlatformApi


class Taken(Struct, frozen=True):
    """A message that the API took: for whom, from whom, what it says, pictures, our reference, its id, and the call itself."""

    id: str
    recipient: str
    sender: str
    text: str
    media: tuple[str, ...]
    reference: str
    call: Any


class CarrierApi(PlatformApi):
    """`messages` were taken, in order; `complaints` say what was not."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.messages: list[Taken] = []

    def taken(self, number: int, timeout_s: float = 5.0) -> list[Taken]:
        """Wait until `number` messages were taken in all. Raises TimeoutError with what was refused meanwhile."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.messages) >= number, timeout_s):
                raise TimeoutError(f"{len(self.messages)} of {number} messages came; complaints: {self.complaints}")
            return list(self.messages)

    def take(self, message: Taken) -> None:
        """Keep a message."""
        with self.changed:
            self.messages.append(message)
            self.changed.notify_all()
