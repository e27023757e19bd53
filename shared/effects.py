"""What a skill may change in the world: values in its reply, carried out by NEXUS and never by the handler itself.

Effects on NEXUS' own store commit together with the turn that asked for them, so a crash loses neither and a repeated
message repeats neither. A `Call` goes into the outbox with the same commit, and is carried out from there.
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


class HandOver(Struct, frozen=True, tag="hand_over"):
    """Hand this conversation over to a human, for `reason` ("": not told). From then on NEXUS keeps quiet in it.

    `relay` is a call of the skill (see `Call`): through it the human gets told, and gets each message of the person. `quiet`
    is said where a channel cannot be silent. `back` comes before the first answer once the assistant is back, which is when
    the human or the person gives it back, or after `hours` without a message.
    """

    reason: str
    relay: str
    quiet: str
    back: str
    hours: float = 24.0


class HandBack(Struct, frozen=True, tag="hand_back"):
    """Take the conversation back from the human. An intent that may do this is listened for while NEXUS keeps quiet."""


class Call(Struct, frozen=True, tag="call"):
    """Have the skill's own method marked `@call(name)` do something outside, once the turn is committed.

    `content` (a small JSON object) is all that the method is told. What is not done `within_s` seconds (1 to a day) is given
    up: a lamp that is switched on an hour later is wrong. Calls of one `lane` of a skill and person are carried out one after the
    other, in the order in which they were asked for.
    """

    name: str
    content: dict[str, Any]
    within_s: float = 60.0
    lane: str = ""


Effect = Remember | Forget | Keep | HandOver | HandBack | Call

EFFECTS = frozenset({"remember", "forget", "keep", "hand_over", "hand_back", "call"})
"""The names by which a manifest says what an intent may do."""

ASK_FIRST = frozenset({"forget", "hand_over", "call"})
"""What cannot be taken back, or reaches others: done only in a turn that the person agreed to."""


def name_of(effect: Effect) -> str:
    """The name of an effect in a manifest."""
    return str(effect.__struct_config__.tag)
