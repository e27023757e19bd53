"""The door of Door name and its twin hold what every door and every twin must hold."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nexus import Reply, Request
from shared.testing.adapter_contract import NOW
from shared.testing.fakes import FakeClock, door_ports
from shared.testing.platforms import Twin
from shared.testing.platforms.contract import TwinContract
from shared.testing.platforms.house import House

from ..adapter import DoorNameAdapter
from ..contract import DoorNameContract
from ..twin import DoorNameTwin


@pytest.mark.fuzz
class TestDoorName(DoorNameContract):
    """The door: all the cases."""


class TestDoorNameTwin(TwinContract):
    """The twin, in front of a house that has this door alone."""

    @pytest.fixture(autouse=True)
    def _house(self, tmp_path: Path) -> Iterator[None]:
        DoorNameTwin.make(tmp_path, NOW)
        config = DoorNameTwin.config(tmp_path)
        door = DoorNameAdapter.open("default", config, door_ports(FakeClock(NOW)))
        with House(door, _answer) as self.house:
            self.folder = tmp_path
            yield

    def twin(self, user: str) -> Twin:
        """Somebody at Door name."""
        return DoorNameTwin(self.folder, self.house.url, user=user, now=lambda: NOW)

    def turns(self) -> int:
        """What the house recorded."""
        return len(self.house.turns)


def _answer(request: Request) -> Reply:
    return Reply(text=f"You said {request.text}.")
