"""`nexus handoff`: the conversations that a human has, with NEXUS running or stopped."""

import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from rich.markup import escape
from rich.table import Column, Table

from infra.cli.registry import with_stores
from infra.cli.tables import show
from infra.settings import Settings
from infra.storage.handoffs import HandoffStore
from infra.storage.people import People
from infra.storage.postgres import Database
from infra.system import RandomIds
from infra.vault import Vault
from shared.errors import NotFound
from shared.handing import Handoff

T = TypeVar("T")


def list_handoffs(settings: Settings, app: str) -> None:
    """Print the conversations of an app that a human has now, the longest first."""
    found = _with_handoffs(settings, "nexus handoff list", lambda store: store.open(app, time.time()))
    if not found:
        print(f"No conversation of app {app} is with a human.")
        return
    table = Table(Column("id", no_wrap=True), "channel", "person", "since", "until", "reason")
    for one in found:
        row = (one.id, one.channel, one.user, _when(one.started_at), _when(one.until), one.reason)
        table.add_row(*map(escape, row))
    show(table)


def give_back(settings: Settings, app: str, handoff_id: str) -> None:
    """Give a conversation back to the assistant; it is no error if that was done before. Raises NotFound for an unknown id."""

    async def work(store: HandoffStore) -> tuple[Handoff | None, Handoff | None]:
        return await store.of_app(app, handoff_id), await store.give_back(app, handoff_id, time.time())

    before, after = _with_handoffs(settings, "nexus handoff return", work)
    if before is None or after is None:
        raise NotFound(f"app {app} has no handoff {handoff_id}: see nexus handoff list --app {app}")
    if before.returned_at is not None:
        print(f"{handoff_id} is over already.")
    else:
        print(f"{handoff_id} is given back: the assistant answers the next message of {after.user} on {after.channel}.")


def _with_handoffs(settings: Settings, command: str, work: Callable[[HandoffStore], Awaitable[T]]) -> T:
    async def with_store(database: Database, vault: Vault) -> T:
        return await work(HandoffStore(database, People(database, vault, RandomIds())))

    return with_stores(settings, command, with_store)


def _when(at: float) -> str:
    return f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M}"
