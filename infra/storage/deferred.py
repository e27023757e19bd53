"""Deferred answers on Postgres: which are owed, who works on them, what became of them.

They begin and end in the commits of turns (store_more.sql); here they are looked up, and taken over from workers that died.
"""

import logging
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from infra.storage.people import People
from infra.storage.postgres import Connection, Database
from infra.storage.sealing import deferred_bound, turn_bound
from infra.storage.writer import DeferredRow, SettledRow
from infra.vault import DataKey, Vault
from shared.deferring import Deferral, Deferred, answer_id
from shared.errors import DecryptionFailed, StoreUnavailable
from shared.ports import Person, TurnRecord
from shared.turn import Request, Turn

_FOUND = """
    select d.app_id, d.person_id, d.deferred_id, d.state, extract(epoch from d.created_at)::float8,
           extract(epoch from d.ended_at)::float8, d.dialogue, d.answer_digest, t.turn
    from deferred d left join turns t on t.app_id = d.app_id and t.message_digest = d.answer_digest"""
_OF = _FOUND + " where d.app_id = %s and d.deferred_id = any(%s) and d.person_id = %s"
_LAST = (
    _FOUND
    + """ where d.app_id = %s and d.person_id = %s and (d.ended_at is null or d.ended_at > to_timestamp(%s))
    order by d.created_at desc, d.deferred_id desc limit 1"""
)
_OF_MESSAGE = _FOUND + " where d.app_id = %s and d.message_digest = %s"
_TELL = "update deferred set state = 'told' where app_id = %s and deferred_id = %s and state in ('done', 'failed')"
_TAKE = """
    with mine as materialized (
        select app_id, deferred_id from deferred
        where state = 'pending' and due_at <= to_timestamp(%(at)s) and attempts < %(most)s
        order by due_at limit %(limit)s
        for update skip locked
    )
    update deferred d
    set attempts = d.attempts + 1, lease = %(lease)s, due_at = to_timestamp(%(until)s)
    from mine join turns t using (app_id)
    where d.app_id = mine.app_id and d.deferred_id = mine.deferred_id and t.message_digest = d.message_digest
    returning d.app_id, d.person_id, d.deferred_id, d.attempts, d.body, d.message_digest, t.request"""
_RENEW = """
    update deferred d set due_at = to_timestamp(%s)
    from unnest(%s::text[], %s::text[]) as held(app, id)
    where d.app_id = held.app and d.deferred_id = held.id and d.state = 'pending' and d.lease = %s"""

_MOST_ATTEMPTS = 10  # it is given up long before, unless it cannot even be read

log = logging.getLogger("nexus.deferring")
_encode = msgspec.msgpack.Encoder().encode
_decode_turn = msgspec.msgpack.Decoder(Turn).decode
_decode_request = msgspec.msgpack.Decoder(Request).decode


class _Body(Struct, frozen=True):
    """What the ciphertext holds. `seq` is that of the turn that deferred it."""

    seq: int
    told: str
    dialogue: dict[str, Any] | None
    place: str


_decode_body = msgspec.msgpack.Decoder(_Body).decode
_decode_dialogue = msgspec.msgpack.Decoder(dict[str, Any]).decode


class Left(Struct, frozen=True):
    """A deferred answer that somebody left behind, and that is ours now. `attempt` counts from 1, with the first worker's."""

    person: Person
    request: Request
    deferral: Deferral
    attempt: int


