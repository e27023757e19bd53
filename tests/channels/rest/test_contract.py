"""The REST door holds what every door must hold, and names what is wrong with a message."""

import json

import msgspec
import pytest

from channels.rest.contract import RestContract
from shared.errors import Malformed, NotAuthentic
from shared.testing.adapter_contract import Said


@pytest.mark.fuzz
class TestRestDoor(RestContract):
    """All the cases."""


async def test_without_any_key_nobody_gets_in() -> None:
    contract = RestContract()
    with pytest.raises(NotAuthentic):
        await contract.open_bare(contract.ports()).verify(contract.wire())


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
    contract = RestContract()
    with pytest.raises(Malformed) as caught:
        contract.through(contract.sign(json.dumps(body).encode(), Said()))
    assert caught.value.fields == (field,)


def test_a_message_becomes_a_request() -> None:
    contract = RestContract()
    said = {"text": " hi ", "user": {"id": "ann"}, "conversation": "work", "locale": "en_GB"}
    request = contract.through(contract.sign(json.dumps(said).encode(), Said()))
    assert (request.app, request.user, request.conversation) == ("contract", "ann", "work")
    assert (request.text, request.locale, request.message_id) == ("hi", "en-GB", "id-1")
    assert msgspec.structs.replace(request, conversation="main") == contract.through(
        contract.sign(json.dumps({**said, "conversation": None, "message_id": "id-1"}).encode(), Said())
    )
