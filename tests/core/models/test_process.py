"""A real model process: what becomes of requests when it is killed, floods, garbage, silence; and how it is."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path

import pytest

from core.models import client as client_module
from core.models import remote as remote_module
from core.models.batches import MOST_WAITING
from core.models.client import ModelClient
from core.models.frames import MOST_BYTES, PROTOCOL, Hello, framed
from shared.errors import DeadlineExceeded, Malformed, ModelUnavailable
from shared.generating import ChatMessage, Piece, Prompt
from shared.ports import ModelState
from tests.core.models.contract import CLOCK, soon
from tests.core.models.toys import SLOW_S, VERSION
from tests.house.tree import ROOT


class Process:
    """A model process of toys that can be killed and started again."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.core.models.toys", str(self.socket)], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"

    def signal(self, sent: signal.Signals) -> None:
        self.process.send_signal(sent)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


@contextmanager
def running(socket: Path) -> Iterator[Process]:
    """A process, killed at the end."""
    process = Process(socket)
    try:
        yield process
    finally:
        process.kill()


@pytest.fixture
def process(short_tmp: Path) -> Iterator[Process]:
    with running(short_tmp / "toys.sock") as process:
        yield process


@pytest.fixture
async def models(process: Process) -> AsyncIterator[ModelClient]:
    with ModelClient(process.socket, CLOCK) as client:
        await client.encode(["hello"], soon())
        yield client


def asked(text: str, most_tokens: int = 100) -> Prompt:
    return Prompt((ChatMessage("user", text),), most_tokens)


async def until_ready(models: ModelClient, ready: bool = True) -> None:
    async with asyncio.timeout(20):
        while models.state().ready is not ready:  # noqa: ASYNC110 (another process decides)
            await asyncio.sleep(0.005)


# -- when it is killed -------------------------------------------------------------------------------------------------


async def test_requests_lost_with_the_process_are_asked_again_and_answered_once(
    models: ModelClient, process: Process
) -> None:
    answered: list[str] = []

    async def caller(name: int) -> None:
        for turn in range(30):
            text = f"caller {name} turn {turn}"
            found = await models.understand(text, "en", soon())
            assert found.intent == f"{text}/{len(text)}"
            answered.append(text)

    callers = [asyncio.ensure_future(caller(name)) for name in range(16)]
    for killed in range(2):
        while len(answered) < 100 * (killed + 1):  # noqa: ASYNC110 (another process answers)
            await asyncio.sleep(0)
        await asyncio.to_thread(process.kill)
        await asyncio.to_thread(process.start)
    await asyncio.gather(*callers)
    assert sorted(answered) == sorted(f"caller {name} turn {turn}" for name in range(16) for turn in range(30))


async def test_without_the_process_what_was_understood_stays_known(models: ModelClient, process: Process) -> None:
    before = await models.understand("what time is it", "en", soon())
    await asyncio.to_thread(process.kill)
    await until_ready(models, ready=False)
    assert models.state() == ModelState(VERSION, ("ToyProvider",), False)
    assert await models.understand("what time  is it", "en-GB", soon()) == before
    with pytest.raises(ModelUnavailable):
        await models.health(soon())


async def test_what_needs_the_process_waits_for_its_return(models: ModelClient, process: Process) -> None:
    await asyncio.to_thread(process.kill)
    await until_ready(models, ready=False)
    waiting = asyncio.ensure_future(models.understand("something new", "en", soon()))
    await asyncio.to_thread(process.start)
    assert (await waiting).intent == "something new/13"


async def test_nobody_waits_long_for_a_process_that_stays_away(
    models: ModelClient, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_module, "PATIENCE_S", 0.2)
    await asyncio.to_thread(process.kill)
    await until_ready(models, ready=False)
    began = CLOCK.monotonic()
    with pytest.raises(ModelUnavailable):
        await models.understand("something new", "en", soon())
    waited = CLOCK.monotonic() - began
    with pytest.raises(ModelUnavailable):
        await models.encode(["something new"], soon())
    assert waited < 1
    assert CLOCK.monotonic() - began - waited < 2 * remote_module.LEAST_PATIENCE_S


