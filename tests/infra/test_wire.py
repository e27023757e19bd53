"""Bodies: bounded one by one, in time, and together."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import pytest

from infra import wire as module
from infra.wire import Bodies
from shared.channel import Wire
from shared.errors import BodyTimeout, BodyTooLarge, Unavailable, UnsupportedEncoding

Receive = Callable[[], Awaitable[Mapping[str, Any]]]


def wire(*headers: tuple[bytes, bytes]) -> Wire:
    return Wire("POST", "/", headers)


def sending(chunks: Iterable[bytes], more: bool = False) -> Receive:
    """What a client sends; with `more` it then stalls for ever."""
    parts = list(chunks)
    messages = [
        {"type": "http.request", "body": p, "more_body": more or i < len(parts) - 1} for i, p in enumerate(parts)
    ]

    async def receive() -> Mapping[str, Any]:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop(0)

    return receive


async def test_a_body_comes_whole() -> None:
    assert (await Bodies().read(wire(), sending([b"abc"]), 3)).body == b"abc"
    assert (await Bodies().read(wire(), sending([b"a", b"", b"bc"]), 3)).body == b"abc"


async def test_a_body_over_its_limit_is_refused_declared_or_counted() -> None:
    for length in (b"4", b"9" * 30, b"9" * 5000):
        with pytest.raises(BodyTooLarge):
            await Bodies().read(wire((b"content-length", length)), sending([b""]), 3)
    for chunks in ([b"abcd"], [b"ab", b"cd"]):
        with pytest.raises(BodyTooLarge):
            await Bodies().read(wire(), sending(chunks), 3)


async def test_compressed_bodies_are_refused() -> None:
    with pytest.raises(UnsupportedEncoding):
        await Bodies().read(wire((b"content-encoding", b"gzip")), sending([b"x"]), 3)
    assert (await Bodies().read(wire((b"content-encoding", b"Identity")), sending([b"x"]), 3)).body == b"x"


async def test_a_body_that_stalls_or_breaks_off_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BODY_TIMEOUT_S", 0.02)
    with pytest.raises(BodyTimeout, match="did not arrive"):
        await Bodies().read(wire(), sending([b"a"], more=True), 3)

    async def gone() -> Mapping[str, Any]:
        return {"type": "http.disconnect"}

    with pytest.raises(BodyTimeout, match="closed"):
        await Bodies().read(wire(), gone, 3)


async def test_a_caller_who_is_cancelled_stays_cancelled() -> None:
    reading = asyncio.create_task(Bodies().read(wire(), sending([b"a"], more=True), 3))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading


async def test_bodies_that_arrive_share_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = Bodies(most=10)
    stalled = [asyncio.create_task(bodies.read(wire(), sending([b"12345"], more=True), 100)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await bodies.read(wire(), sending([b"1", b"2"]), 100)
    assert (await bodies.read(wire(), sending([b"whole"]), 100)).body == b"whole"
    for task in stalled:
        task.cancel()
    await asyncio.gather(*stalled, return_exceptions=True)
    assert (await bodies.read(wire(), sending([b"1", b"2"]), 100)).body == b"12"
