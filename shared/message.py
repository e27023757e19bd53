"""The JSON shape of a message and its answer, spoken by the REST API and the web chat (design, section 5)."""

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from shared.turn import Outcome, Reply, Turn, Understanding

STATUS = {
    Outcome.ANSWERED: 200,
    Outcome.REFUSED: 200,
    Outcome.DEFERRED: 202,
    Outcome.RUNNING: 202,
    Outcome.FAILED: 503,
}


class ChoiceOut(Struct, frozen=True):
    """One thing the person may pick: `value` is what to send back."""

    title: str
    value: str


class CardOut(Struct, frozen=True):
    """A titled piece to look at."""

    title: str
    text: str
    image_url: str | None
    url: str | None


class MediaOut(Struct, frozen=True):
    """A picture, sound or film by reference."""

    url: str
    media_type: str
    alt: str


class ReplyOut(Struct, frozen=True):
    """What NEXUS says. `speech` is SSML without the <speak> element, or null where `text` is to be spoken.

    `handed_over`: a human has this conversation; the message was passed on, and NEXUS says nothing.
    """

    text: str
    speech: str | None
    choices: tuple[ChoiceOut, ...]
    cards: tuple[CardOut, ...]
    expects_answer: bool
    media: tuple[MediaOut, ...] | UnsetType = UNSET
    reprompt: str | UnsetType = UNSET
    handed_over: bool | UnsetType = UNSET


class SlotOut(Struct, frozen=True):
    """A slot as it was said, and what it stands for."""

    text: str
    value: Any


class UnderstandingOut(Struct, frozen=True):
    """What the message was taken to mean; `intent` is null out of scope."""

    intent: str | None
    score: float
    slots: dict[str, SlotOut]


class MessageOut(Struct, frozen=True):
    """The answer to a message."""

    message_id: str
    conversation: str
    outcome: Outcome
    reply: ReplyOut | None
    understanding: UnderstandingOut
    timings_ms: dict[str, float]


_encode = msgspec.json.Encoder().encode


def render_message(turn: Turn) -> tuple[int, bytes]:
    """HTTP status and JSON body of the answer that `turn` is. The same turn gives the same bytes."""
    return STATUS[turn.outcome], _encode(message_out(turn))


def message_out(turn: Turn) -> MessageOut:
    """`turn` in the shape of the outside contract."""
    return MessageOut(
        turn.message_id,
        turn.conversation,
        turn.outcome,
        None if turn.reply is None else _reply(turn.reply),
        _understanding(turn.understanding),
        turn.timings_ms,
    )


def _reply(reply: Reply) -> ReplyOut:
    return ReplyOut(
        text=reply.text,
        speech=reply.speech,
        choices=tuple(ChoiceOut(c.title, c.value) for c in reply.choices),
        cards=tuple(CardOut(c.title, c.text, c.image_url, c.url) for c in reply.cards),
        expects_answer=reply.expects_answer,
        media=tuple(MediaOut(m.url, m.media_type, m.alt) for m in reply.media) or UNSET,
        reprompt=reply.reprompt or UNSET,
        handed_over=True if reply.human is not None else UNSET,
    )


def _understanding(understanding: Understanding | None) -> UnderstandingOut:
    if understanding is None:
        return UnderstandingOut(None, 0.0, {})
    slots = {name: SlotOut(slot.text, slot.value) for name, slot in understanding.slots.items()}
    return UnderstandingOut(understanding.intent, round(understanding.score, 4), slots)
