"""The Alexa door holds what every door must hold."""

import pytest

from channels.alexa.contract import AlexaContract
from infra.keysource import key_source


@pytest.mark.fuzz
class TestAlexa(AlexaContract):
    """All the cases, with real chains of certificates."""

    key_sources = key_source
