"""The front's own arithmetic; what it does over HTTP is tried in tests/integration."""

from infra.asgi import _since
from tests.infra.storage.records import NOW, request


def test_the_budget_begins_when_all_of_a_message_was_here() -> None:
    parsed = request()
    began = _since(NOW - 2, parsed)
    assert (began.received_at, began.deadline) == (NOW - 2, parsed.deadline - 2)
    assert _since(NOW, parsed) == parsed
    assert _since(NOW + 1, parsed) == parsed
