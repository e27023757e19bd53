"""The hooks of AdapterContract: what a subclass says about its door, and what the cases do with it."""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from html import unescape
from typing import ClassVar

import msgspec

from shared.channel import ChannelAdapter, Wire, WireReply
from shared.errors import DoorShut, Malformed, NotAuthentic
from shared.ports import Clock, DoorPorts, KeySource, Outgoing
from shared.testing.adapter.values import NOW, Said, given, strings, told, wait
from shared.testing.fakes import FakeClock, NoKeys, door_ports
from shared.turn import Request

KeySources = Callable[[str, Mapping[str, str], Clock], KeySource]
"""How a platform's keys are had, from its name, the door's configuration and the clock that rules them."""


def no_keys(platform: str, config: Mapping[str, str], clock: Clock) -> KeySource:
    """A key source in which nothing is found, whatever the platform."""
    return NoKeys()


_CONTENT_HEADERS = (b"host", b"content-type", b"content-length", b"user-agent", b"accept")


class AdapterHooks(ABC):
    """What a subclass fills in and, below, what the cases share. The hooks assume no scheme: signatures or bearer tokens."""

    app: ClassVar[str] = "contract"
    setting: ClassVar[str]  # what DoorShut must name when it is missing
    signs_body: ClassVar[bool] = True  # whether authentication covers the body
    fuzz_examples: ClassVar[int] = 2_000  # how many examples each of the property cases tries
    reply_examples: ClassVar[int | None] = None  # of replies, where another contract of the door tries them too
    reprompts: ClassVar[bool] = True  # whether the platform notices silence, so that a reprompt is ever said
    key_sources: ClassVar[KeySources] = no_keys  # where platforms sign with public keys: who runs the contract sets it

    @abstractmethod
    def open(self, ports: DoorPorts) -> ChannelAdapter:
        """The adapter of `app`, with credentials."""

    @abstractmethod
    def open_bare(self, ports: DoorPorts) -> ChannelAdapter:
        """The adapter of the app `default` without credentials: raises DoorShut."""

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

    def shut(self) -> str:
        """What the door says while it has no credentials. Override it for a door that opens and then lets nobody in."""
        try:
            self.open_bare(self.ports())
        except DoorShut as error:
            return str(error)
        raise AssertionError("the door opened without credentials")

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

    def complaints(self, wire: Wire, reply: WireReply) -> Sequence[str]:
        """What the platform that sent `wire` would hold against `reply`, a sentence each: sizes, unknown fields, wrong types."""
        return ()

    def objections(self, outgoing: Outgoing) -> Sequence[str]:
        """What the platform's API would hold against a message that `outgoing` gave, a sentence each."""
        return ()

    def said(self, reply: WireReply, outgoing: Sequence[Outgoing]) -> str:
        """All that people get to hear, read and tap: the strings of the answer and of what is sent, also with entities resolved.

        Override it where a platform encodes its texts.
        """
        texts = [*told(reply), *(text for one in outgoing for text in strings(one.content))]
        return "\n".join((*texts, *map(unescape, texts)))

    def samples(self) -> Sequence[bytes]:
        """Bodies as the platform really sends them, messages and receipts, for everybody's ids and at any time."""
        return ()

    def ports(self) -> DoorPorts:
        """The ports of the door: a clock that stands at NOW, keys from `key_sources`."""
        return msgspec.structs.replace(door_ports(FakeClock(NOW)), keys=self._keys)

    # What the cases share.

    def of_replies(self) -> int:
        """How many examples a property of what goes out tries."""
        return self.fuzz_examples if self.reply_examples is None else self.reply_examples

    def _keys(self, platform: str, config: Mapping[str, str]) -> KeySource:
        """The same source every time: to check a chain of certificates is slow."""
        wanted = (platform, *sorted(config.items()))
        if wanted not in self._held:
            self._held[wanted] = type(self).key_sources(platform, config, FakeClock(NOW))
        return self._held[wanted]

    @cached_property
    def _held(self) -> dict[tuple[object, ...], KeySource]:
        return {}

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
        with given((wire.headers, wire.body)):
            try:
                wait(self.door().verify(wire))
            except NotAuthentic:
                return
            raise AssertionError("this was taken for authentic")

    def assert_no_complaints(self, complaints: Sequence[str], answer: object) -> None:
        """The platform must have nothing against `answer`."""
        assert not complaints, f"the platform complains: {'; '.join(complaints)}; about {answer!r:.500}"

    def assert_malformed(self, body: bytes) -> None:
        """`verify` must accept the sender, and `parse` must raise Malformed."""
        door = self.door()
        verified = wait(door.verify(self.sign(body, Said())))
        with given(body):
            try:
                request = door.parse(verified)
            except Malformed:
                return
            raise AssertionError(f"this was taken for a message: {request!r:.500}")

    def assert_request_or_malformed(self, body: bytes) -> None:
        """`body` must become a Receipt, a Request that can be stored, or be refused: nothing else."""
        door = self.door()
        try:
            verified = wait(door.verify(self.sign(body, Said())))
        except NotAuthentic:
            return  # what is signed may still be stale, or meant for somebody else
        try:
            if door.receipt(verified) is not None:
                return
            request = door.parse(verified)
        except Malformed:
            return
        assert isinstance(request, Request)
        msgspec.msgpack.encode(request)
