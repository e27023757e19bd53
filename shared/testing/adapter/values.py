"""What the cases of AdapterContract are made of: messages, replies, errors, and what every answer must be."""

import asyncio
import atexit
import re
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar
from xml.parsers import expat

import msgspec
from msgspec import Struct

from shared.channel import WireReply
from shared.errors import LimitExceeded, MethodNotAllowed, NexusError
from shared.testing.platforms import Answer
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
    """The result of `coroutine`, in an event loop of the cases': they need no plug-in of pytest's."""
    return _runner().run(coroutine)


@cache
def _runner() -> asyncio.Runner:
    """One loop for all cases of a process: to make one takes longer than most doors."""
    runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
    atexit.register(runner.close)
    return runner


@contextmanager
def given(example: object) -> Iterator[None]:
    """Tell with whatever is raised inside what it was raised for, unless that is told already."""
    try:
        yield
    except Exception as error:
        if not getattr(error, "__notes__", ()):
            error.add_note(f"given: {example!r:.2000}")
        raise


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
    """An HTTP answer that any client can read: status, lower-case header names, one-line values, JSON and XML that parse.

    What stands under the key `ssml` in JSON must parse too, with its <speak> or without.
    """
    assert 200 <= reply.status < 600
    headers = dict(reply.headers)
    for name, value in reply.headers:
        assert re.fullmatch(rb"[a-z0-9-]+", name)
        assert b"\r" not in value
        assert b"\n" not in value
    kind = headers.get(b"content-type", b"")
    assert kind or not reply.body, "a body without content-type"
    if b"json" in kind:
        for fragment in _under("ssml", msgspec.json.decode(reply.body)):
            assert_xml((fragment if fragment.startswith("<speak") else f"<speak>{fragment}</speak>").encode())
    if b"xml" in kind:
        assert_xml(reply.body)


def assert_xml(document: bytes) -> None:
    """A document that any XML parser takes."""
    parser = expat.ParserCreate("utf-8", "")
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise AssertionError(f"no XML: {error}: {document[:300]!r}") from None


def strings(value: Any) -> Iterator[str]:
    """All strings in a JSON value, keys aside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


def _under(key: str, value: Any) -> Iterator[str]:
    """The strings that stand under `key`, however deep in a JSON value."""
    for name, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        if name == key and isinstance(inner, str):
            yield inner
        yield from _under(key, inner)


def answer_of(reply: WireReply) -> Answer:
    """The answer as a platform's twin gets it."""
    return Answer(reply.status, {name.decode(): value.decode("latin-1") for name, value in reply.headers}, reply.body)


def told(reply: WireReply) -> list[str]:
    """The strings in the body of an answer: those of its JSON, or the whole of any other text."""
    if b"json" in dict(reply.headers).get(b"content-type", b"") and reply.body:
        return list(strings(msgspec.json.decode(reply.body)))
    return [reply.body.decode("utf-8", "replace")]
