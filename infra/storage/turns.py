"""The turn store on Postgres: what was said and answered, encrypted per person, one row a message."""

from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from infra.storage.people import People
from infra.storage.postgres import Database
from infra.storage.writer import TurnRow, Writer
from infra.vault import DataKey, Vault, join
from shared.ports import Ids, Person, Recorded, Recording, StoredMemory, TurnRecord, Vector
from shared.turn import Request, Session, Turn

T = TypeVar("T")

_FIND = "select person_id, fingerprint, turn from turns where app_id = %s and message_digest = %s"
_LAST = """
    select message_digest, session from turns
    where app_id = %s and conversation_digest = %s order by seq desc limit 1"""
_MEMORIES = """
    select memory_id, extract(epoch from said_at)::float8, body from memories
    where app_id = %s and person_id = %s order by said_at desc, memory_id desc"""

_encode = msgspec.msgpack.Encoder().encode
_decode_turn = msgspec.msgpack.Decoder(Turn).decode
_decode_session = msgspec.msgpack.Decoder(Session).decode


class _MemoryBody(Struct, frozen=True):
    """What a memory's ciphertext holds: the words, their embedding, and the model that made it."""

    text: str
    vector: bytes | None
    model: str


_decode_memory = msgspec.msgpack.Decoder(_MemoryBody).decode


class PostgresTurnStore:
    """Implements `shared.ports.TurnStore`."""

    def __init__(self, database: Database, writer: Writer, vault: Vault, ids: Ids) -> None:
        self._database = database
        self._writer = writer
        self._vault = vault
        self.people = People(database, vault, ids)

    async def person(self, app: str, channel: str, user: str) -> Person:
        """See `TurnStore.person`."""
        return await self.people.person(app, channel, user)

    async def record(self, record: TurnRecord) -> Recorded:
        """See `TurnStore.record`."""
        key = await self.people.key(record.person)
        if await self._writer.put(self._row(record, key)):
            return Recorded(Recording.STORED, record.turn)
        # Taken: by this very message (then its turn counts), or by another one that came first in the conversation.
        return await self.find(record.request) or Recorded(Recording.STALE, record.turn)

    async def find(self, request: Request) -> Recorded | None:
        """See `TurnStore.find`."""
        digest = self._message_digest(request.app, request.channel, request.message_id)
        found = await self._database.row(_FIND, request.app, digest)
        if found is None:
            return None
        person_id, fingerprint, sealed = found
        turn = await self._open_turn(Person(request.app, person_id), digest, sealed)
        same = bytes(fingerprint) == self._fingerprint(request)
        return Recorded(Recording.DUPLICATE if same else Recording.CONFLICT, turn)

    async def turn(self, app: str, channel: str, message_id: str) -> Turn | None:
        """See `TurnStore.turn`."""
        digest = self._message_digest(app, channel, message_id)
        found = await self._database.row(_FIND, app, digest)
        return None if found is None else await self._open_turn(Person(app, found[0]), digest, found[2])

    async def last_session(self, person: Person, channel: str, conversation: str) -> Session:
        """See `TurnStore.last_session`."""
        found = await self._database.row(_LAST, person.app, self._conversation_digest(person, channel, conversation))
        if found is None:
            return Session()
        digest, sealed = found
        key = await self.people.key(person)
        return _decode_session(key.open(sealed, _bound(person, digest, "session")))

    async def memories(self, person: Person) -> list[StoredMemory]:
        """See `TurnStore.memories`."""
        key = await self.people.key(person)
        rows = await self._database.rows(_MEMORIES, person.app, person.id)
        return [_stored_memory(key, person, *row) for row in rows]

    async def _open_turn(self, person: Person, digest: bytes, sealed: bytes) -> Turn:
        key = await self.people.key(person)
        return _decode_turn(key.open(sealed, _bound(person, digest, "turn")))

    def _row(self, record: TurnRecord, key: DataKey) -> TurnRow:
        request, person, turn = record.request, record.person, record.turn
        digest = self._message_digest(request.app, request.channel, request.message_id)

        def seal(value: Any, column: str) -> bytes:
            return key.seal(_encode(value), _bound(person, digest, column))

        return TurnRow(
            app=request.app,
            message_digest=digest,
            fingerprint=self._fingerprint(request),
            conversation_digest=self._conversation_digest(person, request.channel, request.conversation),
            seq=turn.seq,
            person_id=person.id,
            channel=request.channel,
            outcome=turn.outcome.value,
            at=turn.at,
            request=seal(request, "request"),
            turn=seal(turn, "turn"),
            trace=seal(record.trace, "trace"),
            session=seal(record.session, "session"),
            remember=tuple(
                (
                    new.id,
                    key.seal(
                        _encode(_MemoryBody(new.text, new.vector, record.model)),
                        _memory_bound(person, new.id),
                    ),
                )
                for new in record.remember
            ),
            forget=record.forget,
        )

    def _message_digest(self, app: str, channel: str, message_id: str) -> bytes:
        return self._vault.id_digest("message", app, channel, message_id)

    def _conversation_digest(self, person: Person, channel: str, conversation: str) -> bytes:
        # The person is part of it: whoever guesses another one's conversation name is in a conversation of their own.
        return self._vault.id_digest("conversation", person.app, person.id, channel, conversation)

    def _fingerprint(self, request: Request) -> bytes:
        """Who said what. A repetition has the same; time stamps and deadlines, which differ, are left out."""
        said = _encode((request.kind, request.text, request.intent, request.event, request.attachments))
        return self._vault.hmac("fingerprint", request.user, said)


def _bound(person: Person, message_digest: bytes, column: str) -> bytes:
    return join("turn", person.app, person.id, message_digest, column)


def _memory_bound(person: Person, memory_id: str) -> bytes:
    return join("memory", person.app, person.id, memory_id)


def _stored_memory(key: DataKey, person: Person, memory_id: str, said_at: float, sealed: bytes) -> StoredMemory:
    body = _decode_memory(key.open(sealed, _memory_bound(person, memory_id)))
    return StoredMemory(memory_id, body.text, said_at, None if body.vector is None else Vector(body.vector), body.model)
