"""What every channel adapter must hold: subclass AdapterContract in a test and fill in the hooks; pytest collects the cases.

    class TestMyDoor(AdapterContract):
        setting = "NEXUS_MY_TOKEN"
        def open(self, ports): return MyAdapter.open(self.app, {"token": "…"}, ports)
        ...

The hooks assume no scheme: a door may sign bodies or take bearer tokens.
"""

import asyncio
import hashlib
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import msgspec
from hypothesis import HealthCheck, given, settings
from msgspec import Struct

from shared.channel import ChannelAdapter, Verified, Wire, WireReply
from shared.errors import DoorShut, LimitExceeded, Malformed, MethodNotAllowed, NexusError, NotAuthentic
from shared.ports import ApiKeys, DoorPorts, KeyOwner, KeySource
from shared.testing.instruments import nearly, parsers_called
from shared.text import clean
from shared.turn import Card, Choice, Kind, Media, Outcome, Reply, Request, Turn

T = TypeVar("T")

NOW = 1_800_000_000.0
"""When the contract takes place, in Unix seconds."""

CANARY = "xylophone-canary-7319"
"""A word that is said in messages and must not be in the text of errors."""

MAX_BODY = 256 * 1024
MAX_MESSAGE_ID = 512  # bytes of UTF-8
MAX_NAME = 1024  # bytes of UTF-8 in a user or a conversation

_CONTENT_HEADERS = (b"host", b"content-type", b"content-length", b"user-agent", b"accept")
_SAYINGS = (
    "what time is it in Tokyo",
    "naïve café, “quoted” – über",
    "\u202eright to left\u202c مرحبا שלום",
    "👩‍👩‍👧‍👦 family 🇯🇵 flag",
    "nul\0inside",
    "lone \ud800 surrogate \udfff here",
    "<speak>&amp;</speak> </script> {{7*7}} ${x} %s",
    "line\none\ttab",
)


class Said(Struct, frozen=True):
    """A message: what is said, the channel's id for it, who says it, and when (Unix seconds)."""

    text: str = f"remember the {CANARY}"
    message_id: str = "message-1"
    user: str = "ada"
    at: float = NOW


class StillClock:
    """A clock that stands at `time` until it is set."""

    def __init__(self, time: float = NOW) -> None:
        self.time = time

    def now(self) -> float:
        """As Clock.now."""
        return self.time

    def monotonic(self) -> float:
        """As Clock.monotonic."""
        return self.time


class CountingIds:
    """Ids that count: id-1, id-2 …"""

    def __init__(self) -> None:
        self._count = 0

    def new(self) -> str:
        """As Ids.new."""
        self._count += 1
        return f"id-{self._count}"


class NoKeys:
    """Neither API keys nor signing keys: for doors that need none."""

    async def owner(self, token: str) -> KeyOwner:
        """As ApiKeys.owner: nobody."""
        raise NotAuthentic("there are no keys here")

    async def key(self, url: str) -> Any:
        """As KeySource.key: none."""
        raise NotAuthentic("there are no keys here")


