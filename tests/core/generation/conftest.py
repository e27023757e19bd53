"""A tiny random decoder, as a GGUF file and as a model folder, and generators of it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from core.generation.chat import read_template
from core.generation.convert import convert
from core.generation.decoder import SlotDecoder
from core.generation.layout import TOKENIZER, read_config
from core.generation.prompts import Prompts
from core.generation.service import InProcessGenerator
from core.generation.tokens import Tokens
from infra.system import SystemClock
from shared.ports import Clock
from tests.core.generation.tiny import write_tiny

Start = Callable[..., InProcessGenerator]


@pytest.fixture(scope="session")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that is converted."""
    path = tmp_path_factory.mktemp("tiny") / "tiny.gguf"
    write_tiny(path)
    return path


@pytest.fixture(scope="session")
def folder(gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model as it would be served."""
    return converted(gguf, tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def exact(gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, computed without rounding activations."""
    return converted(gguf, tmp_path_factory.mktemp("exact"), exact=True)


@pytest.fixture(scope="session")
def half(gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in float16, as a GPU takes it."""
    return converted(gguf, tmp_path_factory.mktemp("half"), half=True)


@pytest.fixture(scope="session")
def tokens(folder: Path) -> Tokens:
    """The model's tokenizer."""
    return Tokens(folder / TOKENIZER)


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """Starts a generator of the tiny model; it ends with the test."""
    with ExitStack() as stack:

        def started(slots: int = 4, length: int = 160, clock: Clock | None = None) -> InProcessGenerator:
            return stack.enter_context(generator(folder, slots, length, clock))

        yield started


def converted(gguf: Path, folder: Path, **kind: bool) -> Path:
    """`folder`, with the model in it."""
    convert(gguf, folder, **kind)
    return folder


def generator(folder: Path, slots: int = 4, length: int = 160, clock: Clock | None = None) -> InProcessGenerator:
    """A generator of the model in a folder."""
    tokens = Tokens(folder / TOKENIZER)
    decoder = SlotDecoder(folder, slots, length)
    prompts = Prompts(read_template(folder, tokens.special()), tokens, decoder.length)
    return InProcessGenerator(decoder, prompts, tokens, read_config(folder).ends, "tiny", clock or SystemClock())
