"""The JSON answer of the outside contract (`POST /v1/messages`, the web chat) as a client that trusts nothing reads it.

Written from the contract, not from the code that renders it: every field there must be, with its type, and no other.
"""

import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from shared.testing.platforms.twin import NOT_YET, Answer, Heard, status_complaints, unanswered

STATUS = {"answered": 200, "refused": 200, "deferred": 202, "running": 202}
"""The HTTP status of each outcome that is an answer."""

MAX_BYTES = 1024 * 1024  # more than any answer of NEXUS is worth reading
_FIRST_S, _LATEST_S = 0.1, 2.0  # pauses between two looks
Score = Annotated[float, Meta(ge=0, le=1)]


class _Strict(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing but what is named."""


class Choice(_Strict, frozen=True):
    """Something to pick."""

    title: str
    value: str


class Card(_Strict, frozen=True):
    """Something to look at."""

    title: str
    text: str
    image_url: str | None
    url: str | None


class Media(_Strict, frozen=True):
    """A picture, sound or film."""

    url: str
    media_type: str
    alt: str


class Said(_Strict, frozen=True):
    """The reply."""

    text: str
    speech: str | None
    choices: tuple[Choice, ...]
    cards: tuple[Card, ...]
    expects_answer: bool
    media: tuple[Media, ...] | UnsetType = UNSET
    reprompt: str | UnsetType = UNSET
    handed_over: bool | UnsetType = UNSET


class Slot(_Strict, frozen=True):
    """A slot of what was understood."""

    text: str
    value: Any


class Understood(_Strict, frozen=True):
    """What the message was taken to mean."""

    intent: str | None
    score: Score
    slots: dict[str, Slot]


class Message(_Strict, frozen=True):
    """The whole answer."""

    message_id: Annotated[str, Meta(pattern="^[A-Za-z0-9._:-]{1,128}$")]
    conversation: Annotated[str, Meta(min_length=1)]
    outcome: Literal["answered", "refused", "deferred", "running"]
    reply: Said | None
    understanding: Understood
    timings_ms: dict[str, Annotated[float, Meta(ge=0)]]


def message_complaints(answer: Answer, message_id: str) -> list[str]:
    """What breaks the contract in an answer to the message `message_id`."""
    if found := status_complaints(answer, *STATUS.values()):
        return found
    if answer.media_type() != "application/json":
        return [f"the content type is {answer.media_type() or 'missing'}, not application/json"]
    if len(answer.body) > MAX_BYTES:
        return [f"the answer has {len(answer.body)} bytes, more than {MAX_BYTES}"]
    try:
        message = msgspec.json.decode(answer.body, type=Message)
    except msgspec.DecodeError as error:
        return [f"the answer breaks the contract: {error}"]
    return list(_odd(answer, message, message_id))


def _odd(answer: Answer, message: Message, message_id: str) -> Iterator[str]:
    if message.message_id != message_id:
        yield f"this answers message {message.message_id}, not {message_id}"
    if answer.status != STATUS[message.outcome]:
        yield f"the outcome {message.outcome} goes with HTTP {STATUS[message.outcome]}, not {answer.status}"
    if message.outcome == "answered" and message.reply is None:
        yield "the message was answered, but there is no reply"


def heard_of(message: Message) -> Heard:
    """What a person gets to see of it."""
    reply = message.reply
    if reply is None:
        return Heard(unanswered("the message was refused") if message.outcome == "refused" else NOT_YET, answer=message)
    return Heard(
        reply.text,
        tuple(line for line in _shown(reply) if line),
        tuple(choice.title for choice in reply.choices),
        reply.reprompt or "",
        answer=message,
    )


def heard_in_time(message: Message, look: Callable[[], Message], seconds: float) -> Heard:
    """What a person gets to see of it who waits `seconds` at most for an answer that takes long, and then of that.

    `look` asks what became of the message. What was said in place of the answer stands before it.
    """
    first = heard_of(message)
    until, pause = time.monotonic() + seconds, _FIRST_S
    while message.outcome == "deferred" and time.monotonic() < until:
        time.sleep(pause)
        pause = min(pause * 1.5, _LATEST_S)
        found = look()
        if found.outcome not in ("deferred", "running"):
            last = heard_of(found)
            said = [one.text for one in (first, last) if one.text != NOT_YET]
            return msgspec.structs.replace(last, text="\n".join(said))
    return first


def _shown(reply: Said) -> Iterator[str]:
    for card in reply.cards:
        yield from (card.title, card.text, card.url or "", card.image_url or "")
    for medium in reply.media or ():
        yield f"{medium.alt} {medium.url}".strip()
