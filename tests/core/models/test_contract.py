"""The contract of model services: in this process, and over a socket."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from core.models.client import ModelClient
from core.models.service import InProcessModels
from core.server import ModelServer
from shared.ports import ModelService
from tests.core.models.contract import CLOCK, ModelServiceContract
from tests.core.models.toys import VERSION, ToyEncoder, toy_batches, toy_polyglot


class TestInProcess(ModelServiceContract):
    @pytest.fixture
    def models(self) -> Iterator[ModelService]:
        with InProcessModels(ToyEncoder(), toy_polyglot("en", "de"), VERSION, CLOCK) as service:
            yield service


class TestOverASocket(ModelServiceContract):
    @pytest.fixture
    async def models(self, short_tmp: Path) -> AsyncIterator[ModelService]:
        socket = short_tmp / "core.sock"
        with toy_batches("en", "de") as batches:
            async with ModelServer(batches, CLOCK).listening(socket):
                with ModelClient(socket, CLOCK) as client:
                    yield client
