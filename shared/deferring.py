"""Answers that come later: what is stored of one with the holding line, with its end, and what is found of it afterwards."""

from typing import Any, Literal

from msgspec import Struct

from shared.turn import Turn

OFFERED_S = 3600.0
"""For so long after its end an answer is told."""


def answer_id(deferred_id: str) -> str:
    """The message id of the turn that is a deferred answer."""
    return f"deferred:{deferred_id}"


class Deferral(Struct, frozen=True):
    """An answer that is owed from now on, written in the commit of the turn that says so, which has the number `seq`.

    `told` is the beginning of the answer that was said at once; the rest is owed. `dialogue` is the one that the message came
    into. Whoever is called `lease` works on it, until `until` (Unix seconds) unless the lease is renewed. `place` is the door's
    (`ChannelAdapter.at`).
    """

    id: str
    seq: int
    lease: str
    until: float
    told: str = ""
    dialogue: dict[str, Any] | None = None
    place: str = ""


class Settled(Struct, frozen=True):
    """The end of a deferred answer, written in the commit of the turn that is the answer.

    "told": it went out with it, or nothing is left to tell. `dialogue` is what the conversation is about once it is told.
    """

    id: str
    state: Literal["done", "failed", "told"]
    at: float
    dialogue: dict[str, Any] | None = None


class Deferred(Struct, frozen=True):
    """What has become of a deferred answer. `turn` is the answer, once it is there; so is `ended_at` (Unix seconds)."""

    id: str
    state: Literal["pending", "done", "failed", "told"]
    at: float
    ended_at: float | None = None
    turn: Turn | None = None
    dialogue: dict[str, Any] | None = None

    def offered(self, now: float) -> bool:
        """Whether it may still be told, or will be."""
        return self.ended_at is None or now - self.ended_at < OFFERED_S
