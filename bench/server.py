"""A web worker of NEXUS with less behind it, for single costs. Wired through the same constructors as the product.

python -m bench.server bare       the HTTP server alone: reads the body and answers
python -m bench.server door       every door and an engine that answers at once: no stores, no model
python -m bench.server stubbed    everything but the model: an understanding that is always the same
"""

import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import ClassVar, Self

from core.skillbook import SkillBook
from infra.app import open_front
from infra.asgi import Asgi, Front
from infra.doors import Doors
from infra.home import Home
from infra.keysource import key_source
from infra.limits import Limits
from infra.plugins import ChannelManifest, LoadedChannel, load_plugins
from infra.settings import Settings, load
from infra.simulator import APP, Simulator
from infra.storage.registry import Registry
from infra.system import RandomIds, SystemClock
from infra.telemetry.logs import configure_logging
from infra.telemetry.metrics import Metrics
from infra.vault import Vault, load_master_key
from infra.web import addresses, run
from infra.wire import Bodies, Receive, Scope, Send, send_reply, wire_of
from shared.channel import ChannelAdapter, Limit, Receipt, Verified, Wire, WireReply
from shared.errors import NotAuthentic, NotFound
from shared.ports import Door, DoorPorts, KeyOwner, KeySource, ModelService, ModelState, Vector
from shared.turn import Kind, Outcome, Reply, Request, Turn, Understanding

INTENT = "assistant.thanks"
NOTHING = "nothing"
WORDS = "You are welcome. What else can I do for you?"
_BARE = b'{"text":"You are welcome. What else can I do for you?"}'


class OneMeaning:
    """A ModelService that takes everything for thanks."""

    async def understand(self, text: str, locale: str, deadline: float, *, sure: bool = False) -> Understanding:
        """Thanks."""
        return Understanding(INTENT, 1.0)

    async def encode(self, texts: Sequence[str], deadline: float) -> list[Vector]:
        """No meaning at all."""
        return [Vector(bytes(4 * 384)) for _ in texts]

    def state(self) -> ModelState:
        """Always ready."""
        return ModelState("stub", ("none",), True)


@contextmanager
def open_stub(settings: Settings, skills: SkillBook) -> Iterator[ModelService]:
    """In place of the shipped model."""
    yield OneMeaning()


class AtOnce:
    """An engine that answers at once and remembers nothing."""

    async def run(self, request: Request, door: Door | None = None) -> Turn:
        """The same words for everybody; what goes out by a platform's API is made, and not sent."""
        turn = Turn(
            app=request.app,
            channel=request.channel,
            message_id=request.message_id,
            conversation=request.conversation,
            outcome=Outcome.ANSWERED,
            at=request.received_at,
            reply=Reply(text=WORDS, expects_answer=True),
        )
        if door is not None:
            door.outgoing(request, turn)
        return turn

    async def find(
        self, app: str, channel: str, message_id: str, *, tells: Callable[[Turn], bool] = lambda _: False
    ) -> Turn | None:
        """Nothing is kept."""
        return None

    def handed(self, request: Request) -> float | None:
        """Nothing was decided."""
        return None


class NoOutbox:
    """Nothing goes out here."""

    async def note(self, app: str, channel: str, receipt: Receipt) -> None:
        """There is no message it could be about."""


class NoLimits(Limits):
    """Limits live in Valkey, which has no part in this."""

    def __init__(self) -> None:
        """Nothing to count with."""

    async def check(self, limit: Limit, principal: str) -> None:
        """Everybody may."""


class Nothing(ChannelAdapter):
    """A door that looks at nothing and says nothing: what is left is the front."""

    name: ClassVar[str] = NOTHING

    @classmethod
    def open(cls, app: str, config: Mapping[str, str], ports: DoorPorts) -> Self:
        """Always open."""
        return cls()

    async def verify(self, wire: Wire) -> Verified:
        """Anybody."""
        return Verified(wire, APP, NOTHING)

    def parse(self, verified: Verified) -> Request:
        """Always the same."""
        return _ALWAYS

    def render(self, request: Request, turn: Turn) -> WireReply:
        """Always the same."""
        return _NOTHING_MORE


_ALWAYS = Request(
    app=APP,
    channel=NOTHING,
    message_id="1",
    conversation="1",
    user="1",
    kind=Kind.UTTERANCE,
    received_at=0.0,
    deadline=10.0,
)
_NOTHING_MORE = WireReply(200, ((b"content-type", b"application/json"),), _BARE)


class SimulatorOnly(Registry):
    """A registry without a database, that knows the app `sim`, its doors and its key."""

    def __init__(self, simulator: Simulator) -> None:
        self._given, self._key = simulator.configs(), simulator.keys()

    async def channel_config(self, app: str, channel: str) -> dict[str, str] | None:
        """What the simulator knows."""
        return self._given.get(channel, {})

    async def owner(self, token: str) -> KeyOwner:
        """The app `sim` of its key."""
        if self._key is None or token != self._key.rest:
            raise NotAuthentic("nobody has this key here")
        return KeyOwner(APP, "bench", "bench")


@asynccontextmanager
async def open_door(settings: Settings) -> AsyncIterator[Front]:
    """The front with all that stands before the engine, and nothing behind it."""
    clock, registry = SystemClock(), SimulatorOnly(Simulator(Home(settings.home).simulator))
    plugins = load_plugins(settings.home)
    vault = Vault(load_master_key(settings.master_key_file, create=True))

    def keys(platform: str, config: Mapping[str, str]) -> KeySource:
        return key_source(platform, config, clock)

    nothing = LoadedChannel(ChannelManifest(NOTHING, "Nothing", ""), Nothing, Path(), "")
    doors = Doors((*plugins.channels, nothing), settings, registry, vault, clock, RandomIds(), registry, keys)
    with Metrics(settings.home / "run" / "metrics", "web", clock) as metrics:
        yield Front(doors, AtOnce(), NoOutbox(), NoLimits(), metrics, clock, {}, no_pages)


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """An ASGI application that does what every answer takes, and nothing else."""
    await Bodies().read(wire_of(scope), receive, 256 * 1024)
    await send_reply(send, WireReply(200, ((b"content-type", b"application/json"),), _BARE))


@asynccontextmanager
async def open_bare(settings: Settings) -> AsyncIterator[Asgi]:
    """The same for every door."""
    yield bare


async def no_pages(scope: Scope, receive: Receive, send: Send) -> None:
    """There are none here."""
    raise NotFound("there are no pages here")


def main() -> None:
    """Serve as the command line says."""
    settings = load(os.environ, Path.cwd())
    configure_logging(settings.log_level, sys.stderr, gather=True)
    if sys.argv[1] == "bare":
        run(settings, open_bare(settings))
    elif sys.argv[1] == "door":
        run(settings, open_door(settings))
    else:
        run(settings, open_front(settings, addresses(settings), "web", open_stub))


if __name__ == "__main__":
    main()
