"""Whose requests come in: signature, freshness, skill."""

import asyncio
import base64
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1

from channels.alexa.adapter import AlexaAdapter
from channels.alexa.twin import AlexaTwin
from shared.channel import Verified, Wire
from shared.errors import KeySourceUnavailable, Malformed, NotAuthentic, SignatureInvalid
from shared.ports import SigningKey
from shared.testing.adapter_contract import NOW
from shared.testing.fakes import FakeClock, door_ports
from shared.turn import Request
from tests.channels.alexa.conftest import wire_of

LAUNCH = {"type": "LaunchRequest"}


def enter(door: AlexaAdapter, wire: Wire) -> Request:
    return door.parse(asyncio.run(door.verify(wire)))


def signed(twin: AlexaTwin, **changes: Any) -> Wire:
    return wire_of(twin, msgspec.json.encode(twin.envelope(LAUNCH | changes)))


@pytest.mark.parametrize("seconds", [-150, -149.5, 0, 149.5, 150])
def test_within_150_seconds_either_way(seconds: float, door: AlexaAdapter, twin: AlexaTwin, clock: FakeClock) -> None:
    clock.move(seconds)
    assert enter(door, signed(twin)).received_at == NOW + seconds


@pytest.mark.parametrize("seconds", [-151, -150.1, 150.1, 151, 86_400])
def test_outside_of_them_it_is_refused(seconds: float, door: AlexaAdapter, twin: AlexaTwin, clock: FakeClock) -> None:
    clock.move(seconds)
    with pytest.raises(SignatureInvalid, match="time stamp"):
        enter(door, signed(twin))


@pytest.mark.parametrize(
    "stamp",
    [
        1_800_000_000_000,
        1_800_000_000_000.0,
        "2027-01-15T08:00:00Z",
        "2027-01-15T08:00:00.123Z",
        "2027-01-15T08:00:00",
        "2027-01-15T08:00:00+00:00",
        "2027-01-15T09:00:00+01:00",
    ],
)
def test_ways_to_write_the_time(stamp: Any, door: AlexaAdapter, twin: AlexaTwin) -> None:
    assert enter(door, signed(twin, timestamp=stamp)).event == "LaunchRequest"


@pytest.mark.parametrize(
    "stamp",
    [
        "",
        "now",
        "1800000000000",
        "2027-13-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        0,
        -1,
        1e300,
        10**40,
        2**63,
    ],
    ids=repr,
)
def test_times_that_are_none(stamp: Any, door: AlexaAdapter, twin: AlexaTwin) -> None:
    body = msgspec.json.encode(twin.envelope(LAUNCH | {"timestamp": "STAMP"}))
    written = str(stamp).encode() if not isinstance(stamp, str) else f'"{stamp}"'.encode()
    with pytest.raises((SignatureInvalid, Malformed)):
        enter(door, wire_of(twin, body.replace(b'"STAMP"', written)))


def test_another_skills_requests_are_refused(door: AlexaAdapter, twin: AlexaTwin) -> None:
    other = {"applicationId": "amzn1.ask.skill.another"}
    for part in ("session", "context", "both"):
        envelope = twin.envelope(LAUNCH)
        if part != "context":
            envelope["session"]["application"] = other
        if part != "session":
            envelope["context"]["System"]["application"] = other
        with pytest.raises(SignatureInvalid, match="another skill"):
            enter(door, wire_of(twin, msgspec.json.encode(envelope)))


def test_either_place_may_name_the_skill_and_one_must(door: AlexaAdapter, twin: AlexaTwin) -> None:
    envelope = twin.envelope(LAUNCH)
    del envelope["context"]
    assert enter(door, wire_of(twin, msgspec.json.encode(envelope))).user == twin.account
    del envelope["session"]["application"]
    with pytest.raises(SignatureInvalid, match="which skill"):
        enter(door, wire_of(twin, msgspec.json.encode(envelope)))


def test_the_old_signature_does_not_count(door: AlexaAdapter, twin: AlexaTwin) -> None:
    good = signed(twin)
    sha1 = base64.b64encode(twin.credentials.key.sign(good.body, PKCS1v15(), SHA1()))
    headers = dict(good.headers)
    both = headers | {b"signature": b"nonsense"}
    assert enter(door, Wire("POST", "/", tuple(both.items()), good.body)).event == "LaunchRequest"
    for wrong in (
        {b"signature": sha1, b"signaturecertchainurl": headers[b"signaturecertchainurl"]},
        headers | {b"signature": headers[b"signature-256"], b"signature-256": sha1},
        headers | {b"signature": sha1, b"signature-256": b""},
    ):
        with pytest.raises(SignatureInvalid):
            enter(door, Wire("POST", "/", tuple(wrong.items()), good.body))


def test_failures_are_400(door: AlexaAdapter) -> None:
    assert door.render_error(SignatureInvalid("x")).status == door.render_error(NotAuthentic("x")).status == 400


def test_when_no_key_can_be_fetched_it_is_503(twin: AlexaTwin, door: AlexaAdapter) -> None:
    class Down:
        async def key(self, name: str) -> SigningKey:
            raise KeySourceUnavailable("no network")

    shut = AlexaAdapter.open("contract", twin.credentials.config(), door_ports(FakeClock(NOW), keys=Down()))
    with pytest.raises(KeySourceUnavailable) as found:
        enter(shut, signed(twin))
    reply = door.render_error(found.value)
    assert (reply.status, dict(reply.headers)[b"retry-after"]) == (503, b"2")


def test_only_what_this_door_verified_can_be_parsed(door: AlexaAdapter, twin: AlexaTwin) -> None:
    with pytest.raises(TypeError):
        door.parse(Verified(signed(twin), "contract", "alexa"))
