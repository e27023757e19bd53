"""The language model that the settings choose: one that was added, or a server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from core.generation.chat import read_template
from core.generation.decoder import SlotDecoder
from core.generation.layout import TOKENIZER, read_config
from core.generation.prompts import Prompts
from core.generation.remote import RemoteGenerator, Server
from core.generation.service import InProcessGenerator
from core.generation.store import read_card
from core.generation.tokens import Tokens
from infra import smollm
from infra.home import Home
from infra.runtime import check_runtime
from infra.settings import Settings
from shared.errors import SettingsInvalid
from shared.generating import Generator
from shared.ports import Clock

OFF = "off"


def models_folder(home: Path) -> Path:
    """Where language models lie, a folder each."""
    return Home(home).models / "generation"


def open_local(folder: Path, slots: int, length: int, threads: int, clock: Clock) -> InProcessGenerator:
    """The generator of a model that was added; enter it to start it. Raises ModelInvalid, StartFailed."""
    check_runtime()
    card, tokens = read_card(folder), Tokens(folder / TOKENIZER)
    template = read_template(folder, tokens.special())
    decoder = SlotDecoder(folder, slots, length, threads)
    prompts = Prompts(template, tokens, decoder.length)
    return InProcessGenerator(decoder, prompts, tokens, read_config(folder).ends, card.version, clock)


def notice(settings: Settings) -> str:
    """What whoever runs NEXUS should know of the language model that is chosen; "" where there is nothing to say.

    Raises ModelInvalid where it is not there.
    """
    if settings.generation == OFF or "://" in settings.generation:
        return ""
    card = read_card(models_folder(settings.home) / settings.generation)
    if card.source != smollm.ORIGIN.source:
        return ""
    return f"{card.name} is for trying things out: fluent, and often wrong. The guard lets through what has a source"


@asynccontextmanager
async def open_generator(settings: Settings, clock: Clock) -> AsyncIterator[Generator | None]:
    """What `NEXUS_GENERATION` names, running until the block ends; None where it is off.

    Raises ModelInvalid, StartFailed, SettingsInvalid.
    """
    if settings.generation == OFF:
        yield None
    elif "://" in settings.generation:
        async with RemoteGenerator(_server(settings), clock, settings.generation_slots) as remote:
            yield remote
    else:
        folder = models_folder(settings.home) / settings.generation
        sizes = (settings.generation_slots, settings.generation_tokens, settings.generation_threads)
        with open_local(folder, *sizes, clock) as local:
            yield local


def _server(settings: Settings) -> Server:
    if not settings.generation_model:
        raise SettingsInvalid("NEXUS_GENERATION names a server: say which of its models, with NEXUS_GENERATION_MODEL")
    return Server(settings.generation, settings.generation_model, settings.generation_key or "")
