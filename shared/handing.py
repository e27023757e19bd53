"""Conversations that were handed over to a human, as they are stored, and what a turn does about one."""

from typing import Literal

from msgspec import Struct


class Handoff(Struct, frozen=True, kw_only=True):
    """A conversation that was handed over to a human, as `HandOver` of the skill `skill` said.

    `user` and `locale` are those of the request that began it. Times are in Unix seconds. It ends when it is given back
    (`returned_at`), else at `until`, which each message of the person puts off by `hours`.
    """

    id: str
    app: str
    channel: str
    conversation: str
    user: str
    locale: str
    skill: str
    reason: str
    relay: str
    quiet: str
    back: str
    hours: float
    started_at: float
    until: float
    returned_at: float | None = None

    def holds(self, now: float) -> bool:
        """Whether the human still has it."""
        return self.returned_at is None and now < self.until


class HandoffHeard(Struct, frozen=True):
    """The person said something to the human, which puts the end off until then."""

    id: str
    until: float


class HandoffEnded(Struct, frozen=True):
    """The assistant is back: the person wanted it ("person"), nobody said anything for long ("time"), or an operator did it."""

    id: str
    by: Literal["person", "time", "operator"]


HandoffStep = Handoff | HandoffHeard | HandoffEnded
"""What a turn does about a handoff: it begins, goes on, or ends."""