async def test_a_request_that_kills_the_process_is_asked_twice_and_no_more(short_tmp: Path) -> None:
    """A process that ends whenever it is asked something."""
    came = 0

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        writer.write(framed(Hello(PROTOCOL, ModelState(VERSION, (), True))))
        came += bool(await reader.read(1))
        writer.close()

    server = await asyncio.start_unix_server(meet, short_tmp / "poison.sock")
    with ModelClient(short_tmp / "poison.sock", CLOCK) as models, pytest.raises(ModelUnavailable, match="twice"):
        await models.understand("poison", "en", soon())
    server.close()
    assert came == 2


async def test_what_one_worker_was_told_others_know_too(models: ModelClient, process: Process) -> None:
    with ModelClient(process.socket, CLOCK) as other:
        await other.encode(["hello"], soon())
        told = await models.understand("what is new", "en", soon())
        while not other._known:  # noqa: ASYNC110 (another process tells)
            await asyncio.sleep(0.005)
        await asyncio.to_thread(process.kill)
        await until_ready(other, ready=False)
        assert await other.understand("what is new", "en", soon()) == told


@pytest.mark.parametrize("other", [ModelState("two", (), True), ModelState("one", (), True, "other rows")])
async def test_another_model_makes_what_was_known_unknown(short_tmp: Path, other: ModelState) -> None:
    socket = short_tmp / "versions.sock"
    runs = ModelState("one", (), True)

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(framed(Hello(PROTOCOL, runs)))
        await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(meet, socket)
    with ModelClient(socket, CLOCK) as models:
        await until_ready(models)
        models._known[b"key"] = b"meaning"
        runs = other
        process = models._process
        assert process is not None
        process.hang_up()
        await until_ready(models, ready=False)
        await until_ready(models)
        assert models.state() == other
        assert not models._known
    server.close()


# -- too much, too late, nonsense --------------------------------------------------------------------------------------


async def test_what_is_too_much_is_refused_and_the_rest_answered(models: ModelClient) -> None:
    slow = asyncio.ensure_future(models.encode(["slow"], soon()))
    await asyncio.sleep(SLOW_S / 4)
    calls = [models.encode([f"text {i}"], soon()) for i in range(MOST_WAITING + 40)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    await slow
    refused = [one for one in results if isinstance(one, ModelUnavailable)]
    assert 0 < len(refused) <= 41
    assert all(one.retry_after == 1 for one in refused)
    assert sum(isinstance(one, list) for one in results) == len(results) - len(refused)


async def test_a_process_that_is_stuck_costs_a_request_its_own_time_only(models: ModelClient, process: Process) -> None:
    process.signal(signal.SIGSTOP)
    with pytest.raises(DeadlineExceeded):
        await models.understand("are you there", "en", soon(0.2))
    with pytest.raises(DeadlineExceeded):
        await models.health(soon(0.2))
    process.signal(signal.SIGCONT)
    assert (await models.understand("are you there", "en", soon())).intent == "are you there/13"


async def test_a_process_that_says_nothing_is_taken_for_gone_until_it_speaks_again(
    models: ModelClient, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "SILENT_S", 0.1)
    monkeypatch.setattr(remote_module, "PATIENCE_S", 0.1)
    process.signal(signal.SIGSTOP)
    with pytest.raises(DeadlineExceeded):
        await models.encode(["are you there"], soon(0.3))
    await until_ready(models, ready=False)
    began = CLOCK.monotonic()
    with pytest.raises(ModelUnavailable):
        await models.encode(["are you there"], soon(10))
    assert CLOCK.monotonic() - began < 1
    process.signal(signal.SIGCONT)
    await until_ready(models)
    assert len(await models.encode(["are you there"], soon())) == 1


async def test_nothing_is_computed_for_who_gave_up(models: ModelClient) -> None:
    slow = asyncio.ensure_future(models.encode(["slow"], soon()))
    await asyncio.sleep(SLOW_S / 4)
    with pytest.raises(DeadlineExceeded):
        await models.encode(["late"], soon(0.01))
    call = asyncio.ensure_future(models.encode(["cancelled"], soon()))
    await asyncio.sleep(0.01)
    call.cancel()
    await slow
    await models.encode(["after"], soon())
    assert (await models.health(soon())).texts == 3  # hello, slow, after


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        (MOST_BYTES + 1).to_bytes(4, "big"),
        b"\0\0\0\1\xc1",
        b"\0\0\0\2\x91\x63",
        framed(Hello(PROTOCOL, ModelState("", (), True))),
    ],
)
async def test_who_speaks_otherwise_is_cut_off(models: ModelClient, process: Process, garbage: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(process.socket)
    writer.write(garbage)
    async with asyncio.timeout(5):
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):  # noqa: PT012 (it may end in between)
            while True:
                await reader.readexactly(1)
    writer.close()
    assert len(await models.encode(["others go on"], soon())) == 1


