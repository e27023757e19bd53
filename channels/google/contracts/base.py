"""What the forms share: a door that believes one form's credentials, and those credentials, made once a process."""

import tempfile
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa

from channels.google.adapter import GoogleAdapter
from channels.google.twins.actions import ActionsTwin
from channels.google.twins.credentials import load_key, make_key, token
from channels.google.twins.cx import DialogflowCxTwin
from channels.google.twins.es import DialogflowTwin
from channels.google.twins.http import broken
from shared.channel import ChannelAdapter, Wire, WireReply
from shared.ports import DoorPorts
from shared.testing.adapter_contract import NOW, AdapterContract, Said
from shared.testing.platforms import Answer

TARGET = "/channels/google"
UNSEEN = "http://nexus.invalid"  # where the twins of a contract would post, if they did

_CONTENT = (b"content-type", b"application/json")


class GoogleContract(AdapterContract):
    """What the forms share. None of them signs the body."""

    signs_body = False
    budget_s: float

    @abstractmethod
    def config(self) -> Mapping[str, str]:
        """The settings of a door that believes this form's credentials, and no other's."""

    @abstractmethod
    def credential(self, said: Said) -> tuple[bytes, bytes]:
        """The header that proves the sender."""

    def open(self, ports: DoorPorts) -> ChannelAdapter:
        """As AdapterHooks.open."""
        return GoogleAdapter.open(self.app, self.config(), ports)

    def open_bare(self, ports: DoorPorts) -> ChannelAdapter:
        """As AdapterHooks.open_bare."""
        return GoogleAdapter.open("default", {}, ports)

    def sign(self, body: bytes, said: Said) -> Wire:
        """As AdapterHooks.sign."""
        return self.with_credential(self.credential(said), body)

    def with_credential(self, credential: tuple[bytes, bytes], body: bytes) -> Wire:
        """A request with this credential."""
        return Wire("POST", TARGET, (_CONTENT, credential), body)

    def complaints(self, wire: Wire, reply: WireReply) -> Sequence[str]:
        """As AdapterHooks.complaints."""
        headers = {name.decode(): value.decode() for name, value in reply.headers}
        found = broken(Answer(reply.status, headers, reply.body))
        return found or self.refusals(msgspec.json.decode(wire.body), msgspec.json.decode(reply.body))

    @abstractmethod
    def refusals(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> Sequence[str]:
        """What the platform holds against an answer's content."""

    def test_the_deadline_is_the_budget_after_reception(self) -> None:
        """The deadline is what this form of Google's waits, which the door's own budget is not shorter than."""
        request = self.request()
        found = (request.received_at, request.deadline, self.door().budget_s >= self.budget_s)
        if found != (NOW, NOW + self.budget_s, True):
            raise AssertionError(f"received, deadline and whether the door waits as long: {found}")


def nearly(good: bytes) -> list[bytes]:
    """Values of the Authorization header that are not `good`."""
    scheme, _, credential = good.partition(b" ")
    return [
        b"",
        scheme,
        scheme + b" ",
        credential,
        good[:-1],
        good + b"x",
        scheme + b" " + credential[::-1],
        b"Digest " + credential,
        scheme + b" " + b"A" * 100_000,
        scheme + b" \xff\x00",
    ]


@cache
def signed(whose: str, audience: str, at: float, claims: tuple[tuple[str, Any], ...]) -> bytes:
    """A token; the same one for the thousands of bodies that come with it."""
    return token(_key(whose), audience, at, dict(claims)).encode()


@cache
def _key(whose: str) -> rsa.RSAPrivateKey:
    return load_key(folder_of(whose))


@cache
def folder_of(whose: str) -> Path:
    """Credentials made once a process; nobody believes those of "others"."""
    folder = Path(_temporary(whose).name)
    match whose:
        case "actions":
            ActionsTwin.make(folder, NOW)
        case "es":
            DialogflowTwin.make(folder, NOW)
        case "cx":
            DialogflowCxTwin.make(folder, NOW)
        case _:
            make_key(folder, NOW)
    return folder


@cache
def _temporary(whose: str) -> "tempfile.TemporaryDirectory[str]":
    """A folder that is removed when the process ends."""
    return tempfile.TemporaryDirectory(prefix=f"nexus-google-{whose}-")
