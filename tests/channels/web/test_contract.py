"""The web door holds what every door must hold."""

import msgspec
import pytest

from channels.web.contract import PAGE, WebContract, posted
from channels.web.verify import LIFETIME_S
from shared.testing.adapter_contract import NOW


@pytest.mark.fuzz
class TestWebDoor(WebContract):
    """All the cases."""

    async def test_the_tokens_of_this_contract_are_those_the_door_issues(self) -> None:
        token = self.token("ada", NOW)
        reply = await self.open(self.ports()).open_session(posted(b"", token, PAGE))
        issued = {"token": token, "visitor": "ada", "expires_at": NOW + LIFETIME_S}
        assert msgspec.json.decode(reply.body) == issued