async def test_a_process_of_another_version_is_not_asked(short_tmp: Path) -> None:
    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(framed(Hello(PROTOCOL + 1, ModelState("future", (), True))))
        await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(meet, short_tmp / "future.sock")
    with ModelClient(short_tmp / "future.sock", CLOCK) as models:
        with pytest.raises(ModelUnavailable):
            await models.encode(["hello"], soon(0.4))
        assert not models.state().ready
    server.close()


async def test_how_it_is(models: ModelClient) -> None:
    await models.understand("hello", "en", soon())
    health = await models.health(soon())
    assert health.models == ModelState(VERSION, ("ToyProvider",), True)
    assert health.generator == ModelState("parrot-1", ("ToyProvider",), True)
    assert (health.waiting, health.generating, health.refused) == (0, 0, 0)
    assert (health.batches, health.texts) == (2, 2)
    assert health.seconds > 0


# -- generating --------------------------------------------------------------------------------------------------------


async def test_text_is_streamed_piece_by_piece(models: ModelClient) -> None:
    pieces = [piece async for piece in models.generator.generate(asked("one two three"), soon())]
    assert pieces == [Piece("one "), Piece("two "), Piece("three "), Piece("", "stop", 3, 3)]
    cut = [piece async for piece in models.generator.generate(asked("one two three", 2), soon())]
    assert cut[-1] == Piece("", "length", 3, 2)
    assert models.generator.state() == ModelState("parrot-1", ("ToyProvider",), True)


async def test_streams_and_questions_share_a_connection(models: ModelClient) -> None:
    async def whole(words: str) -> str:
        return "".join([piece.text async for piece in models.generator.generate(asked(words), soon())])

    texts = [" ".join(f"{i}-{j}" for j in range(20)) for i in range(20)]
    said, vectors = await asyncio.gather(asyncio.gather(*map(whole, texts)), models.encode(["between"], soon()))
    assert [one.strip() for one in said] == texts
    assert len(vectors) == 1


async def test_who_stops_listening_stops_the_generator(models: ModelClient) -> None:
    async with aclosing(models.generator.generate(asked("forever"), soon())) as pieces:  # type: ignore[type-var]
        async for piece in pieces:
            assert piece.text
            break
    async with asyncio.timeout(5):
        while (await models.health(soon())).generating:
            pass


async def test_generating_ends_at_its_deadline(models: ModelClient) -> None:
    with pytest.raises(DeadlineExceeded):
        async for _ in models.generator.generate(asked("forever"), soon(0.1)):
            pass
    async with asyncio.timeout(5):
        while (await models.health(soon())).generating:
            pass


async def test_what_the_generator_says_against_it_arrives(models: ModelClient) -> None:
    with pytest.raises(Malformed, match="does not fit"):
        await anext(models.generator.generate(asked("refuse"), soon()))
    with pytest.raises(ModelUnavailable, match="failed"):
        await anext(models.generator.generate(asked("break"), soon()))


async def test_a_stream_ends_with_the_process(models: ModelClient, process: Process) -> None:
    pieces = models.generator.generate(asked("forever"), soon())
    await anext(pieces)
    await asyncio.to_thread(process.kill)
    with pytest.raises(ModelUnavailable, match="went away"):
        async for _ in pieces:
            pass
