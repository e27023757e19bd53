"""The cache of answers in a whole NEXUS: two workers on the real stores, with the shipped skills."""

from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.skillbook import SkillBook
from infra.app import Parts, open_engine
from infra.home import StoreAddresses
from infra.settings import Settings, load
from infra.storage.replies import NEARBY
from shared.ports import ModelService
from shared.testing.fakes import FakeModel
from shared.turn import Kind, Outcome, PlatformIntent, Request, SlotValue, Turn

HELP = {"text": "what can you do", "intent": PlatformIntent("assistant.help")}
SUM = {
    "text": "what is 15 percent of 80",
    "intent": PlatformIntent("calculator.compute", {"expression": SlotValue("15 percent of 80")}),
}


@contextmanager
def model(settings: Settings, skills: SkillBook) -> Iterator[ModelService]:
    """A model that is asked nothing: the platform says what is meant."""
    yield FakeModel()


class Seen:
    """A watch."""

    def __init__(self) -> None:
        self.where: list[str] = []

    def looked_up(self, where: str) -> None:
        self.where.append(where)


def request(parts: Parts, user: str, number: int, **more: Any) -> Request:
    """What somebody asks on a channel of their own: the same message id chooses the same wording."""
    now = parts.clock.now()
    return Request(
        app="default", channel=user, message_id=f"m-{number}", conversation=user, user=user,
        kind=Kind.UTTERANCE, received_at=now, deadline=now + 8, **more,
    )  # fmt: skip


async def asked(parts: Parts, user: str, number: int, **more: Any) -> Turn:
    turn = await parts.engine.run(request(parts, user, number, **more))
    assert turn.outcome is Outcome.ANSWERED, turn.reason
    return turn


@pytest.mark.parametrize("question", [HELP, SUM], ids=["help", "sum"])
async def test_what_one_worker_answered_another_person_is_told(
    tmp_path: Path, database_url: str, redis_url: str, question: dict[str, Any]
) -> None:
    settings = load({"NEXUS_HOME": str(tmp_path)}, tmp_path)
    async with AsyncExitStack() as stack:
        addresses = StoreAddresses(database_url, redis_url)
        one, other = [await stack.enter_async_context(open_engine(settings, addresses, model)) for _ in range(2)]
        for number, words in enumerate(("the key is under the mat", "my name is Annegret")):
            note = {"text": f"remember that {words}", "intent": PlatformIntent("notes.remember")}
            await one.engine.run(request(one, "ann", 100 + number, **note))
        first = await asked(one, "ann", 1, **question)
        assert "skill" in first.timings_ms
        seen = Seen()
        one.replies.report_to(seen)
        second = await asked(one, "bob", 1, **question)
        assert seen.where == [NEARBY]
        assert "cache" in second.timings_ms
        assert "skill" not in second.timings_ms
        third = await asked(other, "cem", 1, **question)
        replies = [turn.reply for turn in (first, second, third)]
        assert all(reply is not None and reply.text for reply in replies)
        assert replies[0] == replies[1] == replies[2]
        assert not any(word in str(replies) for word in ("under the mat", "Annegret"))
