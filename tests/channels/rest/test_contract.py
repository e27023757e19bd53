"""The REST door holds what every door must hold."""

import json
from collections.abc import Sequence

import msgspec
import pytest

from channels.rest.adapter import RestAdapter
from shared.channel import Wire
from shared.errors import Malformed, NotAuthentic
from shared.ports import DoorPorts, KeyOwner
from shared.testing.adapter.values import wait
from shared.testing.adapter_contract import NOW, AdapterContract, Said
from shared.testing.fakes import FakeClock, door_ports

KEY = "nx_0123456789abcdef_secret"


def post(body: bytes = b"", *authorization: str) -> Wire:
    headers = [(b"host", b"nexus.example"), (b"content-type", b"application/json")]
    headers += [(b"authorization", value.encode("latin-1")) for value in authorization]
    return Wire("POST", "/v1/messages", tuple(headers), body, "192.0.2.1")


@pytest.mark.fuzz
class TestRestDoor(AdapterContract):
    setting = "nexus keys create"
    signs_body = False

    def ports(self) -> DoorPorts:
        return door_ports(FakeClock(NOW), {KEY: KeyOwner(self.app, "0123456789abcdef", "test")})

    def open(self, ports: DoorPorts) -> RestAdapter:
        return RestAdapter.open(self.app, {}, ports)

    def open_bare(self, ports: DoorPorts) -> RestAdapter:
        return RestAdapter.open(self.app, {}, door_ports(FakeClock(NOW)))

    def body(self, said: Said) -> bytes:
        message = {"text": said.text, "user": {"id": said.user}, "message_id": said.message_id}
        return json.dumps(message).encode()

    def sign(self, body: bytes, said: Said) -> Wire:
        return post(body, f"Bearer {KEY}")

    def forged(self, wire: Wire) -> Sequence[Wire]:
        wrong = ("", KEY, "Bearer", "Bearer ", f"Basic {KEY}", f"Bearer {KEY}x", f"Bearer {KEY[:-1]}", "Bearer \xff")
        return [post(wire.body, value) for value in wrong] + [post(wire.body, f"Bearer {KEY}", f"Bearer {KEY}")]

    def stale(self) -> Sequence[Wire]:
        return [post(self.body(Said()), "Bearer nx_0000000000000000_revoked")]

    def test_without_credentials_the_door_is_shut_and_says_how_to_open_it(self) -> None:
        """It has none of its own: where no key was made, nobody gets in, and the answer says how to make one."""
        with pytest.raises(NotAuthentic):
            wait(self.open_bare(self.ports()).verify(self.wire()))
        with pytest.raises(NotAuthentic, match=self.setting):
            wait(self.door().verify(post()))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"user": {"id": "a"}}, "text"),
        ({"text": "hi"}, "user"),
        ({"text": "hi", "user": {}}, "user.id"),
        ({"text": "hi", "user": {"id": ""}}, "user.id"),
        ({"text": "hi", "user": {"id": 7}}, "user.id"),
        ({"text": "hi", "user": "ann"}, "user"),
        ({"text": "", "user": {"id": "a"}}, "text"),
        ({"text": " \0 ", "user": {"id": "a"}}, "text"),
        ({"text": "x" * 16_385, "user": {"id": "a"}}, "text"),
        ({"text": "hi", "user": {"id": "a"}, "message_id": "no spaces"}, "message_id"),
        ({"text": "hi", "user": {"id": "a"}, "message_id": "line\n"}, "message_id"),
        ({"text": "hi", "user": {"id": "a"}, "message_id": "x" * 129}, "message_id"),
        ({"text": "hi", "user": {"id": "a"}, "locale": "not a locale"}, "locale"),
        ({"text": "hi", "user": {"id": "a"}, "conversation": 1}, "conversation"),
    ],
)
def test_what_is_wrong_is_named(body: object, field: str) -> None:
    contract = TestRestDoor()
    with pytest.raises(Malformed) as caught:
        contract.through(contract.sign(json.dumps(body).encode(), Said()))
    assert caught.value.fields == (field,)


def test_a_message_becomes_a_request() -> None:
    contract = TestRestDoor()
    said = {"text": " hi ", "user": {"id": "ann"}, "conversation": "work", "locale": "en_GB"}
    request = contract.through(contract.sign(json.dumps(said).encode(), Said()))
    assert (request.app, request.user, request.conversation) == ("contract", "ann", "work")
    assert (request.text, request.locale, request.message_id) == ("hi", "en-GB", "id-1")
    assert msgspec.structs.replace(request, conversation="main") == contract.through(
        contract.sign(json.dumps({**said, "conversation": None, "message_id": "id-1"}).encode(), Said())
    )
