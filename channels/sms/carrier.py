"""The base of all carriers: what differs between them is how they sign, what their messages look like, and how to answer.

class Pager(Carrier):
    place, title = "pager", "Pager Inc."
    required = ("pager_secret",)
    answers_in_reply = False

    def authenticate(self, wire): ...            # raise SignatureInvalid
    def read(self, wire): ...                    # Inbound or Receipt; raise Malformed
    async def send(self, letter, reference): ...  # Delivered; raise DeliveryFailed
"""

from abc import abstractmethod
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, ClassVar, Self

from channels.sms.countries import locale_of
from channels.sms.keywords import Meaning, keyword_of
from channels.sms.message import Inbound, Letter, Outbound, letter_of
from channels.sms.numbers import is_north_american
from channels.sms.parts import messages_of
from channels.sms.settings import SmsSettings
from shared.advice import how_to_set
from shared.channel import ChannelAdapter, Delivered, Limit, Receipt, Verified, Wire, WireReply
from shared.errors import DeliveryFailed, DoorShut, Malformed
from shared.ports import DoorPorts, Outgoing
from shared.text import clean
from shared.turn import Kind, Request, Turn

MAX_ID = 256  # characters of a carrier's message id
ALL_KEYWORDS: frozenset[Meaning] = frozenset({"stop", "start", "help"})


class CarrierVerified(Verified, frozen=True):
    """A request of the carrier's. `content` is what it says, read once; None if it cannot be read, which `parse` reports."""

    received_at: float
    content: Inbound | Receipt | None


