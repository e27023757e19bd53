"""The shipped encoder, the same in float32, and the texts both are tried on."""

from pathlib import Path

import pytest

from core.models.build import build
from core.models.encoder import Encoder
from core.models.store import GRAPH, TOKENIZER
from core.understanding.samples import background
from infra.models import checkpoint, encoder_folder, prepare
from tests.core.models.reference import Reference

ODD = [
    "",
    " ",
    "?",
    "a",
    "😀😀",
    "\0",
    "\ud800 lone",
    "WHY IS IT ALL IN CAPITALS",
    "naïve café, zoë",
    "東京は何時ですか",
    "Привет, как дела?",
    "a b c d e f g h i j k l m n o p q r s t u v w x y z",
    "3.14159 + 2.71828 = 5.85987",
    "the committee approved the minutes " * 9,
    "x" * 10_000,
    "a " * 2_000,
]


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The encoder that ships."""
    prepare(encoder_folder())
    return Encoder(encoder_folder() / GRAPH, encoder_folder() / TOKENIZER)


@pytest.fixture(scope="session")
def float_encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    """The encoder in float32."""
    folder = tmp_path_factory.mktemp("float") / "encoder"
    build(*checkpoint(), folder, "float32")
    return Encoder(folder / GRAPH, folder / TOKENIZER)


@pytest.fixture(scope="session")
def reference() -> Reference:
    """The encoder in numpy."""
    return Reference(checkpoint()[0])


@pytest.fixture(scope="session")
def weights() -> Path:
    """The checkpoint."""
    return checkpoint()[0]


@pytest.fixture(scope="session")
def texts() -> list[str]:
    """Varied texts that the encoder was not calibrated on."""
    return [*ODD, *(row.text for row in background()[::4])]