class DeferredStore:
    """Looks deferred answers up, and gives those that nobody works on to whoever asks. Everything raises StoreUnavailable."""

    def __init__(self, database: Database, people: People, vault: Vault) -> None:
        self._database = database
        self._people = people
        self._vault = vault

    async def of(self, person: Person, ids: Sequence[str]) -> list[Deferred]:
        """See `TurnStore.deferred`."""
        rows = await self._database.rows(_OF, person.app, list(ids), person.id)
        found = {one.id: one for one in [await self._opened(*row) for row in rows]}
        return [found[one] for one in ids if one in found]

    async def last(self, person: Person, since: float) -> Deferred | None:
        """See `TurnStore.last_deferred`."""
        row = await self._database.row(_LAST, person.app, person.id, since)
        return None if row is None else await self._opened(*row)

    async def of_message(self, app: str, channel: str, message_id: str) -> Deferred | None:
        """See `TurnStore.deferred_of`."""
        row = await self._database.row(_OF_MESSAGE, app, self._vault.id_digest("message", app, channel, message_id))
        return None if row is None else await self._opened(*row)

    async def tell(self, app: str, deferred_id: str) -> None:
        """See `TurnStore.tell`."""
        await self._database.execute(_TELL, app, deferred_id)

    async def take(self, at: float, lease: str, until: float, limit: int) -> list[Left]:
        """At most `limit` answers whose workers lost their leases, for whoever is called `lease`, until that time."""
        params = {"at": at, "lease": lease, "until": until, "limit": limit, "most": _MOST_ATTEMPTS}

        async def work(connection: Connection) -> list[tuple[Any, ...]]:
            return await (await connection.execute(_TAKE, params)).fetchall()

        left: list[Left] = []
        for row in await self._database.run(work):
            try:
                left.append(await self._left(lease, until, *row))
            except (DecryptionFailed, msgspec.MsgspecError, StoreUnavailable) as error:
                # The others are ours already: they must not wait for another lease to end.
                log.error("a deferred answer cannot be read", extra={"error": type(error).__name__})
        return left

    async def renew(self, lease: str, until: float, held: Sequence[tuple[str, str]]) -> None:
        """Whoever is called `lease` goes on with what it holds (app and id), until that time; with what it lost, it does not."""
        if held:
            apps, ids = ([one[at] for one in held] for at in (0, 1))
            await self._database.execute(_RENEW, until, apps, ids, lease)

    async def _opened(
        self,
        app: str,
        person_id: str,
        deferred_id: str,
        state: Any,
        at: float,
        ended_at: float | None,
        dialogue: bytes | None,
        digest: bytes,
        turn: bytes | None,
    ) -> Deferred:
        person = Person(app, person_id)
        key = await self._people.key(person)
        return Deferred(
            deferred_id,
            state,
            at,
            ended_at,
            None if turn is None else _decode_turn(key.open(turn, turn_bound(person, digest, "turn"))),
            None
            if dialogue is None
            else _decode_dialogue(key.open(dialogue, deferred_bound(person, deferred_id, "dialogue"))),
        )

    async def _left(
        self,
        lease: str,
        until: float,
        app: str,
        person_id: str,
        deferred_id: str,
        attempt: int,
        sealed: bytes,
        digest: bytes,
        request: bytes,
    ) -> Left:
        person = Person(app, person_id)
        key = await self._people.key(person)
        body = _decode_body(key.open(sealed, deferred_bound(person, deferred_id, "body")))
        deferral = Deferral(deferred_id, body.seq, lease, until, body.told, body.dialogue, body.place)
        return Left(
            person, _decode_request(key.open(request, turn_bound(person, digest, "request"))), deferral, attempt
        )


def deferred_row(vault: Vault, key: DataKey, record: TurnRecord) -> DeferredRow | None:
    """What a turn writes about an answer that comes later."""
    new, person = record.defers, record.person
    if new is None:
        return None
    body = _encode(_Body(new.seq, new.told, new.dialogue, new.place))
    digest = vault.id_digest("message", person.app, record.request.channel, answer_id(new.id))
    return DeferredRow(new.id, digest, new.lease, new.until, key.seal(body, deferred_bound(person, new.id, "body")))


def settled_row(key: DataKey, record: TurnRecord) -> SettledRow | None:
    """What the turn that is the answer writes about it."""
    end, person = record.settled, record.person
    if end is None:
        return None
    if end.dialogue is None:
        return end.id, end.state, end.at, None
    return end.id, end.state, end.at, key.seal(_encode(end.dialogue), deferred_bound(person, end.id, "dialogue"))
