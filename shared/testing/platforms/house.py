"""A house with one door, for twins to knock at without a NEXUS: on loopback, over real HTTP, in threads of its own.

    door = PagerAdapter.open("default", PagerTwin.config(folder), door_ports(clock))
    with House(door, lambda request: Reply(text="Hi")) as house:
        PagerTwin(folder, house.url, now=clock.now).say("hello")

It answers each message once and in order, as NEXUS does, from memory; what goes out by a platform's API it delivers. What
answers with `Slow` has the person wait: the message is deferred, and answered once the house is told to `finish`.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from shared.channel import ChannelAdapter, Verified, Wire, WireReply, asked_for
from shared.errors import BodyTooLarge, Conflict, DeliveryFailed, NexusError, NotFound
from shared.ports import Outgoing
from shared.turn import Outcome, Reply, Request, Turn

T = TypeVar("T")
_ATTEMPTS = 5  # at a delivery
_PAUSE_S = 0.05


class Slow(Struct, frozen=True):
    """An answer that is not ready in time: what is said in its place (None: nothing), and `words` said before that."""

    reply: Reply
    holding: Reply | None = None
    words: str = ""


class House:
    """Serves `door`, or what `door` makes of the house's address.

    `answer` stands for the engine; `turns` are what it recorded.
    """

    def __init__(
        self, door: ChannelAdapter | Callable[[str], ChannelAdapter], answer: Callable[[Request], Reply | Slow]
    ) -> None:
        self.answer = answer
        self.turns: list[Turn] = []
        self._requests: dict[str, Request] = {}
        self._slow: dict[str, Slow] = {}
        self._places: dict[str, str] = {}  # where deferred messages came in
        self._one = asyncio.Lock()  # a message at a time
        self._deliveries: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.door = door if isinstance(door, ChannelAdapter) else door(self.url)
        self._threads = [
            threading.Thread(target=self._loop.run_forever, daemon=True),
            threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True),
        ]

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Open."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Shut, with what is still to be delivered done or given up."""
        self._server.shutdown()
        self._server.server_close()
        self.wait(self._settle())
        self._loop.call_soon_threadsafe(self._loop.stop)
        for thread in self._threads:
            thread.join()
        self._loop.close()

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """The result of `coroutine`, run in the house."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def at_door(self, wire: Wire) -> WireReply:
        """What the door says to `wire`, in the order of checks that NEXUS keeps."""
        adapter = self.door
        try:
            place = self._place(wire.target.partition("?")[0])
            if wire.method == "OPTIONS":
                reply = adapter.preflight(wire)
            elif place in self.door.side_paths:
                reply = await self.door.side_path(place).answer(wire)
            elif place in self.door.places:
                adapter = self.door.at(place)
                reply = await self._message(adapter, place, wire)
            elif (message_id := asked_for(type(adapter), place)) is not None:
                reply = self._found(adapter, await adapter.verify(wire), message_id)
            else:
                raise NotFound("there is no such path")
        except NexusError as error:
            reply = adapter.render_error(error)
        return adapter.finish(wire, reply)

    def finish(self) -> None:
        """Answer what was deferred, and send it where the platform's API takes it."""
        self.wait(self._finish())

    async def turn(self, request: Request, reply: Callable[[Request], Reply | Slow]) -> tuple[Turn, bool]:
        """The one turn of a message, and whether it is new. Raises Conflict for another message of the same id."""
        known = self._requests.setdefault(request.message_id, request)
        if (known.user, known.text) != (request.user, request.text):
            raise Conflict("this message id was used for something else")
        for turn in self.turns:
            if turn.message_id == request.message_id:
                return turn, False
        answer = reply(request)
        turn = _turn(request, answer, len(self.turns) + 1)
        if isinstance(answer, Slow):
            self._slow[request.message_id] = answer
        self.turns.append(turn)
        return turn, True

    def _place(self, path: str) -> str:
        """What follows the door's path. Raises NotFound for another door's."""
        _, channels, rest = path.partition("/channels/")
        name, _, place = rest.partition("/")
        if channels and name != self.door.name:
            raise NotFound("there is no such channel")
        return place

    async def _message(self, adapter: ChannelAdapter, place: str, wire: Wire) -> WireReply:
        if len(wire.body) > adapter.body_limit:
            raise BodyTooLarge(f"the body is over {adapter.body_limit} bytes")
        verified = await adapter.verify(wire)
        if adapter.receipt(verified) is not None:
            return adapter.render_receipt()
        request = adapter.parse(verified)
        try:
            async with self._one:
                turn, new = await self.turn(request, self.answer)
        except NexusError as error:
            return adapter.render_error(error, request)
        if new:
            self._places[request.message_id] = place
            await self._hold(adapter, verified, request)
            self._send(adapter.outgoing(request, turn), turn.message_id)
        return adapter.render(request, turn)

    async def _hold(self, adapter: ChannelAdapter, verified: Verified, request: Request) -> None:
        slow = self._slow.get(request.message_id)
        if slow is not None and slow.words:
            with suppress(NexusError):
                await adapter.hold(verified, request, slow.words)

    def _found(self, adapter: ChannelAdapter, verified: Verified, message_id: str) -> WireReply:
        for turn in self.turns:
            if turn.message_id == message_id and adapter.may_see(verified, turn):
                return adapter.render_found(turn)
        raise NotFound("there is no such message")

    async def _finish(self) -> None:
        for at, turn in enumerate(self.turns):
            if (slow := self._slow.pop(turn.message_id, None)) is not None:
                done = self.turns[at] = replace(turn, outcome=Outcome.ANSWERED, reply=slow.reply)
                request = self._requests[turn.message_id]
                self._send(self.door.at(self._places[turn.message_id]).later(request, done), f"{turn.message_id}-later")

    def _send(self, messages: Sequence[Outgoing], message_id: str) -> None:
        task = asyncio.create_task(self._deliver(messages, message_id))
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    async def _deliver(self, messages: Sequence[Outgoing], message_id: str) -> None:
        """Send what goes out by the platform's API, in order, each again if need be."""
        for number, outgoing in enumerate(messages):
            adapter = self.door.at(outgoing.place)
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    await adapter.deliver(outgoing.content, f"{message_id}-{number}")
                    break
                except DeliveryFailed as failed:
                    if failed.final or attempt == _ATTEMPTS:
                        return
                    await asyncio.sleep(_PAUSE_S)

    async def _settle(self) -> None:
        await asyncio.gather(*self._deliveries, return_exceptions=True)


def _turn(request: Request, answer: Reply | Slow, seq: int) -> Turn:
    return Turn(
        app=request.app,
        channel=request.channel,
        message_id=request.message_id,
        conversation=request.conversation,
        outcome=Outcome.DEFERRED if isinstance(answer, Slow) else Outcome.ANSWERED,
        at=request.received_at,
        seq=seq,
        reply=answer.holding if isinstance(answer, Slow) else answer,
        trace_id=f"trace-{seq}",
    )


def _handler(house: House) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = tuple((name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items())
            reply = house.wait(house.at_door(Wire(self.command, self.path, headers, body, self.client_address[0])))
            try:
                self._say(reply)
            except ConnectionError:
                self.close_connection = True  # whoever asked has hung up

        def _say(self, reply: WireReply) -> None:
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name.decode("latin-1"), value.decode("latin-1"))
            if reply.status != 204:
                self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = _serve  # noqa: N815 (names that http.server looks for)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: tests read standard error."""

    return Handler
