"""One turn: what came in (Request), what it meant (Understanding), what goes out (Reply), what is kept (Turn, Session).

All values are frozen. Times are Unix seconds (float, UTC) unless a name says otherwise.
"""

from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct, field

from shared.effects import Effect


class Kind(StrEnum):
    """What sort of thing a person or platform did."""

    OPEN = "open"  # started to talk, said nothing yet ("Alexa, open Nexus")
    UTTERANCE = "utterance"  # said or typed something, or the platform resolved it to an intent
    ACTION = "action"  # pressed or touched something
    EVENT = "event"  # the platform reports something (playback, permission, error)
    CLOSE = "close"  # the platform ended the session; nothing can be said any more


class Outcome(StrEnum):
    """How an inbound message ended. Exactly one is recorded; `RUNNING` is never recorded."""

    ANSWERED = "answered"
    REFUSED = "refused"
    DEFERRED = "deferred"
    FAILED = "failed"
    RUNNING = "running"


class SlotValue(Struct, frozen=True):
    """A slot as it was said (`text`) and what it stands for (`value`, a JSON value)."""

    text: str
    value: Any = None


class PlatformIntent(Struct, frozen=True):
    """The intent a platform resolved by itself, in its own naming (`AMAZON.HelpIntent`)."""

    name: str
    slots: dict[str, SlotValue] = field(default_factory=dict)
    confirmed: bool | None = None  # what the person said when the platform had them confirm the whole
    confirmed_slots: dict[str, bool] = field(default_factory=dict)  # the same for single slots


class Device(Struct, frozen=True):
    """What the person's device can show and play."""

    screen: bool = False
    audio_player: bool = False
    video: bool = False
    speech: bool = False
    capabilities: tuple[str, ...] = ()  # the platform's own names (`Alexa.Presentation.APL`)


class Attachment(Struct, frozen=True):
    """Something sent along, by reference."""

    url: str
    media_type: str


class Keyword(Struct, frozen=True):
    """A whole message that carriers' rules give a meaning to: STOP, START, HELP and their synonyms.

    `ordinary`: the word is also one people answer with (YES, END, CANCEL), so an open question of ours comes first.
    `carrier_answers`: the carrier sends its own reply, which a second one would double. `reply` is what to say otherwise,
    "" for NEXUS' own words.
    """

    meaning: Literal["stop", "start", "help"]
    ordinary: bool = False
    carrier_answers: bool = False
    reply: str = ""


class Request(Struct, frozen=True, kw_only=True):
    """One inbound message, the same from every channel.

    `user` is the channel's own name for the person, unique within app and channel. `conversation` groups messages that are
    answered in order. `message_id` is the channel's own id, on which duplicates are recognised. `deadline` is when the
    platform stops waiting. `native` holds the few platform facts that `render` needs again. `opt_out` says that people of
    this channel may forbid us to write to them (SMS): what they decided is looked up before an answer is made.
    """

    app: str
    channel: str
    message_id: str
    conversation: str
    user: str
    kind: Kind
    received_at: float
    deadline: float
    text: str = ""
    locale: str = "en-US"
    device: Device = Device()
    intent: PlatformIntent | None = None
    event: str = ""  # the platform's own name for an event or action (`AudioPlayer.PlaybackStarted`)
    attachments: tuple[Attachment, ...] = ()
    keyword: Keyword | None = None
    opt_out: bool = False
    native: dict[str, Any] = field(default_factory=dict)


class Ranked(Struct, frozen=True):
    """An intent with its calibrated score, 0 to 1."""

    intent: str
    score: float


CORRECTION = "correction"
"""The source of an understanding that takes the place of what was just done ("no, at six"); see `IntentSpec.corrects`."""


class Understanding(Struct, frozen=True):
    """What an utterance means. `intent` is None out of scope. Scores are calibrated, 0 to 1.

    `source` is "model", "platform" (it resolved the intent itself), "dialogue" (an answer to a question of ours), "memory" or
    CORRECTION. `more` is what else one sentence asked for, in order; then `text` is the part of it that this is about ("": all of it).
    """

    intent: str | None
    score: float
    oos_score: float = 0.0
    slots: dict[str, SlotValue] = field(default_factory=dict)
    ranking: tuple[Ranked, ...] = ()
    source: str = "model"
