"""The door of Door name holds what every door must hold."""

import pytest

from ..contract import DoorNameContract


@pytest.mark.fuzz
class TestDoorName(DoorNameContract):
    """All the cases."""
