"""A small honest door for the contract of adapters, with a fault for each of the contract's cases; and one that is all faults."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self

import msgspec
from msgspec import Meta, Struct

from shared.channel import ChannelAdapter, Receipt, Verified, Wire, WireReply
from shared.errors import DoorShut, Malformed, NexusError, SignatureInvalid
from shared.jsontext import decode
from shared.message import render_message
from shared.ports import DoorPorts, Outgoing
from shared.testing.adapter_contract import AdapterContract, Said
from shared.text import clean
from shared.turn import Keyword, Kind, Reply, Request, Turn

MAX_ANSWER = 32_000  # bytes that the toy's platform takes
SECRET = b"a secret for tests"
_JSON = ((b"content-type", b"application/json"),)
_PATTERN = Meta(pattern=r"\A[A-Za-z0-9._:-]{1,64}\Z")


class Message(Struct, frozen=True):
    text: str
    id: Annotated[str, _PATTERN]
    user: Annotated[str, _PATTERN]


class StrictMessage(Message, frozen=True, forbid_unknown_fields=True):
    """Refuses what it does not know."""


_DECODER = msgspec.json.Decoder(Message)
_STRICT = msgspec.json.Decoder(StrictMessage)
_ANY = msgspec.json.Decoder(dict[str, Any])


def signature(body: bytes, at: float) -> bytes:
    return hmac.new(SECRET, f"{at}:".encode() + body, hashlib.sha256).hexdigest().encode()


class ToyAdapter(ChannelAdapter):
    """Time stamp and HMAC in headers, a flat JSON body. `fault` names the one thing it does wrong."""

    name: ClassVar[str] = "toy"
    places: ClassVar[frozenset[str]] = frozenset({"", "attic"})

    def __init__(self, app: str, ports: DoorPorts, fault: str = "") -> None:
        self._app, self._ports, self._fault = app, ports, fault
        self._count = 0
        if fault == "unbounded":
            self.body_limit = 1 << 40  # type: ignore[misc]

    @classmethod
    def open(cls, app: str, config: Mapping[str, str], ports: DoorPorts) -> Self:
        fault = config.get("fault", "")
        if not config.get("secret") and fault != "opens without credentials":
            raise DoorShut("toy: set NEXUS_TOY_SECRET")
        return cls(app, ports, fault)

    async def verify(self, wire: Wire) -> Verified:
        if self._fault == "parses first":
            decode(_DECODER, wire.body)
        if self._fault == "peeks":
            try:
                _DECODER.decode(wire.body)
            except msgspec.DecodeError:
                return self._checked(wire)
        return self._checked(wire)

    def _checked(self, wire: Wire) -> Verified:
        at, given = wire.header("x-at"), wire.header("x-signature")
        if given is None or at is None:
            if self._fault == "lets the unsigned in":
                return Verified(wire, self._app, "toy")
            raise SignatureInvalid("toy: a header is missing")
        if not self._holds(given, wire.body, float(at)):
            raise SignatureInvalid(
                "toy: the signature does not match" + (str(wire.body) if self._fault == "chatty" else "")
            )
        if self._fault != "never looks at the clock" and abs(self._ports.clock.now() - float(at)) > 60:
            raise SignatureInvalid("toy: the time stamp is too far off")
        return Verified(wire, "another" if self._fault == "mixes up apps" else self._app, "toy")

    def _holds(self, given: str, body: bytes, at: float) -> bool:
        if self._fault == "takes any signature":
            return True
        if self._fault == "signs only the time":  # as if the signature were over the time alone
            return given != "0" * 64
        return hmac.compare_digest(given.encode(), signature(body, at))

    def parse(self, verified: Verified) -> Request:
        message = self._message(verified.wire.body)
        now = self._ports.clock.now()
        self._count += 1
        return Request(
            app=verified.app,
            channel=self.name,
            message_id=self._message_id(message),
            conversation=message.user,
            user="everybody" if self._fault == "knows one person" else message.user,
            kind=Kind.UTTERANCE,
            received_at=now,
            deadline=now + (0 if self._fault == "has no budget" else self.budget_s),
            text=self._text(message.text),
            keyword=Keyword("stop") if self._fault == "hears keywords everywhere" and message.text == "STOP" else None,
            native={"socket": object()} if self._fault == "carries objects" else {},
        )

    def _message(self, body: bytes) -> Message:
        match self._fault:
            case "guesses what was cut off" if not body.endswith(b"}") and body.startswith(b"{"):
                return Message("?", "guess", "guess")
            case "takes nothing for something" if not body:
                return Message("?", "nothing", "nobody")
            case "takes any JSON" if body in (b"{}", b"[]"):
                return Message("?", "anything", "anybody")
            case "knows no depth":
                return _untyped(body)
            case "knows no length" if len(body) > self.body_limit:
                raise MemoryError("too long")
            case "trusts types":
                value = decode(_ANY, body)
                return Message(str.strip(value["text"]), value["id"], value["user"])
            case "wants to know everything":
                return decode(_STRICT, body)
            case "knows no moods" if b"mood" in body:
                raise Malformed("toy: mood is unknown")
            case "takes the first key":
                return Message(**dict(reversed(json.loads(body, object_pairs_hook=lambda pairs: pairs))))
        return decode(_DECODER, body)

    def _message_id(self, message: Message) -> str:
        match self._fault:
            case "makes up ids":
                return f"{message.id}-{id(self)}-{self._ports.clock.monotonic()}-{_next()}"
            case "knows one id":
                return "the id"
            case "has endless ids":
                return message.id * 1_000
        return message.id

    def _text(self, text: str) -> str:
        match self._fault:
            case "shouts":
                return text.upper()
            case "does not clean":
                return text
            case "is moody":
                return f"{clean(text)} {self._count}"
        return clean(text)

    def render(self, request: Request, turn: Turn) -> WireReply:
        if self._fault == "needs a reply":
            assert turn.reply is not None
        if self._fault == "sends at once":
            self.deliver({"text": "early"}, "reference").close()
        status, body = render_message(self._shown(turn))
        if len(body) > MAX_ANSWER and self._fault != "knows no limit":
            status, body = render_message(_changed(turn, text="There is more to say than fits here."))
        if self._fault == "is never the same":
            body += b" " * (_next() % 97)
        if self._fault == "speaks Latin":
            body = body.decode().encode("latin-1")
        return WireReply(status, _JSON, body)

    def _shown(self, turn: Turn) -> Turn:
        if self._fault == "drops cards":
            return _changed(turn, cards=())
        if self._fault == "shows five choices" and turn.reply is not None:
            return _changed(turn, choices=turn.reply.choices[:5])
        return turn

    def at(self, place: str) -> ChannelAdapter:
        if self._fault == "forgets a place":
            return {"": self}[place]
        return self

    def receipt(self, verified: Verified) -> Receipt | None:
        if self._fault == "takes messages for receipts":
            return Receipt("delivered")
        if self._fault == "trusts receipts":
            return Receipt("sent") if json.loads(verified.wire.body)["text"] == "sent" else None
        return None

    def outgoing(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        match self._fault:
            case "sends bytes":
                return (Outgoing({"body": b"hello"}),)
            case "sends by chance":
                return (Outgoing({"number": _next()}),)
        return ()

    def render_error(self, error: NexusError, request: Request | None = None) -> WireReply:
        if self._fault == "knows few errors" and request is None:
            return WireReply(200, _JSON, b"oops")
        if self._fault == "is a teapot" and request is not None:
            return WireReply(418, _JSON, b"{}")
        return super().render_error(error, request)


def _changed(turn: Turn, **changes: Any) -> Turn:
    """`turn` with another reply; one without stays as it is."""
    if turn.reply is None:
        return turn
    kept = turn.reply if "text" not in changes else Reply(text="")
    return msgspec.structs.replace(turn, reply=msgspec.structs.replace(kept, **changes))


_counter = iter(range(1 << 60))


def _next() -> int:
    return next(_counter)


def _untyped(body: bytes) -> Message:
    try:
        return msgspec.convert(json.loads(body), Message)
    except (ValueError, msgspec.ValidationError):
        raise Malformed("toy: not a message") from None


class BrokenAdapter(ChannelAdapter):
    """Does everything wrong."""

    name: ClassVar[str] = "Broken Door"
    body_limit: ClassVar[int] = 0
    places: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def open(cls, app: str, config: Mapping[str, str], ports: DoorPorts) -> Self:
        return cls()

    async def verify(self, wire: Wire) -> Verified:
        return Verified(wire, "", "")

    def parse(self, verified: Verified) -> Request:
        raise KeyError("text")

    def receipt(self, verified: Verified) -> Receipt | None:
        raise KeyError("status")

    def render(self, request: Request, turn: Turn) -> WireReply:
        raise KeyError("reply")

    def render_error(self, error: NexusError, request: Request | None = None) -> WireReply:
        return WireReply(0, ((b"Bad Header", b"a\r\nb"),), b"?")


class ToyContract(AdapterContract):
    """The contract over the toy with a fault, or over another door that takes the toy's messages."""

    setting = "NEXUS_TOY_SECRET"
    fuzz_examples = 200

    def __init__(self, fault: str = "", door: type[ChannelAdapter] = ToyAdapter) -> None:
        self._fault, self._door = fault, door

    def open(self, ports: DoorPorts) -> ChannelAdapter:
        return self._door.open(self.app, {"secret": "yes", "fault": self._fault}, ports)

    def open_bare(self, ports: DoorPorts) -> ChannelAdapter:
        return self._door.open("default", {"fault": self._fault}, ports)

    def body(self, said: Said) -> bytes:
        return json.dumps({"text": said.text, "id": said.message_id, "user": said.user}).encode()

    def sign(self, body: bytes, said: Said) -> Wire:
        headers = (
            (b"content-type", b"application/json"),
            (b"x-at", str(said.at).encode()),
            (b"x-signature", signature(body, said.at)),
        )
        return Wire("POST", "/channels/toy", headers, body)

    def forged(self, wire: Wire) -> Sequence[Wire]:
        headers = dict(wire.headers) | {b"x-signature": b"0" * 64}
        return [Wire(wire.method, wire.target, tuple(headers.items()), wire.body)]

    def complaints(self, wire: Wire, reply: WireReply) -> Sequence[str]:
        return [f"more than {MAX_ANSWER} bytes"] if len(reply.body) > MAX_ANSWER else []

    def samples(self) -> Sequence[bytes]:
        return [b'{"text": "a sample", "id": "s-1", "user": "sam", "mood": {"new": true}}']

    def stale(self) -> Sequence[Wire]:
        return [self.wire(Said(at=Said().at + seconds)) for seconds in (-61, 61)]
