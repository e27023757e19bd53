"""The door for Amazon Alexa custom skills."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar, Self

from channels.alexa.envelope import DECODER
from channels.alexa.kinds import Answer, answer_of
from channels.alexa.mount.settings import Mounting
from channels.alexa.parse import request_of
from channels.alexa.progressive import Progressive
from channels.alexa.render import EMPTY, render_apology, render_turn
from channels.alexa.verify import AlexaVerified, verified
from shared.advice import how_to_set
from shared.channel import ChannelAdapter, Verified, Wire, WireReply
from shared.errors import Conflict, DoorShut, NexusError
from shared.jsontext import decode
from shared.ports import Clock, Documents, DoorPorts, KeySource
from shared.turn import Kind, Reply, Request, Turn

if TYPE_CHECKING:
    from channels.alexa.mount.mounted import Mounted

_HEADERS = ((b"content-type", b"application/json;charset=UTF-8"),)


class AlexaAdapter(ChannelAdapter):
    """Signed requests of one skill in, speech, cards and directives out. See README.md beside this file."""

    name: ClassVar[str] = "alexa"
    budget_s: ClassVar[float] = 7.5  # Alexa waits eight seconds; half of one is left for the way
    unauthenticated: ClassVar[int] = 400

    def __init__(
        self,
        app: str,
        skill_id: str,
        keys: KeySource,
        clock: Clock,
        mounted: "Mounted | None" = None,
        api_base: str = "",
    ) -> None:
        self._app, self._skill_id, self._keys, self._clock = app, skill_id, keys, clock
        self._mounted, self._progressive = mounted, Progressive(api_base)
        self.answers_first = mounted is not None

    @classmethod
    def open(cls, app: str, config: Mapping[str, str], ports: DoorPorts) -> Self:
        """As ChannelAdapter.open."""
        skill_id = config.get("skill_id")
        if not skill_id:
            how = how_to_set(app, "alexa", "skill_id=amzn1.ask.skill.…", "NEXUS_ALEXA_SKILL_ID")
            raise DoorShut(f"alexa: there is no skill id; {how}")
        mounting = Mounting.read(config)
        mounted = None if mounting is None else _mount(mounting, skill_id, ports.clock)
        return cls(app, skill_id, ports.keys("alexa", config), ports.clock, mounted, config.get("api_base", ""))

    async def verify(self, wire: Wire) -> Verified:
        """As ChannelAdapter.verify."""
        return await verified(wire, self._app, self._skill_id, self._keys, self._clock.now())

    def parse(self, verified: Verified) -> Request:
        """As ChannelAdapter.parse."""
        if not isinstance(verified, AlexaVerified):
            raise TypeError("only what this adapter verified can be parsed")
        envelope = verified.envelope or decode(DECODER, verified.wire.body)
        return request_of(envelope, verified.app, verified.received_at, self.budget_s, self.answers_first)

    async def answer(self, verified: Verified, request: Request, documents: Documents) -> Reply | None:
        """As ChannelAdapter.answer: that of the mounted skill, if there is one and the request is its own."""
        return None if self._mounted is None else await self._mounted.answer(verified.wire.body, request, documents)

    async def hold(self, verified: Verified, request: Request, words: str) -> None:
        """As ChannelAdapter.hold: Alexa speaks them while she waits (a progressive response)."""
        await self._progressive.speak(verified.wire.body, words)

    def render(self, request: Request, turn: Turn) -> WireReply:
        """As ChannelAdapter.render."""
        return WireReply(200, _HEADERS, render_turn(request, turn))

    def render_error(self, error: NexusError, request: Request | None = None) -> WireReply:
        """A spoken apology once there is somebody to hear it; a problem before that, and for events, which Amazon sends again."""
        if request is not None and request.kind is Kind.CLOSE:
            return WireReply(200, _HEADERS, EMPTY)
        if request is None or isinstance(error, Conflict) or answer_of(request.event) is not Answer.SPEECH:
            return super().render_error(error, request)
        return WireReply(200, _HEADERS, render_apology(request, error))


def _mount(mounting: Mounting, skill_id: str, clock: Clock) -> "Mounted":
    """The developer's skill. Raises DoorShut where it, or ask-sdk-core, is not there."""
    if find_spec("ask_sdk_core") is None:
        raise DoorShut(
            "alexa: a skill is mounted, and ask-sdk-core is not installed beside NEXUS; "
            "install it: pip install 'nexus-gateway[alexa-skills]' (or ask-sdk-core itself)"
        )
    from channels.alexa.mount.mounted import mount

    return mount(mounting, skill_id, clock)
