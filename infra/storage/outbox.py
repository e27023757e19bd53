"""The outbox on Postgres: messages that go out through platforms' APIs, and what became of them.

A message is taken under a lease, which is its `due_at` while its state is "sending". Whoever took it may say that it failed or
has to wait only while nobody took it after them; that it was sent is a fact whoever says it. Final states are never left.
"""

from collections.abc import Collection, Mapping
from importlib.resources import files
from typing import Any

import msgspec
from msgspec import Struct

from infra.storage.people import People
from infra.storage.postgres import Connection, Database
from infra.storage.turns import CALLS, outgoing_bound
from infra.vault import Vault
from shared.channel import Receipt
from shared.ports import Person

_CLAIM = files("infra.storage").joinpath("claim_outgoing.sql").read_bytes()
_SENT = """
    update outbox
    set state = case when state in ('waiting', 'sending') then 'sent' else state end,
        reason = case when state in ('waiting', 'sending') then '' else reason end,
        provider_digest = coalesce(%s, provider_digest), updated_at = to_timestamp(%s)
    where app_id = %s and outgoing_id = %s"""
_FAILED = """
    update outbox set state = 'failed', reason = %s, updated_at = to_timestamp(%s)
    where app_id = %s and outgoing_id = %s and state = 'sending' and attempts = %s"""
# What comes after it in the conversation stays due: claim_outgoing.sql holds it back for just as long as this one is not settled.
_LATER = """
    update outbox set state = %s, reason = %s, due_at = to_timestamp(%s), updated_at = to_timestamp(%s)
    where app_id = %s and outgoing_id = %s and state = 'sending' and attempts = %s"""
_RECEIPT = """
    update outbox
    set state = %(state)s, reason = %(reason)s, updated_at = to_timestamp(%(at)s),
        provider_digest = coalesce(provider_digest, %(digest)s)
    where app_id = %(app)s and channel = %(channel)s
      and (outgoing_id = %(reference)s or provider_digest = %(digest)s)
      and (state in ('waiting', 'sending') or (state = 'sent' and %(state)s <> 'sent'))"""
_WHOSE = """
    select person_id, outgoing_id, extract(epoch from created_at)::float8 from outbox
    where app_id = %s and channel = %s and (outgoing_id = %s or provider_digest = %s) limit 1"""
_BEING_SENT = "select 1 from outbox where app_id = %s and channel = %s and state = 'sending' limit 1"
# Not where the person has said something newer than the message that was turned away, or has opted out already.
_OPTED_OUT = """
    with said as (
        insert into consents (app_id, person_id, channel, at, granted, source, message_digest)
        select %(app)s, %(person)s, %(channel)s, to_timestamp(%(at)s), false, 'platform', %(digest)s
        where coalesce(
            (select granted and at <= to_timestamp(%(made)s) from consents
             where app_id = %(app)s and person_id = %(person)s and channel = %(channel)s
             order by number desc limit 1),
            true)
        returning app_id
    )
    update outbox set state = 'failed', reason = 'opted out', updated_at = to_timestamp(%(at)s)
    from said
    where outbox.app_id = said.app_id and person_id = %(person)s and channel = %(channel)s
      and state = 'waiting' and not owed"""
_WAITING = "select channel, count(*) from outbox where state in ('waiting', 'sending') group by channel"

_decode = msgspec.msgpack.Decoder(dict[str, Any]).decode


class Taken(Struct, frozen=True):
    """An outgoing message that is ours to send, for as long as its lease lasts.

    `id` is the reference at the platform. `attempt` counts from 1. `created_at` is in Unix seconds, and so is `expires_at`,
    after which it is given up. `in_doubt`: an attempt was made, and nobody knows what came of it. `forbidden`: the person opted
    out, and the message is none that is owed nevertheless.
    """

    app: str
    person_id: str
    id: str
    channel: str
    place: str
    attempt: int
    created_at: float
    sealed: bytes
    expires_at: float | None
    in_doubt: bool
    forbidden: bool

    @property
    def is_call(self) -> bool:
        """Whether it is a skill's call."""
        return self.channel.startswith(CALLS)

    @property
    def person(self) -> Person:
        """Whom it goes to."""
        return Person(self.app, self.person_id)


