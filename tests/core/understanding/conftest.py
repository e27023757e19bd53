"""One model for all tests of understanding: training takes seconds."""

from pathlib import Path

import pytest

from core.models.encoder import Encoder
from core.understanding.model import Model
from core.understanding.samples import samples
from infra.models import encoder_folder, prepare
from tests.core.understanding.house import INTENTS, coloured, made, open_encoder, plain


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The shipped encoder."""
    prepare(encoder_folder())
    return open_encoder()


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    """A trained model."""
    folder = tmp_path_factory.mktemp("model") / "lamps"
    made(folder, [*samples(plain(INTENTS)), *coloured()], encoder)
    return folder


@pytest.fixture(scope="session")
def model(model_folder: Path) -> Model:
    """The same, loaded."""
    return Model(model_folder, encoder_folder())