class AdapterContract(ABC):
    """The cases. A subclass fills in the hooks and, where its door differs, the class variables."""

    app: ClassVar[str] = "contract"
    setting: ClassVar[str]  # what DoorShut must name when it is missing
    signs_body: ClassVar[bool] = True  # whether authentication covers the body

    @abstractmethod
    def open(self, ports: DoorPorts) -> ChannelAdapter:
        """The adapter of `app`, with credentials."""

    @abstractmethod
    def open_bare(self, ports: DoorPorts) -> ChannelAdapter:
        """The adapter without credentials: raises DoorShut."""

    @abstractmethod
    def body(self, said: Said) -> bytes:
        """The body in which the platform sends `said` (lone surrogates and NUL as its format can express them)."""

    @abstractmethod
    def sign(self, body: bytes, said: Said) -> Wire:
        """An authentic request with this body, said by `said.user` at `said.at`."""

    @abstractmethod
    def forged(self, wire: Wire) -> Sequence[Wire]:
        """Variations of an authentic request, each of which somebody without the credentials could have made."""

    @abstractmethod
    def stale(self) -> Sequence[Wire]:
        """Requests that were authentic once, or will be, and are not now (too old, from the future, a revoked key)."""

    def unsigned(self, wire: Wire) -> Wire:
        """`wire` without any credential."""
        headers = tuple(header for header in wire.headers if header[0] in _CONTENT_HEADERS)
        return Wire(wire.method, wire.target, headers, wire.body, wire.peer)

    def strange(self, said: Said) -> Sequence[bytes]:
        """Bodies that are right but hold what this door does not know (types, intents, fields): each becomes a Request."""
        return [self.body(said)[:-1] + b',"zz_unknown":{"a":[1,{"b":null}]}}']

    def malformed(self) -> Sequence[bytes]:
        """Bodies that break the format or the schema."""
        return [
            b"{}",
            b"[]",
            b"null",
            b"1",
            b'"text"',
            b"{",
            b"}",
            b'{"a":}',
            b"\xff\xfe\x00",
            b"\x00",
            b"a=b&c=%zz",
            b"<x/>",
        ]

    def twice(self, first: Said, last: Said) -> bytes:
        """The body of `last` in which the key of the text comes twice, with the text of `first` before."""
        old, new = json.dumps(first.text).encode(), json.dumps(last.text).encode()
        body, count = re.subn(
            rb'("[^"]+"\s*:\s*)' + re.escape(new), rb"\g<1>" + old + rb", \g<1>" + new, self.body(last), count=1
        )
        assert count == 1, "the text must stand in the body as a JSON value, or `twice` be overridden"
        return body

    def api_keys(self) -> ApiKeys:
        """The API keys that the door may ask."""
        return NoKeys()

    def keys(self, config: Mapping[str, str]) -> KeySource:
        """The signing keys that the door may ask."""
        return NoKeys()

    def ports(self) -> DoorPorts:
        """The ports of the door, with a clock that stands at NOW."""
        return DoorPorts(StillClock(), CountingIds(), self.api_keys(), self.keys, _secret)

    # What the cases share.

    def door(self) -> ChannelAdapter:
        """A fresh adapter."""
        return self.open(self.ports())

    def wire(self, said: Said | None = None) -> Wire:
        """An authentic request."""
        said = said or Said()
        return self.sign(self.body(said), said)

    def request(self, said: Said | None = None) -> Request:
        """The request that `said` becomes."""
        return self.through(self.wire(said))

    def through(self, wire: Wire) -> Request:
        """Verify and parse."""
        door = self.door()
        return door.parse(wait(door.verify(wire)))

    def assert_refused(self, wire: Wire) -> None:
        """`verify` must raise NotAuthentic."""
        try:
            wait(self.door().verify(wire))
        except NotAuthentic:
            return
        raise AssertionError(f"this was taken for authentic: {wire.headers} {wire.body[:200]!r}")

    def assert_malformed(self, body: bytes) -> None:
        """`verify` must accept the sender, and `parse` must raise Malformed."""
        door = self.door()
        verified = wait(door.verify(self.sign(body, Said())))
        try:
            request = door.parse(verified)
        except Malformed:
            return
        raise AssertionError(f"this was taken for a message: {body[:200]!r} became {request!r:.300}")

    # Who may come in.

    def test_an_authentic_message_is_understood(self) -> None:
        said = Said(text="what time is it")
        request = self.request(said)
        assert (request.text, request.kind) == ("what time is it", Kind.UTTERANCE)

    def test_app_and_channel_are_those_of_the_door(self) -> None:
        door = self.door()
        verified = wait(door.verify(self.wire()))
        request = door.parse(verified)
        assert verified.app == request.app == self.app
        assert request.channel == door.name
        assert verified.principal

    def test_forged_is_refused(self) -> None:
        wires = list(self.forged(self.wire()))
        assert wires, "a contract without forgeries shows nothing"
        for wire in wires:
            self.assert_refused(wire)

    def test_unsigned_is_refused(self) -> None:
        self.assert_refused(self.unsigned(self.wire()))
        self.assert_refused(Wire("POST", self.wire().target, (), b""))

    def test_stale_is_refused(self) -> None:
        wires = list(self.stale())
        assert wires, "credentials that never end must at least be revocable"
        for wire in wires:
            self.assert_refused(wire)

    def test_an_altered_body_is_refused(self) -> None:
        wire = self.wire()
        for body in (wire.body[:-1], wire.body + b" ", wire.body.replace(CANARY.encode(), b"other"), b""):
            altered = Wire(wire.method, wire.target, wire.headers, body)
            if self.signs_body:
                self.assert_refused(altered)
            else:
                assert wait(self.door().verify(altered)).wire.body == body

    def test_bytes_that_break_parsers_are_only_refused(self) -> None:
        for body in (*_explosive(), *self.malformed()):
            for wire in self.forged(self.sign(body, Said())):
                self.assert_refused(Wire(wire.method, wire.target, wire.headers, wire.body or body))

    def test_nothing_is_parsed_before_the_sender_is_proven(self) -> None:
        wire = self.wire()
        assert parsers_called(lambda: self.through(wire), wire.body), "the instrument does not see this door's parser"
        for forged in (self.unsigned(wire), *self.forged(wire)):
            assert parsers_called(lambda forged=forged: self.assert_refused(forged), forged.body) == []  # type: ignore[misc]

    # What may come in.

    def test_truncated_is_malformed(self) -> None:
        body = self.body(Said())
        for end in (1, len(body) // 2, len(body) - 1):
            self.assert_malformed(body[:end])

    def test_empty_is_malformed(self) -> None:
        self.assert_malformed(b"")

    def test_malformed_is_malformed(self) -> None:
        for body in self.malformed():
            self.assert_malformed(body)

    def test_deep_json_breaks_nothing(self) -> None:
        deep = b"[" * 100_000 + b"]" * 100_000
        self.assert_malformed(deep)
        self._request_or_malformed(self.body(Said())[:-1] + b',"zz_deep":' + deep + b"}")

    def test_oversize_breaks_nothing(self) -> None:
        filler = b'"' + b"a" * (MAX_BODY + 1) + b'"'
        self._request_or_malformed(self.body(Said())[:-1] + b',"zz_long":' + filler + b"}")
        self.assert_malformed(filler[:-1])

    def test_anything_becomes_a_request_or_malformed(self) -> None:
        @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(nearly(self.body(Said())))
        def holds(body: bytes) -> None:
            self._request_or_malformed(body)

        holds()

    def test_unknown_things_become_a_request(self) -> None:
        for body in self.strange(Said()):
            door = self.door()
            request = door.parse(wait(door.verify(self.sign(body, Said()))))
            assert_well_formed(door.render(request, turn_of(request, Reply(text="Sorry?"))))

    def test_of_duplicate_keys_the_last_wins(self) -> None:
        first, last = Said(text="the first words"), Said(text="the last words")
        assert self.through(self.sign(self.twice(first, last), last)).text == "the last words"

    def test_text_is_cleaned_and_otherwise_as_it_was_said(self) -> None:
        for text in _SAYINGS:
            assert self.request(Said(text=text)).text == clean(text)

    # What a request holds.

    def test_a_replay_is_the_same_message(self) -> None:
        wire = self.wire()
        first, again = self.through(wire), self.through(wire)
        assert (first.message_id, first.user, first.conversation, first.text) == (
            again.message_id,
            again.user,
            again.conversation,
            again.text,
        )

    def test_other_messages_have_other_ids(self) -> None:
        ids = [self.request(Said(message_id=f"message-{number}")).message_id for number in (1, 2, 11)]
        assert len(set(ids)) == 3

    def test_people_are_told_apart(self) -> None:
        ada, bob = self.request(Said(user="ada")), self.request(Said(user="bob"))
        assert ada.user != bob.user
        assert ada.user == self.request(Said(user="ada", message_id="message-2")).user

    def test_ids_can_be_stored(self) -> None:
        request = self.request()
        for value, limit in (
            (request.message_id, MAX_MESSAGE_ID),
            (request.user, MAX_NAME),
            (request.conversation, MAX_NAME),
        ):
            assert 1 <= len(value.encode()) <= limit
            assert value.isprintable()

    def test_the_deadline_is_the_budget_after_reception(self) -> None:
        request = self.request()
        assert request.received_at == NOW
        assert request.deadline == NOW + self.door().budget_s

    def test_parsing_twice_gives_the_same(self) -> None:
        door = self.door()
        verified = wait(door.verify(self.wire()))
        assert door.parse(verified) == door.parse(verified)

    def test_a_request_can_be_stored(self) -> None:
        request = self.request()
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(request), type=Request) == request

    # What goes out.

    def test_rendering_twice_gives_the_same_and_changes_nothing(self) -> None:
        request = self.request()
        turn = turn_of(request, rich_reply())
        before = msgspec.msgpack.encode((request, turn))
        replies = [self.door().render(request, turn) for _ in range(3)]
        assert replies[0] == replies[1] == replies[2]
        assert msgspec.msgpack.encode((request, turn)) == before
        assert replies[0] != self.door().render(request, turn_of(request, Reply(text="something else")))

    def test_rendering_drops_nothing(self) -> None:
        request = self.request()
        body = self.door().render(request, turn_of(request, rich_reply())).body
        missing = [word for word in rich_words() if word.encode() not in body]
        assert not missing, f"not in the answer: {missing}"

    def test_every_outcome_has_an_answer(self) -> None:
        request = self.request()
        for outcome in Outcome:
            for reply in (None, Reply(text="Here."), Reply(text="")):
                assert_well_formed(self.door().render(request, turn_of(request, reply, outcome)))

    def test_any_words_can_be_answered(self) -> None:
        request = self.request()
        for text in (*_SAYINGS, "long words. " * 20_000, "x" * 50_000, "😀" * 20_000):
            reply = Reply(
                text=clean(text), cards=(Card(title=clean(text)[:2_000], text=clean(text)),), reprompt=clean(text)
            )
            assert_well_formed(self.door().render(request, turn_of(request, reply)))

    def test_every_error_has_an_answer(self) -> None:
        door = self.door()
        for error in every_error():
            reply = door.render_error(error)
            assert_well_formed(reply)
            assert reply.status == (door.unauthenticated if isinstance(error, NotAuthentic) else error.status)

    def test_every_error_after_parsing_has_an_answer(self) -> None:
        door, request = self.door(), self.request()
        for error in every_error():
            reply = door.render_error(error, request)
            assert_well_formed(reply)
            assert reply.status in (200, door.unauthenticated, error.status)

    def test_errors_tell_nothing_of_what_was_said(self) -> None:
        body = self.body(Said())
        assert CANARY.encode() in body
        told = [self._error(wire) for wire in (self.unsigned(self.wire()), *self.forged(self.wire()), *self.stale())]
        told += [
            self._error(self.sign(broken, Said()))
            for broken in (body[:-1], body + b"x", b'"' + body.replace(b'"', b"'") + b'"')
        ]
        for error in told:
            assert CANARY not in str(error)
            assert CANARY.encode() not in self.door().render_error(error).body

    # The door itself.

    def test_without_credentials_the_door_is_shut_and_says_how_to_open_it(self) -> None:
        try:
            self.open_bare(self.ports())
        except DoorShut as error:
            assert self.setting in str(error), f"the text must name {self.setting}: {error}"
            return
        raise AssertionError("the door opened without credentials")

    def test_the_door_declares_sensible_bounds(self) -> None:
        door = self.door()
        assert re.fullmatch("[a-z][a-z0-9_-]*", door.name)
        assert 0 < door.body_limit <= MAX_BODY
        assert 0 < door.budget_s <= 60
        assert door.unauthenticated in (400, 401, 403)

    def _request_or_malformed(self, body: bytes) -> None:
        door = self.door()
        try:
            verified = wait(door.verify(self.sign(body, Said())))
        except NotAuthentic:
            return  # what is signed may still be stale, or meant for somebody else
        try:
            request = door.parse(verified)
        except Malformed:
            return
        assert isinstance(request, Request)
        msgspec.msgpack.encode(request)

    def _error(self, wire: Wire) -> NexusError:
        try:
            request = self.through(wire)
        except NexusError as error:
            return error
        raise AssertionError(f"this was taken for a message: {request!r:.300}")


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


def _explosive() -> tuple[bytes, ...]:
    return (
        b"[" * 200_000,
        b'{"a":' * 50_000,
        b'"' + b"\\" * 10_001,
        b"\xff" * 1_000,
        b'{"a":"\\ud800"}',
        b"9" * 10_000,
    )


def _secret(purpose: str) -> bytes:
    return hashlib.sha256(purpose.encode()).digest()
