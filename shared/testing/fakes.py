"""Fakes of the ports, for tests that need no server. They keep the promises of the real ones, in memory."""

import hashlib
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shared.deferring import Deferral, Deferred, Settled, answer_id
from shared.errors import ModelUnavailable, NotAuthentic, SignatureInvalid
from shared.handing import Handoff, HandoffEnded, HandoffHeard, HandoffStep
from shared.outside import PastCall
from shared.ports import (
    Claim,
    DoorPorts,
    KeyOwner,
    KeySource,
    Memory,
    ModelState,
    Opened,
    Person,
    Recorded,
    Recording,
    SigningKey,
    StoredMemory,
    TurnRecord,
    Vector,
)
from shared.turn import Ranked, Request, Session, Turn, Understanding


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self._now = now

    def now(self) -> float:
        """Unix seconds."""
        return self._now

    def monotonic(self) -> float:
        """The same clock."""
        return self._now

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds


class FakeIds:
    """id-1, id-2, …"""

    def __init__(self) -> None:
        self._count = 0

    def new(self) -> str:
        """The next id."""
        self._count += 1
        return f"id-{self._count}"


class FakeApiKeys:
    """Knows the keys it is given."""

    def __init__(self, owners: Mapping[str, KeyOwner]) -> None:
        self._owners = owners

    async def owner(self, token: str) -> KeyOwner:
        """See `ApiKeys.owner`."""
        try:
            return self._owners[token]
        except KeyError:
            raise NotAuthentic("this API key is unknown or revoked") from None


class NoKeys:
    """A key source in which nothing is found."""

    async def key(self, name: str) -> SigningKey:
        """See `KeySource.key`."""
        raise SignatureInvalid("no key is trusted here")


def door_ports(
    clock: FakeClock | None = None,
    owners: Mapping[str, KeyOwner] | None = None,
    keys: KeySource | None = None,
) -> DoorPorts:
    """Ports for an adapter under test."""
    source = keys or NoKeys()
    return DoorPorts(
        clock=clock or FakeClock(),
        ids=FakeIds(),
        api_keys=FakeApiKeys(owners or {}),
        keys=lambda _platform, _config: source,
        secret=lambda purpose: hashlib.sha256(purpose.encode()).digest(),
    )


class FakeModel:
    """Understands exactly the sentences it is told, and embeds by letter counts. `broken` makes it unavailable."""

    def __init__(self, sentences: Mapping[str, str] | None = None) -> None:
        self.sentences = dict(sentences or {})
        self.broken = False

    async def understand(self, text: str, locale: str, deadline: float, *, sure: bool = False) -> Understanding:
        """See `ModelService.understand`."""
        self._check()
        intent = self.sentences.get(text)
        if intent is None:
            return Understanding(None, 0.0, 1.0)
        return Understanding(intent, 1.0, 0.0, ranking=(Ranked(intent, 1.0),))

    async def encode(self, texts: Sequence[str], deadline: float) -> list[Vector]:
        """See `ModelService.encode`."""
        self._check()
        return [_letters(text) for text in texts]

    def state(self) -> ModelState:
        """See `ModelService.state`."""
        return ModelState("fake", ("none",), not self.broken)

    def _check(self) -> None:
        if self.broken:
            raise ModelUnavailable("the fake model was broken on purpose")


