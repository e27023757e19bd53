"""The turn store on Postgres: what was said and answered, encrypted per person, one row a message."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from infra.storage.deferred import DeferredStore, deferred_row, settled_row
from infra.storage.handoffs import HandoffStore, handoff_row
from infra.storage.people import People
from infra.storage.postgres import Database
from infra.storage.sealing import turn_bound
from infra.storage.writer import OutgoingRow, TurnRow, Writer
from infra.vault import DataKey, Vault, join
from shared.deferring import Deferred
from shared.effects import Keep
from shared.handing import Handoff
from shared.outside import NewCall, PastCall
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
_DOCUMENT = "select content from documents where app_id = %s and person_id = %s and name_digest = %s"
_CONSENT = """
    select granted from consents where app_id = %s and person_id = %s and channel = %s
    order by number desc limit 1"""
_CALLS = """
    select outgoing_id, state, reason, content, extract(epoch from created_at)::float8,
           extract(epoch from updated_at)::float8
    from outbox where app_id = %s and person_id = %s and channel = %s and channel like 'skill:%%'
    order by created_at desc, position desc limit %s"""

_encode = msgspec.msgpack.Encoder().encode
_decode_turn = msgspec.msgpack.Decoder(Turn).decode
_decode_session = msgspec.msgpack.Decoder(Session).decode


class _MemoryBody(Struct, frozen=True):
    """What a memory's ciphertext holds: the words, their embedding, and the model that made it."""

    text: str
    vector: bytes | None
    model: str


class _DocumentBody(Struct, frozen=True):
    """What a document's ciphertext holds."""

    name: str
    content: dict[str, Any]


class CallBody(Struct, frozen=True):
    """What a call's ciphertext holds. `until` is in Unix seconds."""

    name: str
    content: dict[str, Any]
    until: float


_decode_memory = msgspec.msgpack.Decoder(_MemoryBody).decode
_decode_document = msgspec.msgpack.Decoder(_DocumentBody).decode
_decode_call = msgspec.msgpack.Decoder(CallBody).decode


