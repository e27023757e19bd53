"""Words that Alexa speaks while she waits for the answer: the Progressive Response API.

https://developer.amazon.com/docs/custom-skills/send-the-user-a-progressive-response.html

Where to, and with which token, a request says itself. It is verified; all the same the token goes to no other host than Amazon's
own, and is neither kept nor logged.
"""

import asyncio
import ssl

import certifi
import httpx
import msgspec
from cachetools import LRUCache
from msgspec import Struct, field

from channels.alexa.kinds import INTENT, LAUNCH
from channels.alexa.speech import cut, words
from shared.errors import DeliveryFailed
from shared.ssml import escape

HOSTS = frozenset(
    f"https://{host}" for host in ("api.amazonalexa.com", "api.eu.amazonalexa.com", "api.fe.amazonalexa.com")
)
PATH = "/v1/directives"
WHOLE_S = 1.0  # an answer that is late already waits no longer for it
MAX_SPEECH = 600  # characters, <speak> included
SPEAK = "VoicePlayer.Speak"

_HELD = 1024  # requests that are known to have had their words
_ALLOWED = (LAUNCH, INTENT)


class _Asked(Struct, frozen=True):
    id: str = field(name="requestId")
    type: str


class _System(Struct, frozen=True):
    endpoint: str = field(name="apiEndpoint", default="")
    token: str = field(name="apiAccessToken", default="")

    def __repr__(self) -> str:
        return "_System(hidden)"


class _Context(Struct, frozen=True):
    system: _System = field(name="System", default=_System())


class _Envelope(Struct, frozen=True):
    request: _Asked
    context: _Context = _Context()


_decoder = msgspec.json.Decoder(_Envelope)


class Progressive:
    """Speaks once a request. `base` takes the place of Amazon's hosts, for simulators."""

    def __init__(self, base: str = "") -> None:
        self._bases = frozenset({base.rstrip("/")}) if base else HOSTS
        self._trust: ssl.SSLContext | None = None  # made the first time: it reads all roots
        self._spoken: LRUCache[str, None] = LRUCache(_HELD)

    async def speak(self, body: bytes, text: str) -> None:
        """Speak `text` to whoever waits for the answer to the request in `body`; nothing where Amazon takes no words for it.

        Raises DeliveryFailed where they were not taken within a second.
        """
        envelope = _decoder.decode(body)
        asked, system = envelope.request, envelope.context.system
        base, speech = system.endpoint.rstrip("/"), speech_of(text)
        if asked.type not in _ALLOWED or base not in self._bases or not system.token or not speech:
            return
        if asked.id in self._spoken:
            return
        self._spoken[asked.id] = None
        directive = {"header": {"requestId": asked.id}, "directive": {"type": SPEAK, "speech": speech}}
        await self._post(base + PATH, msgspec.json.encode(directive), system.token)

    async def _post(self, url: str, content: bytes, token: str) -> None:
        head = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        try:
            async with (
                asyncio.timeout(WHOLE_S),
                self._client() as client,
                client.stream("POST", url, content=content, headers=head) as answer,  # its body is nobody's business
            ):
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            raise DeliveryFailed(f"alexa: {type(error).__name__}") from None
        if not 200 <= status < 300:
            raise DeliveryFailed(f"alexa: HTTP {status}", final=True)

    def _client(self) -> httpx.AsyncClient:
        if self._trust is None:
            self._trust = ssl.create_default_context(cafile=certifi.where())
        return httpx.AsyncClient(verify=self._trust, trust_env=False, timeout=WHOLE_S)


def speech_of(text: str) -> str:
    """`text` as the SSML that Amazon takes here, cut to its limit; "" where nothing of it can be spoken."""
    said, limit = words(text).strip(), MAX_SPEECH - len("<speak></speak>")
    room = limit
    while len(escape(said)) > limit:
        said, _ = cut(said, room)
        room -= 20
    return f"<speak>{escape(said)}</speak>" if said else ""
