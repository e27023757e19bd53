"""What a skill may change in the world: values in its reply, carried out by NEXUS and never by the handler itself.

Effects on NEXUS' own store commit together with the turn that asked for them, so a crash loses neither and a repeated
message repeats neither.
"""

from typing import Any

from msgspec import Struct


class Remember(Struct, frozen=True, tag="remember"):
    """Keep `text`, in the person's own words, among that person's memories."""

    text: str


class Forget(Struct, frozen=True, tag="forget"):
    """Erase one memory of the person who speaks. An id that is not theirs does nothing."""

    memory_id: str


class Keep(Struct, frozen=True, tag="keep"):
    """Keep `content` (a JSON object) as the person's document called `name`, in place of what it held; None removes it."""

    name: str
    content: dict[str, Any] | None


Effect = Remember | Forget | Keep

EFFECTS = frozenset({"remember", "forget", "keep"})
"""The names by which a manifest says what an intent may do."""

ASK_FIRST = frozenset({"forget"})
"""What cannot be taken back, or reaches others: done only in a turn that the person agreed to."""


def name_of(effect: Effect) -> str:
    """The name of an effect in a manifest."""
    return str(effect.__struct_config__.tag)
