"""One turn: what came in (Request), what it meant (Understanding), what goes out (Reply), what is kept (Turn, Session).

All values are frozen. Times are Unix seconds (float, UTC) unless a name says otherwise.
"""

from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct, field
from msgspec.structs import replace

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
    this channel may forbid us to write to them (SMS): what they decided is looked up before an answer is made. `spoken`: the
    platform heard speech in the language of `locale` and wrote it down, so that it is in no other.
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
    spoken: bool = False
    native: dict[str, Any] = field(default_factory=dict)


class Ranked(Struct, frozen=True):
    """An intent with its calibrated score, 0 to 1."""

    intent: str
    score: float


CORRECTION = "correction"
"""The source of an understanding that takes the place of what was just done ("no, at six"); see `IntentSpec.corrects`."""


class Understanding(Struct, frozen=True):
    """What an utterance means. `intent` is None out of scope. Scores are calibrated, 0 to 1.

    `more` is what else one sentence asked for, in order; then `text` is the part of it that this is about ("": all of it).
    `language` is the one it was said in (`de`), "" where nobody knows. `source`: "model", "platform" (it resolved the intent
    itself), "dialogue" (an answer to a question of ours), "memory" (what the person told fits), CORRECTION, or "sample" (word for
    word a sentence of a skill, while no model answered).
    """

    intent: str | None
    score: float
    oos_score: float = 0.0
    slots: dict[str, SlotValue] = field(default_factory=dict)
    ranking: tuple[Ranked, ...] = ()
    source: str = "model"
    text: str = ""
    more: tuple["Understanding", ...] = ()
    language: str = ""


class Card(Struct, frozen=True):
    """A titled piece to look at. Channels without cards get it as text with its link."""

    title: str
    text: str = ""
    image_url: str | None = None
    url: str | None = None


class Choice(Struct, frozen=True):
    """Something the person may pick. `value` is what is sent back; `title` is what is shown or spoken."""

    title: str
    value: str


class Media(Struct, frozen=True):
    """A picture, sound or film by reference, with words for those who cannot see or play it."""

    url: str
    media_type: str
    alt: str = ""


class Elicit(Struct, frozen=True):
    """The reply asks for one slot of one intent; the next utterance is taken as its value.

    The rest is for platforms that lead dialogues themselves, and filled in by NEXUS: `slots` is what is known. `plain`: the
    reply is the skill's first prompt and nothing else, so a platform may speak its own in its place. `foreign`: this is about
    another intent than the one the platform understood.
    """

    intent: str
    slot: str
    slots: dict[str, SlotValue] = field(default_factory=dict)
    plain: bool = False
    foreign: bool = False


class Confirm(Struct, frozen=True):
    """The reply asks whether an intent may be handled, or whether one slot is right. For the rest see Elicit."""

    intent: str
    slot: str = ""
    slots: dict[str, SlotValue] = field(default_factory=dict)
    plain: bool = False
    foreign: bool = False


class Reply(Struct, frozen=True, kw_only=True):
    """What NEXUS says, rich and platform-free. Each adapter renders the best its platform can show and drops nothing.

    `language` is the one it is in (`de`; "": that of the request's locale), filled in by NEXUS.
    `speech` is an SSML fragment without the <speak> element (subset in shared/ssml.py); None means that `text` is spoken.
    `native` is the escape hatch: channel name -> what that channel's README documents. `state` replaces what the skill
    keeps in the session; None leaves it as it is. `human`: the conversation is in the hands of a human, and NEXUS says nothing;
    these are the words for channels that cannot be silent.
    """

    text: str
    speech: str | None = None
    cards: tuple[Card, ...] = ()
    choices: tuple[Choice, ...] = ()
    media: tuple[Media, ...] = ()
    reprompt: str | None = None
    expects_answer: bool = False
    elicit: Elicit | None = None
    confirm: Confirm | None = None
    end_session: bool = False
    effects: tuple[Effect, ...] = ()
    state: dict[str, Any] | None = None
    native: dict[str, Any] = field(default_factory=dict)
    language: str = ""
    human: str | None = None

    @property
    def aloud(self) -> "Reply":
        """What a channel says that cannot be silent; it goes on listening, for the human."""
        return replace(self, text=self.human, expects_answer=True) if self.human and not self.text else self


class Session(Struct, frozen=True):
    """The state of one conversation after its turn number `seq` (0: nothing said yet). Lives in Valkey, rebuilt from Postgres.

    `dialogue` is what core/dialogue keeps there: open questions, what is known, what waits. It has a version of its own.
    `language` is the one that the person last used (`de`); "" before it was known.
    `handoff` is the id of the Handoff while a human has the conversation. `deferred` are the ids of answers that come later and
    were not told yet.
    """

    seq: int = 0
    updated_at: float = 0.0
    last_intent: str | None = None
    last_reply: str = ""
    skills: dict[str, dict[str, Any]] = field(default_factory=dict)
    version: int = 1
    dialogue: dict[str, Any] | None = None
    language: str = ""
    handoff: str = ""
    deferred: tuple[str, ...] = ()


class Trace(Struct, frozen=True):
    """How a turn came about: its stages in milliseconds, the skill, the model and what went wrong."""

    id: str
    stages_ms: dict[str, float]
    skill: str | None = None
    model: str = ""
    providers: tuple[str, ...] = ()
    attempts: int = 1  # 2 or more: the turn was recomputed because another one in its conversation came first
    error: str = ""
    degraded: tuple[str, ...] = ()  # parts that were missing ("valkey", "model", "generation")
    generated: str = ""  # the language model that was asked, and what its guard made of the answer
    deferred: str = ""  # the id of the answer that comes later, in the turn that says so and in the one that is it


class Turn(Struct, frozen=True, kw_only=True):
    """The recorded result of one request. Rendering it again gives the same bytes."""

    app: str
    channel: str
    message_id: str
    conversation: str
    outcome: Outcome
    at: float
    seq: int = 0
    reply: Reply | None = None
    understanding: Understanding | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)
    trace_id: str = ""
    reason: str = ""  # why it failed or was refused, for a person to read
    degraded: tuple[str, ...] = ()  # parts that were missing, as in its trace
