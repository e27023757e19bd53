"""Requests of Google's with one credential or another, right and wrong ones."""

import pytest

from channels.google.adapter import GoogleAdapter
from shared.channel import Wire
from shared.errors import NotAuthentic
from tests.channels.google.conftest import SAMPLES, TARGET, enter

ACTIONS = (SAMPLES / "actions" / "no_match.json").read_bytes()
ES = (SAMPLES / "es" / "fallback.json").read_bytes()
CX = (SAMPLES / "cx" / "no_match.json").read_bytes()
ISSUER = "https://accounts.google.com"


def assistant(signature: str | bytes, body: bytes = ACTIONS) -> Wire:
    """A request with the Assistant's header."""
    value = signature if isinstance(signature, bytes) else signature.encode()
    return Wire("POST", TARGET, ((b"google-assistant-signature", value),), body)


def dialogflow(authorization: str | bytes, body: bytes = ES, target: str = TARGET) -> Wire:
    """A request with an Authorization header."""
    value = authorization if isinstance(authorization, bytes) else authorization.encode()
    return Wire("POST", target, ((b"authorization", value),), body)


def refused(door: GoogleAdapter, wire: Wire) -> int:
    """The status with which the door refuses `wire`."""
    with pytest.raises(NotAuthentic) as found:
        enter(door, wire)
    return door.render_error(found.value).status
