"""The language model that the settings choose: one that was added, here or where the models are, or a server.

Imports what computes only where it computes: a web worker that asks another process does without ONNX Runtime.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from core.generation.absent import AbsentGenerator
from core.generation.counted import CountedGenerator
from infra.home import Home
from infra.runtime import check_runtime
from infra.settings import Settings
from shared.errors import SettingsInvalid
from shared.generating import Generator
from shared.ports import Clock, ModelService

if TYPE_CHECKING:
    from core.generation.remote import RemoteGenerator
    from core.generation.service import InProcessGenerator

log = logging.getLogger("nexus.generation")

OFF = "off"


@runtime_checkable
class Generating(Protocol):
    """A model service that also writes, with what runs where it lives."""

    @property
    def generator(self) -> Generator:
        """Asks there."""
        ...


def models_folder(home: Path) -> Path:
    """Where language models lie, a folder each."""
    return Home(home).models / "generation"


def is_local(settings: Settings) -> bool:
    """Whether `NEXUS_GENERATION` names a model that was added: it runs where the models run."""
    return settings.generation != OFF and "://" not in settings.generation


@asynccontextmanager
async def open_generator(settings: Settings, clock: Clock, models: ModelService) -> AsyncIterator[Generator | None]:
    """What `NEXUS_GENERATION` names, for whoever asks `models`; None where it is off. It runs until the block ends.

    A model that was added runs where `models` are: in the model process, in the cluster, or here. One that does not load is
    there and answers nothing, and the log says why. Raises SettingsInvalid.
    """
    if settings.generation == OFF:
        yield None
    elif not is_local(settings):
        async with server_generator(settings, clock) as remote:
            yield CountedGenerator(remote, clock)
    elif isinstance(models, Generating):
        yield models.generator
    else:
        with await asyncio.to_thread(load_chosen, settings, clock) as local:
            yield CountedGenerator(local, clock)


@asynccontextmanager
async def open_alone(settings: Settings, clock: Clock) -> AsyncIterator[Generator]:
    """What `NEXUS_GENERATION` names, in this process, for a command that needs nothing else. It must not be off.

    Raises ModelInvalid, StartFailed, SettingsInvalid.
    """
    if is_local(settings):
        with await asyncio.to_thread(_load, settings, clock) as local:
            yield local
    else:
        async with server_generator(settings, clock) as remote:
            yield remote


def load_chosen(settings: Settings, clock: Clock) -> "InProcessGenerator | AbsentGenerator":
    """The model that was added and chosen, to be entered; where it does not load, what says so, and the log says why.

    Takes as long as the model is large.
    """
    try:
        return _load(settings, clock)
    except Exception as error:  # whatever is wrong with it: everything else goes on
        log.exception("the language model did not load", extra={"model": settings.generation})
        return AbsentGenerator(settings.generation, f"the language model did not load: {error}")


def _load(settings: Settings, clock: Clock) -> "InProcessGenerator":
    sizes = (settings.generation_slots, settings.generation_tokens, settings.generation_threads)
    return open_local(models_folder(settings.home) / settings.generation, *sizes, clock, settings.model_provider)


def open_local(
    folder: Path, slots: int, length: int, threads: int, clock: Clock, provider: str = "cpu"
) -> "InProcessGenerator":
    """The generator of a model that was added; enter it to start it. `provider` is "cpu", "cuda", or "auto".

    Raises ModelInvalid, StartFailed.
    """
    from core.generation.chat import read_template
    from core.generation.decoder import SlotDecoder
    from core.generation.layout import TOKENIZER, read_config
    from core.generation.prompts import Prompts
    from core.generation.service import InProcessGenerator
    from core.generation.store import read_card
    from core.generation.tokens import Tokens
    from core.models.sessions import wished

    check_runtime()
    card, tokens = read_card(folder), Tokens(folder / TOKENIZER)
    template = read_template(folder, tokens.special())
    decoder = SlotDecoder(folder, slots, length, threads, wished(provider))
    prompts = Prompts(template, tokens, decoder.length)
    return InProcessGenerator(decoder, prompts, tokens, read_config(folder).ends, card.version, clock)


def notice(settings: Settings) -> str:
    """What whoever runs NEXUS should know of the language model that is chosen; "" where there is nothing to say.

    Raises ModelInvalid where it is not there.
    """
    if settings.generation == OFF or "://" in settings.generation:
        return ""
    from core.generation.store import read_card
    from infra import smollm

    card = read_card(models_folder(settings.home) / settings.generation)
    if card.source != smollm.ORIGIN.source:
        return ""
    return f"{card.name} is for trying things out: fluent, and often wrong. The guard lets through what has a source"


def server_generator(settings: Settings, clock: Clock) -> "RemoteGenerator":
    """The model at the server that was chosen, to be entered. Raises SettingsInvalid."""
    from core.generation.remote import RemoteGenerator, Server

    if not settings.generation_model:
        raise SettingsInvalid("NEXUS_GENERATION names a server: say which of its models, with NEXUS_GENERATION_MODEL")
    server = Server(settings.generation, settings.generation_model, settings.generation_key or "")
    return RemoteGenerator(server, clock, settings.generation_slots)
