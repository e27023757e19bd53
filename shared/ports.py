"""What the engine, the doors and the skills need from the ground, as protocols. `infra` implements them; tests fake them."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NewType, Protocol

from msgspec import Struct

from shared.deferring import Deferral, Deferred, Settled
from shared.effects import Keep
from shared.handing import Handoff, HandoffStep
from shared.outside import NewCall, PastCall
from shared.turn import Reply, Request, Session, Trace, Turn, Understanding

Vector = NewType("Vector", bytes)
"""An embedding: little-endian float32, unit length."""


class Clock(Protocol):
    """Time, so that tests can set it."""

    def now(self) -> float:
        """Unix seconds, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back, for measuring."""
        ...


class Ids(Protocol):
    """Identifiers, so that tests can set them."""

    def new(self) -> str:
        """A fresh unguessable id of letters, digits and hyphens, at most 40 characters, sortable by time."""
        ...


class SigningKey(Protocol):
    """A public key that was found trustworthy."""

    @property
    def public(self) -> Any:
        """The key as the cryptography library has it, for libraries that verify whole tokens."""
        ...

    def verify(self, signature: bytes, data: bytes) -> None:
        """Return if `signature` is that of `data`; raise SignatureInvalid otherwise."""
        ...


class KeySource(Protocol):
    """A platform's public keys by name (a certificate's URL, a key id): allow-listed, cached, bounded, timed."""

    async def key(self, name: str) -> SigningKey:
        """The key called `name`. Raises SignatureInvalid (not acceptable) or KeySourceUnavailable (could not be fetched)."""
        ...


class KeyOwner(Struct, frozen=True):
    """Whose API key was presented."""

    app: str
    key_id: str
    name: str


class ApiKeys(Protocol):
    """Checks API keys."""

    async def owner(self, token: str) -> KeyOwner:
        """The owner of a live key. Raises NotAuthentic, or StoreUnavailable when it cannot be looked up."""
        ...


class DoorPorts(Struct, frozen=True):
    """What a channel adapter may use.

    `keys` makes the KeySource of a platform ("alexa": certificate chains by URL; "google": certificates by key id) from the
    door's configuration. `secret(purpose)` is a 32-byte secret of this app, the same after a restart.
    """

    clock: Clock
    ids: Ids
    api_keys: ApiKeys
    keys: Callable[[str, Mapping[str, str]], KeySource]
    secret: Callable[[str], bytes]


class ModelState(Struct, frozen=True):
    """What the model service runs: version id, providers its sessions really got, whether it can answer now.

    `trained` names what understanding was trained on: while it is the same, a text means the same.
    """

    version: str
    providers: tuple[str, ...]
    ready: bool
    trained: str = ""


class ModelService(Protocol):
    """The models behind one door: in process, a local process, or a cluster."""

    async def understand(self, text: str, locale: str, deadline: float, *, sure: bool = False) -> Understanding:
        """What `text` means, and the language it is in.

        `locale` is that of the language it is likely to be in, unless the text says otherwise; `sure`: it is in no other.
        `deadline` is in Unix seconds. Raises ModelUnavailable or DeadlineExceeded.
        """
        ...

    async def encode(self, texts: Sequence[str], deadline: float) -> list[Vector]:
        """One embedding a text. Raises as `understand`."""
        ...

    def state(self) -> ModelState:
        """What runs now."""
        ...


class Memory(Struct, frozen=True):
    """Something a person asked to remember. `score` says how well it fits what was searched, 0 to 1."""

    id: str
    text: str
    said_at: float
    score: float = 0.0


class Memories(Protocol):
    """The memories of the person who speaks, and of nobody else."""

    async def search(self, text: str, limit: int = 5) -> list[Memory]:
        """The memories that fit `text`, best first; those that do not fit at all are left out."""
        ...

    async def recent(self, limit: int = 5) -> list[Memory]:
        """The newest memories, newest first."""
        ...


class Documents(Protocol):
    """What is kept about the person who speaks, by name; see the effect `Keep`."""

    async def get(self, name: str) -> dict[str, Any] | None:
        """The content that was kept last under `name`, or None."""
        ...


class Outgoing(Struct, frozen=True):
    """A message to be sent through a platform's own API, once the turn that says it is committed.

    `content` is what the adapter's `deliver` needs (JSON values; encrypted at rest under the person's key). `place` is the
    adapter's own place, such as a carrier.
    """

    content: dict[str, Any]
    place: str = ""


class Door(Protocol):
    """What the engine needs of the door that a request came through."""

    @property
    def answers_first(self) -> bool:
        """Whether `answer` is asked before NEXUS' own skills."""
        ...

    @property
    def fetches_later(self) -> bool:
        """Whether answers that come later are asked for without a word of the person."""
        ...

    @property
    def place(self) -> str:
        """Where the message came in, below the door's own path."""
        ...

    async def answer(self, request: Request, documents: Documents) -> Reply | None:
        """The door's own answer; None leaves it to NEXUS' skills. May be asked twice for one message: it changes nothing."""
        ...

    def outgoing(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """What is sent through the platform's API once `turn` is committed, in this order. Pure."""
        ...

    def later(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """What is sent through the platform's API of an answer that comes after `request` was answered. Pure."""
        ...

    async def hold(self, request: Request, words: str) -> None:
        """Tell the person who waits that it takes a moment, where the platform can. Raises nothing."""
        ...


class Person(Struct, frozen=True):
    """Somebody NEXUS knows, within one app."""

    app: str
    id: str


class NewMemory(Struct, frozen=True):
    """A memory to be stored with a turn: the words, and their embedding (None where no model could make one)."""

    id: str
    text: str
    vector: Vector | None


class StoredMemory(Struct, frozen=True):
    """A memory as stored, decrypted."""

    id: str
    text: str
    said_at: float
    vector: Vector | None
    model: str


class TurnRecord(Struct, frozen=True, kw_only=True):
    """All that one commit writes for one turn.

    `consent` says whether we may write to this person on this channel from now on; None leaves it as it was. `owed`: what is
    outgoing answers a carrier's keyword and is sent even to somebody who opted out (that STOP was heard, what HELP says).
    `defers`: the answer comes later; `settled`: it is this turn; `told`: this turn tells the deferred answers of these ids.
    """

    person: Person
    request: Request
    turn: Turn
    trace: Trace
    session: Session
    remember: tuple[NewMemory, ...] = ()
    forget: tuple[str, ...] = ()
    keep: tuple[Keep, ...] = ()
    handoff: tuple[HandoffStep, ...] = ()
    outgoing: tuple[Outgoing, ...] = ()
    calls: tuple[NewCall, ...] = ()
    consent: bool | None = None
    owed: bool = False
    model: str = ""
    defers: Deferral | None = None
    settled: Settled | None = None
    told: tuple[str, ...] = ()


class Recording(StrEnum):
    """What became of a record."""

    STORED = "stored"
    DUPLICATE = "duplicate"  # this message id was recorded before, with the same fingerprint
    CONFLICT = "conflict"  # this message id was recorded before, with another fingerprint
    STALE = "stale"  # another turn of this conversation took the sequence number


class Recorded(Struct, frozen=True):
    """The result of recording: for duplicates, `turn` is the one that counts."""

    outcome: Recording
    turn: Turn


class TurnStore(Protocol):
    """The truth: persons, turns, memories, documents, consents. What a person said or heard is encrypted under that person's key.

    Every method raises StoreUnavailable when the store cannot be reached.
    """

    async def person(self, app: str, channel: str, user: str) -> Person:
        """The person behind a channel's own name, made at first sight."""
        ...

    async def record(self, record: TurnRecord) -> Recorded:
        """Store the turn with its effects durably, in one commit shared with others that wait."""
        ...

    async def find(self, request: Request) -> Recorded | None:
        """What was recorded under the message id of `request` (DUPLICATE or CONFLICT), or None."""
        ...

    async def turn(self, app: str, channel: str, message_id: str) -> Turn | None:
        """The recorded turn of a message, or None."""
        ...

    async def last_session(self, person: Person, channel: str, conversation: str) -> Session:
        """The state after the last recorded turn of a conversation; an empty session where there is none."""
        ...

    async def memories(self, person: Person) -> list[StoredMemory]:
        """All memories of a person, newest first."""
        ...

    async def document(self, person: Person, name: str) -> dict[str, Any] | None:
        """What was kept last about a person under `name` (see the effect `Keep`), or None."""
        ...

    async def handoff(self, person: Person, handoff_id: str) -> Handoff | None:
        """The handoff of that id, over or not; None where the person has none such."""
        ...

    async def calls(self, person: Person, skill: str, limit: int) -> list[PastCall]:
        """The newest calls that a skill made for a person, newest first (see the effect `Call`)."""
        ...

    async def opted_out(self, person: Person, channel: str) -> bool:
        """Whether the person forbade us to write to them on this channel, and did not take it back."""
        ...

    async def deferred(self, person: Person, ids: Sequence[str]) -> list[Deferred]:
        """The deferred answers of these ids that the person has, in their order."""
        ...

    async def last_deferred(self, person: Person, since: float) -> Deferred | None:
        """The newest deferred answer of a person, if it is pending or was there after `since` (Unix seconds)."""
        ...

    async def deferred_of(self, app: str, channel: str, message_id: str) -> Deferred | None:
        """The answer that a message was to get later, or None."""
        ...

    async def tell(self, app: str, deferred_id: str) -> None:
        """That deferred answer, if it is there, was told outside a conversation."""
        ...


class Claim(StrEnum):
    """What the hint says about a message id."""

    MINE = "mine"  # nobody works on it
    RUNNING = "running"  # another worker computes it now
    DONE = "done"  # it was recorded: read it from the store


class Opened(Struct, frozen=True):
    """The start of a turn as Valkey sees it: the claim, whether the lane is ours, the session if it is there."""

    claim: Claim
    lane: bool
    session: Session | None


class SessionStore(Protocol):
    """Sessions, and hints that save work: who computes a message, whose turn it is in a conversation. All may vanish at any time.

    Every method raises StoreUnavailable when Valkey cannot be reached; the engine then goes on without it.
    """

    async def open(self, person: Person, request: Request, token: str) -> Opened:
        """Claim the message and the lane under `token`, and read the session, in one round trip.

        The lane is given only with the claim: who waits for somebody else's message holds nothing.
        """
        ...

    async def close(self, person: Person, request: Request, token: str, session: Session | None) -> None:
        """Write the session (None: drop it, it is not known any more), mark the message done, and give back the lane."""
        ...

    async def abandon(self, person: Person, request: Request, token: str) -> None:
        """Give back claim and lane without a result."""
        ...

    async def running(self, app: str, channel: str, message_id: str) -> bool:
        """Whether a worker computes this message now."""
        ...


class ReplyCache(Protocol):
    """Answers that depend on nobody (`IntentSpec.cache_s`), for a while. All may vanish at any time; nothing is raised.

    A `question` is all that an answer was made of, in bytes: see shared/impersonal.py. Another version of NEXUS, of a skill or of
    its words finds nothing of what this one kept.
    """

    async def find(self, app: str, intent: str, question: bytes) -> Reply | None:
        """The answer to exactly this question in this app, or None. It is the caller's own: nobody else holds it."""
        ...

    async def keep(self, app: str, intent: str, question: bytes, reply: Reply, seconds: float, took_s: float) -> None:
        """Keep an answer for so many seconds. `took_s` is what making it took; what is too large is not kept."""
        ...
