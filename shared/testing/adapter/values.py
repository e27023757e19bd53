"""What the cases of AdapterContract are made of: messages, replies, errors, and what every answer must be."""

import asyncio
import re
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from shared.channel import WireReply
from shared.errors import LimitExceeded, MethodNotAllowed, NexusError
from shared.turn import Card, Choice, Media, Outcome, Reply, Request, Turn

T = TypeVar("T")

NOW = 1_800_000_000.0
"""When the contract takes place, in Unix seconds."""

CANARY = "xylophone-canary-7319"
"""A word that is said in messages and must not be in the text of errors."""

MAX_BODY = 256 * 1024
MAX_MESSAGE_ID = 512  # bytes of UTF-8
MAX_NAME = 1024  # bytes of UTF-8 in a user or a conversation

SAYINGS = (
    "what time is it in Tokyo",
    "naïve café, “quoted” – über",
    "\u202eright to left\u202c مرحبا שלום",
    "👩‍👩‍👧‍👦 family 🇯🇵 flag",
    "nul\0inside",
    "lone \ud800 surrogate \udfff here",
    "<speak>&amp;</speak> </script> {{7*7}} ${x} %s",
    "line\none\ttab",
)
"""Texts that break what is careless with Unicode or with markup."""


class Said(Struct, frozen=True):
    """A message: what is said, the channel's id for it, who says it, and when (Unix seconds)."""

    text: str = f"remember the {CANARY}"
    message_id: str = "message-1"
    user: str = "ada"
    at: float = NOW


def wait(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of `coroutine`, in an event loop of its own: the cases need no plug-in of pytest's."""
    return asyncio.run(coroutine)


def turn_of(request: Request, reply: Reply | None, outcome: Outcome = Outcome.ANSWERED) -> Turn:
    """The recorded turn that answers `request` with `reply`."""
    return Turn(
        app=request.app,
        channel=request.channel,
        message_id=request.message_id,
        conversation=request.conversation,
        outcome=outcome,
        at=NOW,
        seq=1,
        reply=reply,
        trace_id="trace-1",
    )


def rich_reply() -> Reply:
    """A reply with one of everything that can be seen or heard."""
    return Reply(
        text="alphatext",
        cards=(
            Card("cardone", "cardonetext", "https://pictures.example/one.png", "https://links.example/one"),
            Card("cardtwo", "cardtwotext", "https://pictures.example/two.png", "https://links.example/two"),
        ),
        choices=(Choice("choiceone", "one"), Choice("choicetwo", "two"), Choice("choicethree", "three")),
        media=(
            Media("https://media.example/picture.png", "image/png", "pictureinwords"),
            Media("https://media.example/sound.mp3", "audio/mpeg", "soundinwords"),
        ),
        reprompt="repromptwords",
        expects_answer=True,
    )


def rich_words() -> Iterator[str]:
    """All words and addresses of the rich reply."""
    reply = rich_reply()
    yield reply.text
    yield reply.reprompt or ""
    for card in reply.cards:
        yield from (card.title, card.text, card.image_url or "", card.url or "")
    yield from (choice.title for choice in reply.choices)
    for medium in reply.media:
        yield from (medium.url, medium.alt)


def every_error() -> list[NexusError]:
    """One of each error there is."""
    return [_an(kind) for kind in _kinds(NexusError)]


def _kinds(kind: type[NexusError]) -> Iterator[type[NexusError]]:
    yield kind
    for inner in kind.__subclasses__():
        yield from _kinds(inner)


def _an(kind: type[NexusError]) -> NexusError:
    if issubclass(kind, MethodNotAllowed):
        return kind("a text", ("POST",))
    if issubclass(kind, LimitExceeded):
        return kind("a text", 1.5)
    return kind("a text")


def assert_well_formed(reply: WireReply) -> None:
    """An HTTP answer that any client can read: status, lower-case header names, one-line values, JSON that is JSON."""
    assert 200 <= reply.status < 600
    headers = dict(reply.headers)
    for name, value in reply.headers:
        assert re.fullmatch(rb"[a-z0-9-]+", name)
        assert b"\r" not in value
        assert b"\n" not in value
    assert headers.get(b"content-type") or not reply.body
    if b"json" in headers.get(b"content-type", b""):
        msgspec.json.decode(reply.body)