class PostgresTurnStore:
    """Implements `shared.ports.TurnStore`.

    `made` is called after each commit that leaves something to go out.
    """

    def __init__(
        self, database: Database, writer: Writer, vault: Vault, ids: Ids, made: Callable[[], None] = lambda: None
    ) -> None:
        self._database = database
        self._writer = writer
        self._vault = vault
        self._made = made
        self.people = People(database, vault, ids)
        self._handoffs = HandoffStore(database, self.people)
        self._deferred = DeferredStore(database, self.people, vault)

    async def person(self, app: str, channel: str, user: str) -> Person:
        """See `TurnStore.person`."""
        return await self.people.person(app, channel, user)

    async def record(self, record: TurnRecord) -> Recorded:
        """See `TurnStore.record`."""
        key = await self.people.key(record.person)
        row = self._row(record, key)
        if await self._writer.put(row):
            if row.outgoing:
                self._made()
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
        return _decode_session(key.open(sealed, turn_bound(person, digest, "session")))

    async def memories(self, person: Person) -> list[StoredMemory]:
        """See `TurnStore.memories`."""
        key = await self.people.key(person)
        rows = await self._database.rows(_MEMORIES, person.app, person.id)
        return [_stored_memory(key, person, *row) for row in rows]

    async def document(self, person: Person, name: str) -> dict[str, Any] | None:
        """See `TurnStore.document`."""
        digest = self._document_digest(person, name)
        found = await self._database.row(_DOCUMENT, person.app, person.id, digest)
        if found is None:
            return None
        key = await self.people.key(person)
        return _decode_document(key.open(found[0], _document_bound(person, digest))).content

    async def handoff(self, person: Person, handoff_id: str) -> Handoff | None:
        """See `TurnStore.handoff`."""
        return await self._handoffs.find(person, handoff_id)

    async def calls(self, person: Person, skill: str, limit: int) -> list[PastCall]:
        """See `TurnStore.calls`."""
        rows = await self._database.rows(_CALLS, person.app, person.id, call_channel(skill), limit)
        key = await self.people.key(person) if rows else None
        return [_past_call(key, person, *row) for row in rows if key]

    async def opted_out(self, person: Person, channel: str) -> bool:
        """See `TurnStore.opted_out`."""
        found = await self._database.row(_CONSENT, person.app, person.id, channel)
        return found is not None and not found[0]

    async def deferred(self, person: Person, ids: Sequence[str]) -> list[Deferred]:
        """See `TurnStore.deferred`."""
        return await self._deferred.of(person, ids)

    async def last_deferred(self, person: Person, since: float) -> Deferred | None:
        """See `TurnStore.last_deferred`."""
        return await self._deferred.last(person, since)

    async def deferred_of(self, app: str, channel: str, message_id: str) -> Deferred | None:
        """See `TurnStore.deferred_of`."""
        return await self._deferred.of_message(app, channel, message_id)

    async def tell(self, app: str, deferred_id: str) -> None:
        """See `TurnStore.tell`."""
        await self._deferred.tell(app, deferred_id)

    async def _open_turn(self, person: Person, digest: bytes, sealed: bytes) -> Turn:
        key = await self.people.key(person)
        return _decode_turn(key.open(sealed, turn_bound(person, digest, "turn")))

    def _row(self, record: TurnRecord, key: DataKey) -> TurnRow:
        request, person, turn = record.request, record.person, record.turn
        digest = self._message_digest(request.app, request.channel, request.message_id)

        def seal(value: Any, column: str) -> bytes:
            return key.seal(_encode(value), turn_bound(person, digest, column))

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
            consent=record.consent,
            keep=tuple(self._document(key, person, kept) for kept in record.keep),
            handed=tuple(handoff_row(key, person, step) for step in record.handoff),
            outgoing=(
                *(_outgoing(key, record, position) for position in range(len(record.outgoing))),
                *(self._call(key, record, number) for number in range(len(record.calls))),
            ),
            defers=deferred_row(self._vault, key, record),
            settled=settled_row(key, record),
            told=record.told,
        )

    def _call(self, key: DataKey, record: TurnRecord, number: int) -> OutgoingRow:
        call, person = record.calls[number], record.person
        call_id = f"{record.turn.trace_id}-c{number}"
        body = _encode(CallBody(call.name, call.content, call.until))
        return OutgoingRow(
            call_id,
            "",
            number,
            False,
            key.seal(body, outgoing_bound(person, call_id)),
            call_channel(call.skill),
            self._lane_digest(person, call),
            call.until,
        )

    def _lane_digest(self, person: Person, call: NewCall) -> bytes:
        return self._vault.hmac("lane", person.app, person.id, call.skill, call.lane)

    def _document(self, key: DataKey, person: Person, kept: Keep) -> tuple[bytes, bytes | None]:
        digest = self._document_digest(person, kept.name)
        if kept.content is None:
            return digest, None
        body = _encode(_DocumentBody(kept.name, kept.content))
        return digest, key.seal(body, _document_bound(person, digest))

    def _document_digest(self, person: Person, name: str) -> bytes:
        return self._vault.hmac("document", person.app, person.id, name)

    def _message_digest(self, app: str, channel: str, message_id: str) -> bytes:
        return self._vault.id_digest("message", app, channel, message_id)

    def _conversation_digest(self, person: Person, channel: str, conversation: str) -> bytes:
        # The person is part of it: whoever guesses another one's conversation name is in a conversation of their own.
        return self._vault.id_digest("conversation", person.app, person.id, channel, conversation)

    def _fingerprint(self, request: Request) -> bytes:
        """Who said what. A repetition has the same; time stamps and deadlines, which differ, are left out."""
        said = _encode((request.kind, request.text, request.intent, request.event, request.attachments))
        return self._vault.hmac("fingerprint", request.user, said)


def outgoing_bound(person: Person, outgoing_id: str) -> bytes:
    """What the content of an outgoing message is bound to."""
    return join("outbox", person.app, person.id, outgoing_id)


CALLS = "skill:"


def call_channel(skill: str) -> str:
    """Where the outbox has the calls of a skill; no channel's name has a colon."""
    return CALLS + skill


def _past_call(
    key: DataKey, person: Person, call_id: str, state: str, reason: str, sealed: bytes, at: float, ended_at: float
) -> PastCall:
    body = _decode_call(key.open(sealed, outgoing_bound(person, call_id)))
    told = {"sent": "done", "delivered": "done", "failed": "failed"}.get(state, "waiting")
    doubt = told == "failed" and reason.startswith(IN_DOUBT)
    return PastCall(
        body.name, body.content, "doubt" if doubt else told, reason, at, None if told == "waiting" else ended_at
    )


IN_DOUBT = "in doubt"
"""How the reason begins of a call that was given up, and may have been done."""


def _outgoing(key: DataKey, record: TurnRecord, position: int) -> OutgoingRow:
    message, outgoing_id = record.outgoing[position], f"{record.turn.trace_id}-{position}"
    sealed = key.seal(_encode(message.content), outgoing_bound(record.person, outgoing_id))
    return OutgoingRow(outgoing_id, message.place, position, record.owed, sealed)


def _document_bound(person: Person, name_digest: bytes) -> bytes:
    return join("document", person.app, person.id, name_digest)


def _memory_bound(person: Person, memory_id: str) -> bytes:
    return join("memory", person.app, person.id, memory_id)


def _stored_memory(key: DataKey, person: Person, memory_id: str, said_at: float, sealed: bytes) -> StoredMemory:
    body = _decode_memory(key.open(sealed, _memory_bound(person, memory_id)))
    return StoredMemory(memory_id, body.text, said_at, None if body.vector is None else Vector(body.vector), body.model)
