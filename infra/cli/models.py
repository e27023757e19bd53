"""`nexus models`: adds, lists, checks and removes language models."""

import asyncio
import re
import time
from pathlib import Path

from msgspec import Struct
from rich.table import Table

from core.generation.answers import joined
from core.generation.layout import read_bounded, read_config
from core.generation.service import InProcessGenerator
from core.generation.store import Card, Origin, add, cards, check, copied, remove
from infra import smollm
from infra.cli.tables import show
from infra.generation import models_folder, open_local
from infra.settings import Settings
from infra.system import SystemClock
from shared.errors import ModelInvalid, SettingsInvalid
from shared.generating import ChatMessage, Piece, Prompt

TOGETHER = 2
PATIENCE_S = 300.0
QUESTION = Prompt((ChatMessage("user", "Say hello, and tell me in one sentence what you are."),), most_tokens=24)
_LICENCE_LINE = re.compile(r"^license:\s*[\"']?([A-Za-z0-9.+_-]+)", re.MULTILINE)


class Trial(Struct, frozen=True):
    """How a model answered: the text, whether it was the same again and beside others, the pace."""

    text: str
    tokens: int
    same: bool
    first_s: float
    per_second: float


def add_folder(settings: Settings, what: str, name: str | None, licence: str | None, source: str | None) -> None:
    """Add the model in a folder. Raises ModelInvalid."""
    folder = Path(what).expanduser().resolve()
    if not folder.is_dir():
        raise ModelInvalid(f"{what} is no folder; `smollm2` is the only model known by name")
    read_config(folder)
    licence = licence or _licence(folder)
    if not licence:
        raise ModelInvalid(f"{what} does not say its licence: give it with --licence, as its maker states it")
    _added(
        add(models_folder(settings.home), Origin(name or folder.name, licence, source or str(folder)), copied(folder))
    )


def add_smollm(settings: Settings, name: str | None) -> None:
    """Fetch and convert the demo model. Raises ModelInvalid."""
    origin = Origin(name or smollm.NAME, smollm.ORIGIN.licence, smollm.ORIGIN.source)
    _added(add(models_folder(settings.home), origin, smollm.fill))


def list_models(settings: Settings) -> None:
    """Print the models there are. Raises ModelInvalid."""
    table = Table("model", "licence", "context", "memory an answer", "from")
    for card in cards(models_folder(settings.home)):
        chosen = " (chosen)" if card.name == settings.generation else ""
        length = min(card.context, settings.generation_tokens)
        memory = f"up to {_megabytes(card.token_bytes * length)} ({length} tokens)"
        table.add_row(card.name + chosen, card.licence, str(card.context), memory, card.source)
    if table.row_count:
        show(table)
    else:
        print("No models. `nexus models add smollm2` adds a small one for trying things out.")


def check_model(settings: Settings, name: str) -> None:
    """Check a model's files, and how it answers. Raises ModelInvalid."""
    folder = models_folder(settings.home) / Path(name).name
    card = check(folder)
    length = min(card.context, settings.generation_tokens)
    generator = open_local(folder, TOGETHER, length, settings.generation_threads, SystemClock())
    trial = asyncio.run(_tried(generator))
    if not trial.same:
        raise ModelInvalid(
            f"the model {name} answers otherwise the second time, or beside others: it cannot be relied on"
        )
    print(f"{card.name}: {len(card.hashes)} files as they were added, version {card.version}, licence {card.licence}")
    print(f"It says: {trial.text!r}")
    print(
        f"The first token after {trial.first_s:.2f} s, {trial.per_second:.0f} tokens/s, "
        f"up to {_megabytes(card.token_bytes * length)} an answer"
    )


def remove_model(settings: Settings, name: str) -> None:
    """Delete a model. Raises ModelInvalid, SettingsInvalid."""
    if name == settings.generation:
        raise SettingsInvalid(f"NEXUS_GENERATION names {name}: choose another before it is removed")
    remove(models_folder(settings.home), name)
    print(f"Removed {name}.")


async def _tried(generator: InProcessGenerator) -> Trial:
    with generator:
        started = time.monotonic()
        first_s, alone = await _answer(generator)
        seconds = time.monotonic() - started - first_s
        both = await asyncio.gather(*(_answer(generator) for _ in range(TOGETHER)))
    tokens = alone[-1].tokens
    same = all(joined(pieces) == joined(alone) for _, pieces in both)
    return Trial(joined(alone), tokens, same, first_s, (tokens - 1) / max(seconds, 1e-9))


async def _answer(generator: InProcessGenerator) -> tuple[float, list[Piece]]:
    """Seconds to the first piece, and all pieces."""
    started, first, pieces = time.monotonic(), 0.0, []
    async for piece in generator.generate(QUESTION, SystemClock().now() + PATIENCE_S):
        first = first or time.monotonic() - started
        pieces.append(piece)
    return first, pieces


def _licence(folder: Path) -> str:
    """What the front matter of a README says, as on model hubs; "" where it does not."""
    readme = folder / "README.md"
    text = read_bounded(readme).decode("utf-8", "replace") if readme.is_file() else ""
    found = _LICENCE_LINE.search(text.split("\n---", 1)[0]) if text.startswith("---") else None
    return found.group(1) if found else ""


def _added(card: Card) -> None:
    print(f"Added {card.name} ({card.licence}, {card.context} tokens of context), version {card.version}.")
    print(
        f"It writes free answers once NEXUS_GENERATION={card.name} is set. `nexus models check {card.name}` tries it."
    )


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.0f} MB"
