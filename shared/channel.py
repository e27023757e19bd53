"""The contract of a channel: raw bytes in, Verified, Request; Turn, raw bytes out.

    bytes → Wire → verify → Verified → parse → Request → (engine) → Turn → render → WireReply

Adapters know no web framework. `parse` takes only a `Verified`, so the type checker refuses to parse what nobody authenticated.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, Literal, Self

from msgspec import Struct

from shared.errors import DeliveryFailed, DoorShut, NexusError, NotFound
from shared.ports import Documents, DoorPorts, Outgoing
from shared.problem import problem
from shared.turn import Reply, Request, Turn


class Wire(Struct, frozen=True):
    """An HTTP request as it came: method, raw target (path and query, undecoded), headers (names in lower case), body bytes."""

    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""
    peer: str = ""  # the address that connected; not proof of anything

    def header(self, name: str) -> str | None:
        """The first header of that name (any case), or None."""
        wanted = name.lower().encode("latin-1")
        for key, value in self.headers:
            if key == wanted:
                return value.decode("latin-1")
        return None


class Verified(Struct, frozen=True):
    """A wire whose sender is proven. Only `verify` makes one.

    `app` is the app it belongs to; `principal` names who was proven (an API key's id, a visitor, "alexa") and is what rate
    limits count by.
    """

    wire: Wire
    app: str
    principal: str


class WireReply(Struct, frozen=True):
    """An HTTP answer: status, headers (names in lower case), body."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Limit(Struct, frozen=True):
    """A rate limit by principal: `burst` at once, then `per_second`. `on_failure` says what happens when Valkey is down."""

    name: str
    per_second: float
    burst: int
    on_failure: Literal["open", "closed"]


class SidePath(Struct, frozen=True):
    """A further path of a door, below its own, that needs no engine: how to answer, and the limit by peer address."""

    answer: Callable[[Wire], Awaitable[WireReply]]
    limit: Limit


class Receipt(Struct, frozen=True):
    """What a platform reports about a message of ours. Receipts come twice and in any order; a final state is never left.

    `provider_id` is the platform's id for the message, `reference` ours, where the platform gives it back. `opted_out`: the
    platform says that this person does not want messages any more.
    """

    state: Literal["sent", "delivered", "failed"]
    provider_id: str = ""
    reference: str = ""
    reason: str = ""  # the platform's error code, for people to look up; never a number or a text
    opted_out: bool = False


class Delivered(Struct, frozen=True):
    """A platform's API took a message: under which id."""

    provider_id: str


SHORTEST_S, LONGEST_S = 0.2, 60.0
"""What a budget may be set to."""


def budget_of(config: Mapping[str, str], door: str, default: float) -> float:
    """The seconds for an answer that the setting `budget_s` says, where the caller waits as long as we wish. Raises DoorShut."""
    text = config.get("budget_s", "").strip() or str(default)
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise DoorShut(
            f"{door}: budget_s must be a number of seconds from {SHORTEST_S:g} to {LONGEST_S:g}, not {text!r}"
        )
    return seconds


class ChannelAdapter(ABC):
    """One door. An instance serves one app; it is made anew when its configuration changes.

    Subclasses set the class variables they differ in and implement the four abstract methods.
    """

    name: ClassVar[str]
    body_limit: ClassVar[int] = 256 * 1024  # bytes
    budget_s: ClassVar[float] = 10.0  # seconds from reception until the platform gives up
    unauthenticated: ClassVar[int] = 401  # what the platform wants to see when authentication fails
    limit: ClassVar[Limit | None] = None
    methods: ClassVar[tuple[str, ...]] = ("POST",)
    places: ClassVar[frozenset[str]] = frozenset({""})  # where messages come in, below the door's own path; see `at`
    side_paths: ClassVar[
        Mapping[str, tuple[str, ...]]
    ] = {}  # what is served below it besides, by which methods; see `side_path`
    asked_at: ClassVar[str] = ""  # messages are asked about at `<asked_at>/<id>` below its own path; "": nowhere
    receipt_s: ClassVar[float] = (
        60.0  # a delivery in doubt waits so long for its receipt before another attempt; see `deliver`
    )
    fetches_later: ClassVar[bool] = False  # whether whoever shows answers asks by themselves for those that come later
    answers_first: bool = False  # whether `answer` is asked before NEXUS' own skills

    @classmethod
    @abstractmethod
    def open(cls, app: str, config: Mapping[str, str], ports: DoorPorts) -> Self:
        """Make the adapter for one app from its configuration. Raises DoorShut, naming the missing setting.

        NEXUS calls it in a thread of its own: it may take long, and there is no running event loop. While the configuration stays
        the same it is not called again once it succeeded, and after ever longer pauses, up to five minutes, while it raises.
        """

    @abstractmethod
    async def verify(self, wire: Wire) -> Verified:
        """Authenticate the raw bytes. Raises NotAuthentic or KeySourceUnavailable; parses nothing before the sender is proven."""

    @abstractmethod
    def parse(self, verified: Verified) -> Request:
        """The common request. Pure. Raises Malformed, and nothing else, whatever the bytes are."""

    @abstractmethod
    def render(self, request: Request, turn: Turn) -> WireReply:
        """The platform's answer to `request`. Pure: the same turn gives the same bytes."""

    def render_error(self, error: NexusError, request: Request | None = None) -> WireReply:
        """The platform's answer when there is no turn. `request` is there once it was parsed.

        The default is an RFC 9457 problem with the status of the error, or `unauthenticated` where authentication failed.
        """
        status, headers, body = problem(error, self.unauthenticated)
        return WireReply(status, headers, body)

    @classmethod
    def turn_away(cls, path: str, error: NexusError) -> WireReply:
        """The answer at one of `side_paths` when it is not served; the door may be shut, or there may be no such app."""
        status, headers, body = problem(error, cls.unauthenticated)
        return WireReply(status, headers, body)

    def at(self, place: str) -> "ChannelAdapter":
        """The adapter for messages at `/channels/<name>/<place>`, one of `places`. Raises DoorShut, naming what it lacks."""
        return self

    async def answer(self, verified: Verified, request: Request, documents: Documents) -> Reply | None:
        """The door's own answer, where `answers_first`: to be recorded like any other; None leaves it to NEXUS' skills.

        It may be asked twice for one message, so it changes nothing itself: effects go into the reply.
        """
        return None

    def receipt(self, verified: Verified) -> Receipt | None:
        """What the platform reports about a message of ours; None where `verified` is a message. Raises Malformed."""
        return None

    def render_receipt(self) -> WireReply:
        """The platform's answer once a receipt is noted."""
        return WireReply(204, (), b"")

    def outgoing(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """What is sent through the platform's API once `turn` is committed, in this order; () where `render` carries it. Pure.

        Not asked for turns that say nothing: of somebody who opted out, or where the carrier answers a keyword itself.
        """
        return ()

    def later(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """What is sent through the platform's API of an answer that was not ready when `request` was answered. Pure.

        () where it waits until the person speaks again, or asks for it. Not asked for people who opted out.
        """
        return ()

    async def hold(self, verified: Verified, request: Request, words: str) -> None:  # noqa: B027 (most platforms cannot)
        """Tell the person, who is still waiting for the answer to `request`, that it takes a moment; in `words` at most once.

        The default says nothing. It may raise whatever it likes: nothing but a line in the log depends on it.
        """

    async def deliver(self, content: Mapping[str, Any], reference: str) -> Delivered:
        """Send what `outgoing` made, under `reference`, the same at every attempt. Raises DeliveryFailed.

        Asked of the adapter `at` the content's place. A reference has letters, digits and hyphens, at most 44. What is neither
        final nor in doubt is tried again soon; where the platform may have taken the message all the same (`in_doubt`, or no
        end within twenty seconds), `receipt_s` later.
        """
        raise DeliveryFailed(f"{self.name}: this channel cannot be written to", final=True)

    def may_see(self, verified: Verified, turn: Turn) -> bool:
        """Whether who is `verified` may know of a recorded turn of their app; to all others it is not there."""
        return True

    def render_found(self, turn: Turn) -> WireReply:
        """The answer when a recorded turn is asked for later. Doors through which nobody asks have none."""
        raise NotFound("this channel does not keep answers for later")

    def side_path(self, path: str) -> SidePath:
        """What serves `/channels/<name>/<path>`, for each of `side_paths`."""
        raise NotFound(f"this channel has no path {path!r}")

    def preflight(self, wire: Wire) -> WireReply:
        """The answer to OPTIONS, where `methods` has it: for doors that pages of other sites may use (CORS)."""
        return WireReply(204, (), b"")

    def finish(self, wire: Wire, reply: WireReply) -> WireReply:
        """The last touch on every answer to `wire`, errors included, for headers that depend on who asks (CORS). Pure."""
        return reply


def asked_for(adapter: type[ChannelAdapter], below: str) -> str | None:
    """The message id in a path below a door at which messages are asked about; None where it is none."""
    head, slash, message_id = below.partition("/")
    return message_id if slash and message_id and adapter.asked_at and head == adapter.asked_at else None
