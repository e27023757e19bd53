"""Handoffs as the REST API tells them: the conversations of an app that a human has, and one that was given back."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from shared.handing import Handoff

HANDOFF_ID = r"^[A-Za-z0-9-]{1,40}$(?!\n)"  # a dialect that JSON Schema and Python share


class HandoffOut(Struct, frozen=True):
    """A conversation that was handed over to a human. Times are in Unix seconds.

    `user` is the channel's own name for the person. An open one ends at `until` if the person says nothing before.
    """

    id: Annotated[str, Meta(pattern=HANDOFF_ID)]
    state: Literal["open", "returned"]
    channel: str
    conversation: str
    user: str
    locale: str
    reason: str
    started_at: float
    until: float
    returned_at: float | None


class HandoffsOut(Struct, frozen=True):
    """The conversations that a human has now, the longest first."""

    handoffs: tuple[HandoffOut, ...]


def render_handoffs(found: list[Handoff], now: float) -> bytes:
    """The body of the list."""
    return msgspec.json.encode(HandoffsOut(tuple(_out(one, now) for one in found)))


def render_handoff(found: Handoff, now: float) -> bytes:
    """The body of one."""
    return msgspec.json.encode(_out(found, now))


def _out(one: Handoff, now: float) -> HandoffOut:
    return HandoffOut(
        one.id,
        "open" if one.holds(now) else "returned",
        one.channel,
        one.conversation,
        one.user,
        one.locale,
        one.reason,
        one.started_at,
        one.until,
        one.returned_at,
    )
