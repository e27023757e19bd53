"""The state of a dialogue: a value that travels in the session, whatever the channel.

`stored` makes plain JSON of it, within bounds; `read` takes it back. What another version of NEXUS wrote, or what is damaged,
is read as no dialogue at all: a question that nobody remembers is better than a conversation that cannot go on.
"""

from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from shared.turn import SlotValue

VERSION = 1
LIMIT = 24_576  # bytes of JSON
LONGEST_VALUE = 2_000  # bytes that one slot may take with it
MOST_FRAMES = 6  # intents begun, or waiting, and not finished
MOST_HANDLED = 2  # intents that a follow-up can refer to


class Question(Struct, frozen=True, omit_defaults=True):
    """What is being asked: for a slot, whether a slot or the whole is right, or which of several intents is meant.

    `words` is how a skill worded it itself, "" where its prompts do. `asked` counts how often, `misses` the answers that were
    none. `options` are the intents to choose from.
    """

    kind: Literal["slot", "confirm_slot", "confirm", "choose"]
    slot: str = ""
    words: str = ""
    asked: int = 1
    misses: int = 0
    options: tuple[str, ...] = ()


class Frame(Struct, frozen=True, omit_defaults=True):
    """An intent that is talked about: what is known, in the order it came to be known, and what was agreed to.

    `text` is the part of a sentence that asked for it, `source` where its understanding is from, `led`: questions were asked.
    """

    intent: str
    slots: dict[str, SlotValue] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    sure: tuple[str, ...] = ()
    confirmed: bool = False
    question: Question | None = None
    text: str = ""
    source: str = "model"
    score: float = 1.0

    def filled(self, slots: dict[str, SlotValue]) -> "Frame":
        """With more slots, or other values. Whatever changes has to be agreed to anew."""
        changed = [name for name, value in slots.items() if self.slots.get(name) != value]
        if not changed:
            return self
        return msgspec.structs.replace(
            self,
            slots={**self.slots, **slots},
            order=(*(name for name in self.order if name not in changed), *changed),
            sure=tuple(name for name in self.sure if name not in changed),
            confirmed=False,
        )

    def without(self, *names: str) -> "Frame":
        """With some slots unknown again."""
        return msgspec.structs.replace(
            self,
            slots={name: value for name, value in self.slots.items() if name not in names},
            order=tuple(name for name in self.order if name not in names),
            sure=tuple(name for name in self.sure if name not in names),
            confirmed=False,
        )

    def asking(self, question: Question | None) -> "Frame":
        """With another question open, or none."""
        return msgspec.structs.replace(self, question=question)


class State(Struct, frozen=True, omit_defaults=True):
    """Intents begun or waiting (the last one is being talked about), and the last ones handled."""

    frames: tuple[Frame, ...] = ()
    handled: tuple[Frame, ...] = ()
    version: int = VERSION

    @property
    def top(self) -> Frame | None:
        """What is being talked about."""
        return self.frames[-1] if self.frames else None

    @property
    def question(self) -> Question | None:
        """The question that is open."""
        return self.top.question if self.top else None

    def pushed(self, frame: Frame) -> "State":
        """Talking about `frame`; what was begun long before is given up."""
        return msgspec.structs.replace(self, frames=(*self.frames, frame)[-MOST_FRAMES:])

    def topped(self, frame: Frame) -> "State":
        """With `frame` in place of what is being talked about."""
        return msgspec.structs.replace(self, frames=(*self.frames[:-1], frame))

    def popped(self) -> "State":
        """Back to what was talked about before."""
        return msgspec.structs.replace(self, frames=self.frames[:-1])

    def done(self, frame: Frame) -> "State":
        """With `frame` as what was handled last."""
        kept = msgspec.structs.replace(frame, question=None, text="")
        return msgspec.structs.replace(self, handled=(*self.handled, kept)[-MOST_HANDLED:])


NOTHING = State()


def read(stored: dict[str, Any] | None) -> State:
    """The state that `stored` holds; NOTHING where it is of another version or no state."""
    if not stored or stored.get("version", VERSION) != VERSION:
        return NOTHING
    try:
        return msgspec.convert(stored, State)
    except msgspec.ValidationError:
        return NOTHING


def stored(state: State) -> dict[str, Any] | None:
    """`state` as plain JSON of at most LIMIT bytes; None where nothing is left to keep. The least needed goes first."""
    short = _short(state)
    for less in (
        short,
        msgspec.structs.replace(short, handled=()),
        msgspec.structs.replace(short, handled=(), frames=short.frames[-1:]),
    ):
        if not (less.frames or less.handled):
            return None
        body = msgspec.json.encode(less)
        if len(body) <= LIMIT:
            plain: dict[str, Any] = msgspec.json.decode(body)
            return {**plain, "version": VERSION}
    return None


def size(value: SlotValue) -> int:
    """The bytes that a value takes in a store; 0 where it cannot be stored, as numbers of more than 64 bits cannot."""
    try:
        return len(msgspec.msgpack.encode(value))
    except (OverflowError, TypeError, ValueError):
        return 0


def _short(state: State) -> State:
    """Without values too long to carry along: they are asked for again."""
    return State(tuple(map(_shortened, state.frames)), tuple(map(_shortened, state.handled)))


def _shortened(frame: Frame) -> Frame:
    long = [name for name, value in frame.slots.items() if not 0 < size(value) <= LONGEST_VALUE]
    short = frame.without(*long) if long else frame
    return msgspec.structs.replace(short, text=short.text[:LONGEST_VALUE])