def _letters(text: str) -> Vector:
    counts = [1e-3 + text.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"]
    length = sum(count * count for count in counts) ** 0.5
    return Vector(b"".join(_float32(count / length) for count in counts))


def _float32(value: float) -> bytes:
    return struct.pack("<f", value)


class FakeMemories:
    """A person's memories that fit when they share a word with the question."""

    def __init__(self, memories: Sequence[Memory] = ()) -> None:
        self._memories = list(memories)

    async def search(self, text: str, limit: int = 5) -> list[Memory]:
        """See `Memories.search`."""
        asked = set(text.lower().strip("?.!").split())
        fits = [memory for memory in self._memories if asked & set(memory.text.lower().split())]
        return [msgspec.structs.replace(memory, score=memory.score or 0.9) for memory in fits[:limit]]

    async def recent(self, limit: int = 5) -> list[Memory]:
        """See `Memories.recent`."""
        return sorted(self._memories, key=lambda memory: -memory.said_at)[:limit]


class FakeDocuments:
    """A person's documents, by name."""

    def __init__(self, documents: Mapping[str, dict[str, Any]] | None = None) -> None:
        self._documents = dict(documents or {})

    async def get(self, name: str) -> dict[str, Any] | None:
        """See `Documents.get`."""
        return self._documents.get(name)


class FakeCalls:
    """The calls that a skill made for a person."""

    def __init__(self, calls: Sequence[PastCall] = ()) -> None:
        self._calls = sorted(calls, key=lambda call: -call.at)

    async def recent(self, limit: int = 10) -> list[PastCall]:
        """See `Calls.recent`."""
        return self._calls[:limit]


class FakeTurnStore:
    """Implements `TurnStore` with the same unique keys: one row a message, one turn a place in a conversation."""

    def __init__(self) -> None:
        self.records: list[TurnRecord] = []
        self._memories: dict[Person, list[StoredMemory]] = {}
        self._documents: dict[tuple[Person, str], dict[str, Any] | None] = {}
        self._consents: dict[tuple[Person, str], bool] = {}
        self._handoffs: dict[tuple[Person, str], Handoff] = {}
        self._called: list[tuple[Person, str, PastCall]] = []
        self.owed: dict[str, tuple[TurnRecord, Deferral]] = {}
        self.ends: dict[str, Settled] = {}

    async def person(self, app: str, channel: str, user: str) -> Person:
        """See `TurnStore.person`."""
        return Person(app, f"{channel}:{user}")

    async def record(self, record: TurnRecord) -> Recorded:
        """See `TurnStore.record`."""
        found = await self.find(record.request)
        if found is not None:
            return found
        last = await self.last_session(record.person, record.request.channel, record.request.conversation)
        if last.seq >= record.turn.seq:
            return Recorded(Recording.STALE, record.turn)
        self.records.append(record)
        for call in record.calls:
            made = PastCall(call.name, call.content, "waiting", "", record.turn.at)
            self._called.append((record.person, call.skill, made))
        kept = [m for m in self._memories.get(record.person, []) if m.id not in record.forget]
        new = [StoredMemory(m.id, m.text, record.turn.at, m.vector, record.model) for m in record.remember]
        self._memories[record.person] = [*reversed(new), *kept]
        self._documents.update({(record.person, one.name): one.content for one in record.keep})
        if record.consent is not None:
            self._consents[record.person, record.request.channel] = record.consent
        for step in record.handoff:
            self._step(record.person, step, record.turn.at)
        if record.defers is not None:
            self.owed[record.defers.id] = (record, record.defers)
        if record.settled is not None:
            self.ends[record.settled.id] = record.settled
        for one in record.told:
            await self.tell(record.person.app, one)
        return Recorded(Recording.STORED, record.turn)

    async def find(self, request: Request) -> Recorded | None:
        """See `TurnStore.find`."""
        for record in self.records:
            known = record.request
            if (known.app, known.channel, known.message_id) == (request.app, request.channel, request.message_id):
                same = (known.user, known.kind, known.text) == (request.user, request.kind, request.text)
                return Recorded(Recording.DUPLICATE if same else Recording.CONFLICT, record.turn)
        return None

    async def turn(self, app: str, channel: str, message_id: str) -> Turn | None:
        """See `TurnStore.turn`."""
        for record in self.records:
            if (record.request.app, record.request.channel, record.request.message_id) == (app, channel, message_id):
                return record.turn
        return None

    async def last_session(self, person: Person, channel: str, conversation: str) -> Session:
        """See `TurnStore.last_session`."""
        for record in reversed(self.records):
            where = (record.person, record.request.channel, record.request.conversation)
            if where == (person, channel, conversation):
                return record.session
        return Session()

    async def memories(self, person: Person) -> list[StoredMemory]:
        """See `TurnStore.memories`."""
        return list(self._memories.get(person, []))

    async def document(self, person: Person, name: str) -> dict[str, Any] | None:
        """See `TurnStore.document`."""
        return self._documents.get((person, name))

    async def handoff(self, person: Person, handoff_id: str) -> Handoff | None:
        """See `TurnStore.handoff`."""
        return self._handoffs.get((person, handoff_id))

    async def calls(self, person: Person, skill: str, limit: int) -> list[PastCall]:
        """See `TurnStore.calls`."""
        mine = [call for whose, name, call in reversed(self._called) if (whose, name) == (person, skill)]
        return mine[:limit]

    def settle_calls(self, state: str, reason: str = "") -> None:
        """All calls that wait come to an end ("done", "failed", "doubt"), as the outbox would have it."""
        self._called = [
            (whose, name, msgspec.structs.replace(call, state=state, reason=reason, ended_at=call.at))
            if call.state == "waiting"
            else (whose, name, call)
            for whose, name, call in self._called
        ]

    async def opted_out(self, person: Person, channel: str) -> bool:
        """See `TurnStore.opted_out`."""
        return not self._consents.get((person, channel), True)

    async def deferred(self, person: Person, ids: Sequence[str]) -> list[Deferred]:
        """See `TurnStore.deferred`."""
        return [await self._found(one) for one in ids if one in self.owed and self.owed[one][0].person == person]

    async def last_deferred(self, person: Person, since: float) -> Deferred | None:
        """See `TurnStore.last_deferred`."""
        for found in [await self._found(id_) for id_, (record, _) in self.owed.items() if record.person == person][
            ::-1
        ]:
            if found.ended_at is None or found.ended_at > since:
                return found
        return None

    async def deferred_of(self, app: str, channel: str, message_id: str) -> Deferred | None:
        """See `TurnStore.deferred_of`."""
        for id_, (record, _) in self.owed.items():
            if (record.request.app, record.request.channel, record.request.message_id) == (app, channel, message_id):
                return await self._found(id_)
        return None

    async def tell(self, app: str, deferred_id: str) -> None:
        """See `TurnStore.tell`."""
        if deferred_id in self.ends:
            self.ends[deferred_id] = msgspec.structs.replace(self.ends[deferred_id], state="told")

    async def _found(self, deferred_id: str) -> Deferred:
        record, _ = self.owed[deferred_id]
        end, request = self.ends.get(deferred_id), record.request
        turn = await self.turn(request.app, request.channel, answer_id(deferred_id))
        if end is None:
            return Deferred(deferred_id, "pending", record.turn.at)
        return Deferred(deferred_id, end.state, record.turn.at, end.at, turn, end.dialogue)

    def give_back(self, handoff_id: str, at: float) -> None:
        """An operator gives a conversation back."""
        for person, id_ in list(self._handoffs):
            if id_ == handoff_id:
                self._step(person, HandoffEnded(id_, "operator"), at)

    def _step(self, person: Person, step: HandoffStep, at: float) -> None:
        known = self._handoffs.get((person, step.id))
        if isinstance(step, Handoff):
            self._handoffs[person, step.id] = step
        elif known is not None and known.returned_at is None:
            changes = {"until": step.until} if isinstance(step, HandoffHeard) else {"returned_at": at}
            self._handoffs[person, step.id] = msgspec.structs.replace(known, **changes)


class FakeSessionStore:
    """Implements `SessionStore`; `flush` is Valkey's FLUSHALL."""

    def __init__(self) -> None:
        self.flush()

    def flush(self) -> None:
        """Forget everything."""
        self._claims: dict[tuple[str, str, str], str] = {}
        self._lanes: dict[tuple[Person, str, str], str] = {}
        self._sessions: dict[tuple[Person, str, str], Session] = {}

    async def open(self, person: Person, request: Request, token: str) -> Opened:
        """See `SessionStore.open`."""
        claim = self._claims.setdefault(_message(request), token)
        if claim != token:
            return Opened(Claim.DONE if claim == "done" else Claim.RUNNING, False, None)
        lane = self._lanes.setdefault(_conversation(person, request), token)
        return Opened(Claim.MINE, lane == token, self._sessions.get(_conversation(person, request)))

    async def close(self, person: Person, request: Request, token: str, session: Session | None) -> None:
        """See `SessionStore.close`."""
        self._sessions.pop(_conversation(person, request), None)
        if session is not None:
            self._sessions[_conversation(person, request)] = session
        self._claims[_message(request)] = "done"
        self._give_back(_conversation(person, request), token)

    async def abandon(self, person: Person, request: Request, token: str) -> None:
        """See `SessionStore.abandon`."""
        if self._claims.get(_message(request)) == token:
            del self._claims[_message(request)]
        self._give_back(_conversation(person, request), token)

    async def running(self, app: str, channel: str, message_id: str) -> bool:
        """See `SessionStore.running`."""
        return self._claims.get((app, channel, message_id), "done") != "done"

    def _give_back(self, lane: tuple[Person, str, str], token: str) -> None:
        if self._lanes.get(lane) == token:
            del self._lanes[lane]


def _message(request: Request) -> tuple[str, str, str]:
    return request.app, request.channel, request.message_id


def _conversation(person: Person, request: Request) -> tuple[Person, str, str]:
    return person, request.channel, request.conversation
