"""A web worker of NEXUS with less behind it, for single costs. Wired through the same constructors as the product.

python -m bench.server door       the Alexa door and an engine that answers at once: no stores, no model
python -m bench.server stubbed    everything but the model: an understanding that is always the same
"""

import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from channels.alexa.credentials import load_credentials
from core.skillbook import SkillBook
from infra.app import open_front
from infra.asgi import Front
from infra.doors import Doors
from infra.home import Home
from infra.keysource import key_source
from infra.limits import Limits
from infra.plugins import load_plugins
from infra.settings import Settings, load
from infra.simulator import Simulator
from infra.storage.registry import Registry
from infra.system import RandomIds, SystemClock
from infra.telemetry.logs import configure_logging
from infra.telemetry.metrics import Metrics
from infra.vault import Vault, load_master_key
from infra.web import addresses, run
from infra.wire import Receive, Scope, Send
from shared.channel import Receipt
from shared.errors import NotAuthentic, NotFound
from shared.ports import Door, KeyOwner, KeySource, ModelService, ModelState, Vector
from shared.turn import Outcome, Reply, Request, Turn, Understanding

INTENT = "assistant.thanks"


class OneMeaning:
    """A ModelService that takes everything for thanks."""

    async def understand(self, text: str, locale: str, deadline: float) -> Understanding:
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
        """The same words for everybody."""
        return Turn(
            app=request.app,
            channel=request.channel,
            message_id=request.message_id,
            conversation=request.conversation,
            outcome=Outcome.ANSWERED,
            at=request.received_at,
            reply=Reply(text="You are welcome. What else can I do for you?", expects_answer=True),
        )

    async def find(self, app: str, channel: str, message_id: str) -> Turn | None:
        """Nothing is kept."""
        return None


class NoOutbox:
    """Nothing goes out here."""

    async def note(self, app: str, channel: str, receipt: Receipt) -> None:
        """There is no message it could be about."""


class SimulatorOnly(Registry):
    """A registry without a database, that knows the app `sim` and its Alexa door."""

    def __init__(self, simulator: Simulator) -> None:
        self._alexa = load_credentials(simulator.alexa).config()

    async def channel_config(self, app: str, channel: str) -> dict[str, str] | None:
        """What the simulator knows."""
        return self._alexa if channel == "alexa" else {}

    async def owner(self, token: str) -> KeyOwner:
        """Nobody has a key here."""
        raise NotAuthentic("nobody has a key here")


@asynccontextmanager
async def open_door(settings: Settings) -> AsyncIterator[Front]:
    """The front with all that stands before the engine, and nothing behind it."""
    clock, registry = SystemClock(), SimulatorOnly(Simulator(Home(settings.home).simulator))
    plugins = load_plugins(settings.home)
    vault = Vault(load_master_key(settings.master_key_file, create=True))

    def keys(platform: str, config: Mapping[str, str]) -> KeySource:
        return key_source(platform, config, clock)

    doors = Doors(plugins.channels, settings, registry, vault, clock, RandomIds(), registry, keys)
    with Metrics(settings.home / "run" / "metrics", "web", clock) as metrics:
        yield Front(doors, AtOnce(), NoOutbox(), Limits(addresses(settings).redis_url), metrics, clock, {}, no_pages)


async def no_pages(scope: Scope, receive: Receive, send: Send) -> None:
    """There are none here."""
    raise NotFound("there are no pages here")


def main() -> None:
    """Serve as the command line says."""
    settings = load(os.environ, Path.cwd())
    configure_logging(settings.log_level, sys.stderr, gather=True)
    if sys.argv[1] == "door":
        run(settings, open_door(settings))
    else:
        run(settings, open_front(settings, addresses(settings), "web", open_stub))


if __name__ == "__main__":
    main()
