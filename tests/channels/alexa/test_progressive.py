"""What is said before the answer: over real HTTP, to a stand-in of Amazon's API, once a request, and to nobody else."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.alexa.adapter import AlexaAdapter
from channels.alexa.amazon.device import TOKEN
from channels.alexa.amazon.directives import DirectivesApi, wrong
from channels.alexa.amazon.ssml import ssml_faults, ssml_words
from channels.alexa.credentials import AlexaCredentials
from channels.alexa.progressive import HOSTS, MAX_SPEECH, Progressive, speech_of
from channels.alexa.twin import AlexaTwin
from infra.keysource import key_source
from shared.errors import DeliveryFailed
from shared.ports import DoorPorts
from shared.testing.adapter_contract import NOW
from shared.testing.fakes import FakeApiKeys, FakeClock, FakeIds
from shared.testing.platforms.api import Failure
from shared.testing.platforms.house import House, Slow
from shared.turn import Reply, Request
from tests.channels.alexa.conftest import wire_of

WORDS = "One moment, I am looking that up."
LAUNCH = {"type": "LaunchRequest"}


@pytest.fixture
def api() -> Iterator[DirectivesApi]:
    with DirectivesApi(TOKEN) as api:
        yield api


def body(api: DirectivesApi, request: dict[str, Any] = LAUNCH, **system: str) -> bytes:
    """A request whose answer is waited for."""
    asked = {"requestId": f"r-{len(api.waiting)}", **request}
    api.waiting.add(asked["requestId"])
    return json.dumps(
        {"context": {"System": {"apiEndpoint": api.url, "apiAccessToken": TOKEN, **system}}, "request": asked}
    ).encode()


def speak(api: DirectivesApi, *bodies: bytes, words: str = WORDS) -> None:
    progressive = Progressive(api.url)

    async def all_of_them() -> None:
        for one in bodies:
            await progressive.speak(one, words)

    asyncio.run(all_of_them())


@pytest.mark.parametrize("type_", ["LaunchRequest", "IntentRequest"])
def test_the_words_are_spoken_to_who_waits(api: DirectivesApi, type_: str) -> None:
    speak(api, body(api, {"type": type_}))
    assert api.spoken == {"r-0": [WORDS]}


def test_once_a_request(api: DirectivesApi) -> None:
    first, second = body(api), body(api)
    speak(api, first, first, second)
    assert api.spoken == {"r-0": [WORDS], "r-1": [WORDS]}
    assert api.calls == 2


@pytest.mark.parametrize(
    "type_",
    [
        "SessionEndedRequest",
        "CanFulfillIntentRequest",
        "AudioPlayer.PlaybackStarted",
        "Alexa.Presentation.APL.UserEvent",
    ],
)
def test_amazon_takes_none_for_other_requests(api: DirectivesApi, type_: str) -> None:
    speak(api, body(api, {"type": type_}))
    assert api.calls == 0


@pytest.mark.parametrize(
    "system",
    [
        {"apiAccessToken": ""},
        {"apiEndpoint": ""},
        {"apiEndpoint": "https://evil.example"},
        {"apiEndpoint": "https://api.amazonalexa.com"},  # not in place of a simulator's
    ],
)
def test_no_token_goes_elsewhere(api: DirectivesApi, system: dict[str, str]) -> None:
    speak(api, body(api, LAUNCH, **system))
    assert api.calls == 0


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://api.amazonalexa.com",
        "https://api.amazonalexa.com.evil.example",
        "https://api.amazonalexa.com@evil.example",
        "https://api.amazonalexa.com:8443",
        "https://api.amazonalexa.com/v1/../..",
        "https://evil.example/#https://api.amazonalexa.com",
        "https://API.amazonalexa.com",
        "//api.amazonalexa.com",
    ],
)
def test_only_amazons_hosts_without_a_simulator(
    api: DirectivesApi, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted: list[str] = []

    async def post(self: Progressive, url: str, content: bytes, token: str) -> None:
        posted.append(url)

    monkeypatch.setattr(Progressive, "_post", post)
    for one in (endpoint, api.url, *HOSTS):
        asyncio.run(Progressive().speak(body(api, apiEndpoint=one), WORDS))
    assert sorted(posted) == sorted(f"{host}/v1/directives" for host in HOSTS)


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503])
def test_what_amazon_refuses_is_said_without_the_token(api: DirectivesApi, status: int) -> None:
    api.fail(Failure(status))
    with pytest.raises(DeliveryFailed, match=f"^alexa: HTTP {status}$"):
        speak(api, body(api))
    assert api.calls == 1  # what is late already is not tried again


def test_an_expired_token(api: DirectivesApi) -> None:
    with pytest.raises(DeliveryFailed, match="HTTP 401") as caught:
        speak(api, body(api, apiAccessToken="expired-token"))
    assert "expired" not in str(caught.value)


def test_amazon_is_waited_for_a_second(api: DirectivesApi) -> None:
    api.fail(Failure(204, delay_s=5))
    started = time.monotonic()
    with pytest.raises(DeliveryFailed):
        speak(api, body(api))
    assert 0.9 < time.monotonic() - started < 2.5


def test_nobody_listens() -> None:
    with DirectivesApi(TOKEN) as gone:
        asked = body(gone)
    with pytest.raises(DeliveryFailed, match="ConnectError"):
        speak(gone, asked)


@given(st.text(max_size=3_000) | st.text("<&>\"' .a", max_size=3_000))
def test_whatever_is_said_is_ssml_that_amazon_takes(text: str) -> None:
    speech = speech_of(text)
    assert len(speech) <= MAX_SPEECH
    assert not speech or ssml_faults(speech) == []


def test_words_are_said_as_they_are() -> None:
    assert ssml_words(speech_of("Fish & chips < 5 minutes\x00")) == "Fish & chips < 5 minutes"
    assert speech_of(" \x00 ") == ""
    assert ssml_words(speech_of("A sentence that goes on. " * 60)).endswith("goes on.")


def test_the_stand_in_refuses_what_amazon_would() -> None:
    directive = {"type": "VoicePlayer.Speak", "speech": "<speak>a</speak>"}
    good: dict[str, Any] = {"header": {"requestId": "r"}, "directive": directive}
    assert list(wrong(good, {"r"})) == []
    for bad in (
        None,
        {},
        {**good, "more": 1},
        {**good, "header": {"requestId": "other"}},
        {**good, "directive": {**directive, "type": "VoicePlayer.Sing"}},
        {**good, "directive": {**directive, "speech": "<speak>" + "a" * 600 + "</speak>"}},
        {**good, "directive": {**directive, "speech": "<speak>a"}},
    ):
        assert list(wrong(bad, {"r"})), bad


def opened(credentials: AlexaCredentials) -> AlexaAdapter:
    clock = FakeClock(NOW)
    ports = DoorPorts(
        clock, FakeIds(), FakeApiKeys({}), lambda name, config: key_source(name, config, clock), lambda _: b"s" * 32
    )
    return AlexaAdapter.open("default", credentials.config(), ports)


def test_a_person_hears_it_before_the_holding_line(tmp_path: Path) -> None:
    def engine(request: Request) -> Reply | Slow:
        return Slow(Reply(text="It is 42."), Reply(text="Say go on in a moment.", expects_answer=True), WORDS)

    AlexaTwin.make(tmp_path, NOW)
    with AlexaTwin(tmp_path, "", now=lambda: NOW) as whose:
        door = opened(whose.credentials)
    with House(door, engine) as house, AlexaTwin(tmp_path, house.url, now=lambda: NOW) as twin:
        heard = twin.say("what is six times seven")
    assert heard.meanwhile == (WORDS,)
    assert heard.shown[0] == f"(said meanwhile: {WORDS})"
    assert (heard.text, heard.open) == ("Say go on in a moment.", True)


def test_the_token_is_not_in_what_is_known_of_a_request(door: AlexaAdapter, twin: AlexaTwin) -> None:
    sent = twin.request("hi")
    request = door.parse(asyncio.run(door.verify(wire_of(twin, sent.body))))
    assert TOKEN.encode() in sent.body
    assert TOKEN.encode() not in msgspec.json.encode(request)
    assert TOKEN not in repr(request)
