"""What every channel adapter must hold. Subclass AdapterContract in a test and fill in the hooks; pytest collects the cases.

class TestMyDoor(AdapterContract):
    setting = "NEXUS_MY_TOKEN"

    def open(self, ports: DoorPorts) -> ChannelAdapter:
        return MyAdapter.open(self.app, {"token": "…"}, ports)

    ...
"""

from shared.testing.adapter.answers import AnswerCases
from shared.testing.adapter.bodies import BodyCases
from shared.testing.adapter.entry import EntryCases
from shared.testing.adapter.platform import PlatformCases
from shared.testing.adapter.reports import ReportCases
from shared.testing.adapter.requests import RequestCases
from shared.testing.adapter.values import CANARY, NOW, Said, answer_of

__all__ = ["CANARY", "NOW", "AdapterContract", "Said", "answer_of"]


class AdapterContract(EntryCases, BodyCases, RequestCases, AnswerCases, PlatformCases, ReportCases):
    """All the cases. See AdapterHooks for what a subclass must, and may, say about its door."""
