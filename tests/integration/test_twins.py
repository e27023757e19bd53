"""Every twin that a manifest names, against the whole NEXUS with two workers: one answer a message, come what may."""

import pytest

from infra.plugins import FoundTwin, find_twins, load_plugins
from infra.simulator import APP, Simulator
from shared.testing.platforms import Twin
from shared.testing.platforms.contract import TwinContract
from tests.integration.conftest import Nexus

TWINS = find_twins(None).found


@pytest.fixture(params=TWINS, ids=lambda twin: twin.name)
def found(request: pytest.FixtureRequest) -> FoundTwin:
    """One twin after the other."""
    chosen: FoundTwin = request.param
    return chosen


class TestTwins(TwinContract):
    """The contract, for each."""

    @pytest.fixture(autouse=True)
    def _chosen(self, nexus: Nexus, found: FoundTwin) -> None:
        self.nexus, self.kind = nexus, found.load()
        self.folder = Simulator(nexus.home.simulator).of(found.name)
        nexus.flush()  # limits that earlier tests used up

    def twin(self, user: str) -> Twin:
        """Somebody at the door of the app `sim`."""
        return self.kind(self.folder, self.nexus.url, APP, user=user)

    def turns(self) -> int:
        """As Postgres counts them."""
        with self.nexus.database() as connection:
            row = connection.execute("select count(*) from turns").fetchone()
        assert row is not None
        return int(str(row[0]))


def test_each_channel_has_a_twin() -> None:
    channels = {one.manifest.name for one in load_plugins(None).channels}
    assert {twin.channel for twin in TWINS} == channels
