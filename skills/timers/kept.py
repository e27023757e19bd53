"""The timers of a person, as they are kept in the document `timers`.

    {"version": 1, "next": 3, "timers": [
        {"id": 1, "name": "pasta", "seconds": 600, "due": 1795464900.0},
        {"id": 2, "seconds": 300, "left": 120.0}
    ]}

`id` is never used twice for one person; `next` is the next one. `seconds` is for how long the timer was set; what was
added to it later is in `due` alone, for people go on to call it "the ten minute timer". A timer runs until `due`
(Unix seconds), or is paused with `left` seconds to go; one of the two is there. `name` is missing where none was
given. A timer that ran out stays until somebody was told: whoever delivers asks `due`, tells, and keeps what
`without` leaves.
All functions are pure.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

DOCUMENT = "timers"
VERSION = 1


class Timer(Struct, frozen=True, omit_defaults=True):
    """One timer. See the module."""

    id: int
    seconds: int
    name: str = ""
    due: float | None = None
    left: float | None = None

    def is_over(self, now: float) -> bool:
        """Whether it ran out."""
        return self.due is not None and self.due <= now

    def remaining(self, now: float) -> float:
        """Seconds to go; 0 once it ran out."""
        return max(0.0, self.due - now) if self.due is not None else self.left or 0.0

    def paused(self, now: float) -> "Timer":
        """With its time standing still."""
        return replace(self, due=None, left=self.remaining(now))

    def running(self, now: float) -> "Timer":
        """With its time going on."""
        return replace(self, due=now + self.remaining(now), left=None)

    def extended(self, seconds: int) -> "Timer":
        """With so much more time."""
        due = self.due + seconds if self.due is not None else None
        left = self.left + seconds if self.left is not None else None
        return replace(self, due=due, left=left)


class Timers(Struct, frozen=True):
    """All timers of a person, in the order in which they were set."""

    timers: tuple[Timer, ...] = ()
    next: int = 1
    version: int = VERSION

    def set(self, name: str, seconds: int, now: float) -> "Timers":
        """With one more."""
        timer = Timer(self.next, seconds, name, due=now + seconds)
        return replace(self, timers=(*self.timers, timer), next=self.next + 1)

    def put(self, changed: Iterable[Timer]) -> "Timers":
        """With timers in place of those that have the same ids."""
        new = {timer.id: timer for timer in changed}
        return replace(self, timers=tuple(new.get(timer.id, timer) for timer in self.timers))

    def without(self, gone: Iterable[Timer]) -> "Timers":
        """Without some."""
        ids = {timer.id for timer in gone}
        return replace(self, timers=tuple(timer for timer in self.timers if timer.id not in ids))

    def over(self, now: float) -> tuple[Timer, ...]:
        """Those that ran out, the first one first."""
        return tuple(sorted((timer for timer in self.timers if timer.is_over(now)), key=lambda timer: timer.due or 0.0))


def read(document: dict[str, Any] | None) -> Timers:
    """The timers in a document; none where there is no document, or one of another version or shape."""
    if not document or document.get("version") != VERSION:
        return Timers()
    try:
        found = msgspec.convert(document, Timers)
    except msgspec.ValidationError:
        return Timers()
    whole = tuple(timer for timer in found.timers if (timer.due is None) != (timer.left is None))
    return replace(found, timers=whole)


def stored(timers: Timers) -> dict[str, Any] | None:
    """The document of some timers; ids stay counted when none is left."""
    content: dict[str, Any] = msgspec.to_builtins(timers)
    return content


def due(document: dict[str, Any] | None, now: float) -> tuple[Timer, ...]:
    """The timers that ran out by `now` (Unix seconds) and that nobody was told of, the first one first."""
    return read(document).over(now)


def without(document: dict[str, Any] | None, told: Iterable[Timer]) -> dict[str, Any] | None:
    """The document once somebody was told of these timers."""
    return stored(read(document).without(told))


def next_due(document: dict[str, Any] | None) -> float | None:
    """When the next timer that runs will have run out, in Unix seconds; None where none runs."""
    return min((timer.due for timer in read(document).timers if timer.due is not None), default=None)