class OutboxStore:
    """What the outbox asks of Postgres. `at` is the time now, in Unix seconds. Everything raises StoreUnavailable."""

    def __init__(self, database: Database, people: People, vault: Vault) -> None:
        self._database = database
        self._people = people
        self._vault = vault

    async def take(
        self, at: float, leases: Mapping[str, float], lease: float, busy: Collection[tuple[str, str]], limit: int
    ) -> list[Taken]:
        """At most `limit` messages that are due, with a lease of so many seconds by channel (`lease` for others).

        None of the doors (app, channel) that are `busy`. What was taken when the connection broke is due again when its lease
        ends.
        """
        params = {
            "at": at,
            "busy_apps": [app for app, _ in busy],
            "busy_channels": [channel for _, channel in busy],
            "channels": list(leases),
            "leases": list(leases.values()),
            "lease": lease,
            "limit": limit,
        }

        async def work(connection: Connection) -> list[tuple[Any, ...]]:
            return await (await connection.execute(_CLAIM, params)).fetchall()

        return [Taken(*row) for row in await self._database.run(work)]

    async def content(self, taken: Taken) -> dict[str, Any]:
        """What the adapter's `deliver` needs. Raises DecryptionFailed."""
        key = await self._people.key(taken.person)
        return _decode(key.open(taken.sealed, outgoing_bound(taken.person, taken.id)))

    async def sent(self, taken: Taken, provider_id: str, at: float) -> None:
        """The platform took it, under its own id ("" where it gives none)."""
        digest = self._provider_digest(taken.app, taken.channel, provider_id)
        await self._database.execute(_SENT, digest, at, taken.app, taken.id)

    async def failed(self, taken: Taken, reason: str, at: float) -> None:
        """It will never be sent, and why."""
        await self._database.execute(_FAILED, reason, at, taken.app, taken.id, taken.attempt)

    async def later(self, taken: Taken, due_at: float, reason: str, at: float, *, in_doubt: bool) -> None:
        """It is to be tried again at `due_at`; `in_doubt`: unless a receipt tells before that it was sent after all."""
        state = "sending" if in_doubt else "waiting"
        await self._database.execute(_LATER, state, reason, due_at, at, taken.app, taken.id, taken.attempt)

    async def opted_out(self, taken: Taken, at: float) -> None:
        """The platform says that the person of this message wants none: a consent taken back, and nothing waits any more."""
        await self._opted_out(taken.app, taken.channel, taken.person_id, taken.id, taken.created_at, at)

    async def receipt(self, app: str, channel: str, receipt: Receipt, at: float) -> bool:
        """Note what the platform reports; False where it names no message of this app and channel."""
        digest = self._provider_digest(app, channel, receipt.provider_id)
        whose = await self._database.row(_WHOSE, app, channel, receipt.reference, digest)
        if whose is None:
            return False
        person_id, outgoing_id, created_at = whose
        await self._note(app, channel, receipt, digest, at)
        if receipt.opted_out:
            await self._opted_out(app, channel, person_id, outgoing_id, created_at, at)
        return True

    async def being_sent(self, app: str, channel: str) -> bool:
        """Whether a message of this door is on its way now, so that a receipt may come before we know the platform's id."""
        return await self._database.row(_BEING_SENT, app, channel) is not None

    async def waiting(self) -> dict[str, int]:
        """How many messages are not sent yet, by channel."""
        return dict(await self._database.rows(_WAITING))

    async def _note(self, app: str, channel: str, receipt: Receipt, digest: bytes | None, at: float) -> None:
        params = {
            "app": app,
            "channel": channel,
            "state": receipt.state,
            "reason": receipt.reason,
            "reference": receipt.reference,
            "digest": digest,
            "at": at,
        }

        async def work(connection: Connection) -> None:
            await connection.execute(_RECEIPT, params)

        await self._database.run(work)

    async def _opted_out(
        self, app: str, channel: str, person_id: str, outgoing_id: str, created_at: float, at: float
    ) -> None:
        params = {
            "app": app,
            "channel": channel,
            "person": person_id,
            "digest": self._vault.hmac("outgoing", app, outgoing_id),
            "made": created_at,
            "at": at,
        }

        async def work(connection: Connection) -> None:
            await connection.execute(_OPTED_OUT, params)

        await self._database.run(work)

    def _provider_digest(self, app: str, channel: str, provider_id: str) -> bytes | None:
        # Whatever string a platform calls an id has a digest, even one that is no UTF-8.
        raw = provider_id.encode("utf-8", "surrogatepass")
        return self._vault.hmac("provider", app, channel, raw) if raw else None
