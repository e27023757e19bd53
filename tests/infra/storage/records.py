"""Requests and records for tests of the stores, and the store itself on a database of its own."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from infra.storage.postgres import Database
from infra.storage.registry import Registry
from infra.storage.turns import PostgresTurnStore
from infra.storage.writer import Writer
from infra.system import RandomIds
from infra.vault import Vault
from shared.handing import Handoff
from shared.ports import Person, TurnRecord
from shared.turn import Kind, Outcome, Reply, Request, Session, Trace, Turn

APP = "default"
CANARY = "canary-7f3a-in-the-coal-mine"
NOW = 1_790_000_000.0
_traces = itertools.count(1)


def request(
    text: str = "hello", message_id: str = "m1", user: str = "ann", conversation: str = "c1", channel: str = "rest"
) -> Request:
    """Something that somebody says."""
    return Request(
        app=APP,
        channel=channel,
        message_id=message_id,
        conversation=conversation,
        user=user,
        kind=Kind.UTTERANCE,
        received_at=NOW,
        deadline=NOW + 10,
        text=text,
    )


def record(person: Person, message: Request, seq: int = 1, **more: Any) -> TurnRecord:
    """The turn that answers it, with what comes besides."""
    turn = Turn(
        app=message.app,
        channel=message.channel,
        message_id=message.message_id,
        conversation=message.conversation,
        outcome=Outcome.ANSWERED,
        at=message.received_at,
        seq=seq,
        reply=Reply(text=f"you said {message.text}"),
        trace_id=f"trace-{next(_traces)}",
    )
    trace = Trace("t", {"skill": 1.0})
    session = Session(seq, message.received_at, last_reply=turn.reply.text if turn.reply else "")
    return TurnRecord(person=person, request=message, turn=turn, trace=trace, session=session, **more)


def handoff(handoff_id: str = "h1", **more: Any) -> Handoff:
    """A conversation that a human gets for two hours."""
    values: dict[str, Any] = {
        "id": handoff_id, "app": APP, "channel": "rest", "conversation": "c1", "user": "ann", "locale": "en-US", "skill": "desk",
        "reason": "a refund", "relay": "relay", "quiet": "quiet", "back": "back", "hours": 2.0, "started_at": NOW,
        "until": NOW + 7200,
    }  # fmt: skip
    return Handoff(**{**values, **more})


@asynccontextmanager
async def open_store(database_url: str, vault: Vault, patience_s: float = 2.0) -> AsyncIterator[PostgresTurnStore]:
    """The turn store of the app `default`."""
    async with (
        Database(database_url, patience_s=patience_s) as database,
        Writer(database_url, patience_s=patience_s) as writer,
    ):
        await Registry(database, vault).create_app(APP)
        yield PostgresTurnStore(database, writer, vault, RandomIds())