class Carrier(ChannelAdapter):
    """The SMS door at one carrier, `/channels/sms/<place>`.

    Subclasses set the class variables and implement `authenticate`, `read`, `send` and, where the answer goes in the HTTP
    reply, `answered`. Everything else is the same for all of them.
    """

    name: ClassVar[str] = "sms"
    body_limit: ClassVar[int] = 64 * 1024
    limit: ClassVar[Limit | None] = Limit("sms-messages", per_second=1.0, burst=60, on_failure="open")

    place: ClassVar[str]
    title: ClassVar[str]  # what people call it
    required: ClassVar[tuple[str, ...]]  # settings without which the door is shut
    answers_in_reply: ClassVar[bool]  # whether the HTTP answer carries the messages; otherwise `send` does
    max_characters: ClassVar[int] = 1_600  # of one message, in UTF-16 code units
    max_media: ClassVar[int] = 0  # pictures of one message; 0 where the carrier sends none

    def __init__(self, app: str, config: Mapping[str, str], ports: DoorPorts) -> None:
        self.app, self.config, self.ports = app, config, ports
        self.settings = SmsSettings.read(config)
        self._limits_key = ports.secret("sms-limits")

    @classmethod
    def open(cls, app: str, config: Mapping[str, str], ports: DoorPorts) -> Self:
        """As ChannelAdapter.open. Raises DoorShut, naming the first setting that is missing."""
        for key in cls.required:
            if not config.get(key):
                raise DoorShut(f"sms: {cls.title} needs {key}; {_how(app, key)}")
        return cls(app, config, ports)

    # -- what a carrier implements ---------------------------------------------------------------------------------

    @abstractmethod
    def authenticate(self, wire: Wire) -> None:
        """Return if the carrier sent these bytes, to this account and now. Raises SignatureInvalid; parses no JSON before."""

    @abstractmethod
    def read(self, wire: Wire) -> Inbound | Receipt:
        """What an authentic request says. Pure. Raises Malformed, or SignatureInvalid where it is for another account."""

    @abstractmethod
    async def send(self, letter: Letter, reference: str) -> Delivered:
        """Send one message through the carrier's API. Raises DeliveryFailed with the carrier's code and no number."""

    @property
    def own_keywords(self) -> frozenset[Meaning]:
        """The keywords that the carrier replies to itself, so that NEXUS does not."""
        return frozenset()

    def answered(self, messages: tuple[Outbound, ...]) -> WireReply:
        """The HTTP answer, with the messages in it where `answers_in_reply`. Pure."""
        return WireReply(200, (), b"")

    # -- the same for all ------------------------------------------------------------------------------------------

    async def verify(self, wire: Wire) -> Verified:
        """As ChannelAdapter.verify. Limits count by person, whose number is hidden by a digest; receipts by the carrier."""
        self.authenticate(wire)
        try:
            content = self.read(wire)
        except Malformed:
            content = None
        return CarrierVerified(wire, self.app, self._principal(content), self.ports.clock.now(), content)

    def parse(self, verified: Verified) -> Request:
        """As ChannelAdapter.parse."""
        if not isinstance(verified, CarrierVerified):
            raise TypeError("only what this adapter verified can be parsed")
        message = verified.content or self.read(verified.wire)
        if isinstance(message, Receipt):
            raise Malformed("sms: this reports what became of a message, and is none")
        return self._request(message, verified.received_at)

    def receipt(self, verified: Verified) -> Receipt | None:
        """As ChannelAdapter.receipt."""
        content = verified.content if isinstance(verified, CarrierVerified) else None
        return content if isinstance(content, Receipt) else None

    def render(self, request: Request, turn: Turn) -> WireReply:
        """As ChannelAdapter.render."""
        return self.answered(self.messages(request, turn) if self.answers_in_reply else ())

    def outgoing(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """As ChannelAdapter.outgoing: one letter a message, for carriers whose HTTP answer carries none."""
        if self.answers_in_reply:
            return ()
        return self._by_api(request, turn)

    def later(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        """As ChannelAdapter.later: as letters, whatever carried the first answer. They come from the number that was texted."""
        return self._by_api(request, turn)

    async def deliver(self, content: Mapping[str, Any], reference: str) -> Delivered:
        """As ChannelAdapter.deliver, for {"to", "text", "media"?, "from"?}."""
        return await self.send(letter_of(content), reference)

    def messages(self, request: Request, turn: Turn) -> tuple[Outbound, ...]:
        """What `turn` says to the person, message by message."""
        return messages_of(turn, request.locale, self.settings, self.max_characters, self._pictures(request))

    def sender_of(self, letter: Letter) -> str:
        """The number of ours that sends `letter`. Raises DeliveryFailed where there is none."""
        key = f"{self.place}_from"
        sender = letter.sender or self.config.get(key, "")
        if not sender:
            text = f"{self.title}: there is no number to send from; {_how(self.app, key)}"
            raise DeliveryFailed(text, final=True)
        return sender

    def _by_api(self, request: Request, turn: Turn) -> tuple[Outgoing, ...]:
        theirs, ours = request.native["from"], request.native["to"]
        letters = (Letter(theirs, one.text, one.media, ours) for one in self.messages(request, turn))
        return tuple(Outgoing(letter.content(), place=self.place) for letter in letters)

    def _pictures(self, request: Request) -> int:
        """How many pictures a message to this person may have."""
        if self.settings.mms == "always":
            return self.max_media
        both = is_north_american(request.native["from"]) and is_north_american(request.native["to"])
        return self.max_media if both and self.settings.mms == "auto" else 0

    def _principal(self, content: Inbound | Receipt | None) -> str:
        if not isinstance(content, Inbound):
            return f"{self.place}:{content.provider_id if content else 'unreadable'}"
        return f"{self.place}:{blake2b(content.sender.encode(), key=self._limits_key, digest_size=16).hexdigest()}"

    def _request(self, message: Inbound, received_at: float) -> Request:
        text = clean(message.text)
        if not (0 < len(message.id) <= MAX_ID and message.id.isprintable()):
            raise Malformed(f"sms: the message id must be 1 to {MAX_ID} printable characters", ("id",))
        return Request(
            app=self.app,
            channel=self.name,
            message_id=f"{self.place}:{message.id}",
            conversation=f"{message.recipient}:{message.sender}",
            user=message.sender,
            kind=Kind.UTTERANCE,
            received_at=received_at,
            deadline=received_at + self.budget_s,
            text=text,
            locale=locale_of(message.sender),
            attachments=message.media,
            keyword=message.keyword or keyword_of(message.text, self.own_keywords, self.settings.help_text),
            opt_out=True,
            native={"from": message.sender, "to": message.recipient},
        )


def _how(app: str, key: str) -> str:
    """How to give the setting `key` of a carrier."""
    return how_to_set(app, "sms", f"{key}=…", f"NEXUS_{key.upper()}")
