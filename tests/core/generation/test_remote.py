"""A language model behind a server: the wire as documented, however it is cut, and everything that can go wrong."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.generation.answers import joined
from core.generation.events import MOST_EVENT_BYTES, Events
from core.generation.remote import RemoteGenerator, Server
from infra.system import SystemClock
from shared.errors import DeadlineExceeded, Malformed, ModelUnavailable
from shared.generating import ChatMessage, Piece, Prompt, Sampling
from tests.core.generation.openai import Stand, answer, chunk

KEY = "sk-very-secret"
PROMPT = Prompt((ChatMessage("system", "Be kind."), ChatMessage("user", "hi")), 50)
CLOCK = SystemClock()


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with Stand() as stand:
        yield stand


@pytest.fixture
async def model(stand: Stand) -> AsyncIterator[RemoteGenerator]:
    async with RemoteGenerator(Server(stand.url, "toy", KEY), CLOCK, at_once=2) as model:
        yield model


async def whole(model: RemoteGenerator, prompt: Prompt = PROMPT, seconds: float = 20.0) -> list[Piece]:
    return [piece async for piece in model.generate(prompt, CLOCK.now() + seconds)]


async def test_an_answer_comes_piece_by_piece(stand: Stand, model: RemoteGenerator) -> None:
    stand.stream = [answer("Hello", ", ", "wörld 🙂")]
    assert await whole(model) == [
        Piece("Hello"),
        Piece(", "),
        Piece("wörld 🙂"),
        Piece("", "stop", 7, 3),
    ]
    assert model.state().ready


async def test_the_request_is_as_documented(stand: Stand, model: RemoteGenerator) -> None:
    stand.stream = [answer("x")]
    await whole(model)
    await whole(model, Prompt(PROMPT.messages, 9, Sampling(0.7, 0.9, 40, 1.2, 5), tuple("abcdef")))
    (line, headers, first), (_, _, second) = stand.requests
    assert line == "POST /v1/chat/completions HTTP/1.1"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["content-type"] == "application/json"
    assert first == {
        "model": "toy",
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "hi"}],
        "max_tokens": 50,
        "temperature": 0.0,
        "top_p": 1.0,
        "seed": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    asked = {
        "temperature": 0.7,
        "top_p": 0.9,
        "top_k": 40,
        "repetition_penalty": 1.2,
        "seed": 5,
        "stop": ["a", "b", "c", "d"],
    }
    assert {name: second[name] for name in asked} == asked


async def test_the_end_for_want_of_room_is_told(stand: Stand, model: RemoteGenerator) -> None:
    stand.stream = [answer("cut", end="length")]
    assert (await whole(model))[-1] == Piece("", "length", 7, 3)


async def test_stop_strings_that_the_server_lets_through_are_cut(stand: Stand, model: RemoteGenerator) -> None:
    stand.stream = [answer("one ##", "# two", "three")]
    pieces = await whole(model, Prompt(PROMPT.messages, 50, stop=("###",)))
    assert joined(pieces) == "one "
    assert pieces[-1].end == "stop"


@settings(deadline=None)
@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=10))
async def test_bytes_may_be_cut_anywhere(sizes: list[int]) -> None:
    stream = b": ping\r\n\r\n" + answer("ünï", "🙂 co", "de").replace(b"\n", b"\r\n")
    parts: list[bytes] = []
    start = 0
    while start < len(stream):
        size = sizes[len(parts) % len(sizes)]
        parts.append(stream[start : start + size])
        start += size
    async with Stand() as stand, RemoteGenerator(Server(stand.url, "toy"), CLOCK) as model:
        stand.stream = parts
        assert joined(await whole(model)) == "ünï🙂 code"


def test_an_event_without_an_end_is_given_up() -> None:
    events = Events()
    assert list(events.add(b"data: " + b"x" * (MOST_EVENT_BYTES - 6) + b"\n")) == []
    with pytest.raises(ModelUnavailable):
        list(events.add(b"data: more"))


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (400, {}, Malformed),
        (422, {}, Malformed),
        (401, {}, ModelUnavailable),
        (404, {}, ModelUnavailable),
        (429, {"retry-after": "17"}, ModelUnavailable),
        (500, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, ModelUnavailable),
        (302, {"location": "http://127.0.0.1:1/"}, ModelUnavailable),
    ],
)
async def test_a_refusal_is_told_without_what_the_server_says(
    stand: Stand,
    model: RemoteGenerator,
    status: int,
    headers: dict[str, str],
    error: type[Exception],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    stand.status, stand.headers, stand.stream = status, headers, [f"Incorrect key {KEY}; you said hi".encode()]
    with pytest.raises(error) as told:
        await whole(model)
    assert KEY not in str(told.value) + caplog.text + repr(model) + repr(Server(stand.url, "toy", KEY))
    assert "you said" not in str(told.value) + caplog.text
    if status == 429:
        assert isinstance(told.value, ModelUnavailable)
        assert told.value.retry_after == 17
    stand.status, stand.headers, stand.stream = 200, {}, [answer("well again")]
    assert model.state().ready is (error is Malformed)
    assert joined(await whole(model)) == "well again"
    assert model.state().ready


@pytest.mark.parametrize(
    "stream",
    [
        [],
        [chunk("half")],
        [chunk("half"), b"data: {not json\n\n"],
        [chunk("half"), b'data: {"error": {"message": "out of memory"}}\n\n'],
        [chunk("half"), b"data: [DONE]\n\n"],
        [b"data: " + b"x" * 400_000],
        [chunk("x" * 3000)] * 100,
    ],
)
async def test_an_answer_that_is_none_is_told(stand: Stand, model: RemoteGenerator, stream: list[bytes]) -> None:
    stand.stream = stream
    with pytest.raises(ModelUnavailable):
        await whole(model)
    assert not model.state().ready


async def test_a_connection_that_breaks_is_told(stand: Stand, model: RemoteGenerator) -> None:
    stand.stream, stand.breaks = [chunk("half")], True
    with pytest.raises(ModelUnavailable):
        await whole(model)


async def test_nobody_there_is_told(stand: Stand) -> None:
    async with RemoteGenerator(Server("http://127.0.0.1:9/v1", "toy"), CLOCK) as model:
        with pytest.raises(ModelUnavailable, match="cannot be reached"):
            await whole(model)


async def test_the_deadline_holds_before_and_within_an_answer(stand: Stand, model: RemoteGenerator) -> None:
    stand.hangs = True
    for stream in ([], [chunk("half")]):
        stand.stream = stream
        with pytest.raises(DeadlineExceeded):
            await whole(model, seconds=0.2)
    with pytest.raises(DeadlineExceeded):
        await whole(model, seconds=-1)


async def test_who_stops_listening_hangs_up_and_makes_room(stand: Stand, model: RemoteGenerator) -> None:
    stand.stream, stand.hangs = [chunk("half")], True
    answers = [model.generate(PROMPT, CLOCK.now() + 20) for _ in range(3)]
    assert [await anext(one) for one in answers[:2]] == [Piece("half")] * 2
    with pytest.raises(ModelUnavailable, match="too much"):
        await anext(answers[2])
    await answers[0].aclose()
    async with asyncio.timeout(10):
        await stand.left.wait()
    again = model.generate(PROMPT, CLOCK.now() + 20)
    assert await anext(again) == Piece("half")
    for one in (again, answers[1]):
        await one.aclose()


async def test_what_makes_no_sense_is_not_sent(stand: Stand, model: RemoteGenerator) -> None:
    with pytest.raises(Malformed):
        await whole(model, Prompt((), 5))
    assert not stand.requests
