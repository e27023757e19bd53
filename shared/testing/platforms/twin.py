"""The base of all twins: one person in front of one platform, which signs what it sends and judges what comes back.

    with PagerTwin(folder, "http://127.0.0.1:8080", "sim") as twin:    # folder: credentials that PagerTwin.make made
        heard = twin.say("what time is it in Tokyo")
        heard.text, heard.shown, heard.open

Besides talking it does to a door what platforms do: sends again, twice at once, in another order, and hangs up early.
"""

import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import httpx
import msgspec
from msgspec import Struct

from shared.errors import NexusError

if TYPE_CHECKING:
    from shared.testing.platforms.faults import Fault

API_KEY = "api_key"
"""The file in a twin's folder that holds an API key of the app, where the twin says `needs_key`."""

NO_ANSWER = "(no answer)"
"""What is heard where nothing came; a twin that can know why says so, by `unanswered`."""

NOT_YET = "(no answer yet)"
"""What is heard where the platform was told that the answer comes later."""

_UNANSWERED = "(no answer: "
_PROBLEM = 300  # characters of an error's text that are told


def unanswered(reason: str) -> str:
    """What is heard where nothing came, and rightly so: "(no answer: …)"."""
    return f"{_UNANSWERED}{reason})"


def rightly_unanswered(heard: str) -> bool:
    """Whether `unanswered` said this."""
    return heard.startswith(_UNANSWERED)


class AnswerRefused(NexusError):
    """The platform would not take this answer. `complaints` say why, one by one."""

    def __init__(self, *complaints: str) -> None:
        super().__init__("; ".join(complaints))
        self.complaints = complaints


class Sent(Struct, frozen=True):
    """One request as it goes over the wire, signed. Posted again, it is the platform's retry."""

    url: str
    headers: dict[str, str]
    body: bytes
    message_id: str
    method: str = "POST"


class Answer(Struct, frozen=True):
    """What came back: status, headers (names in lower case), body."""

    status: int
    headers: dict[str, str]
    body: bytes

    def media_type(self) -> str:
        """The declared content type, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Heard(Struct, frozen=True):
    """What the person hears and sees.

    `text` is what is spoken or, where nothing is spoken, read; "" where something is only shown; NO_ANSWER, NOT_YET or what
    `unanswered` says where nothing came. `shown` are cards, pictures and links, a line each, and bubbles that say something
    else than is spoken; `choices` is what may be tapped; `open`: the platform listens on (None: it has no sessions). `answer` is
    the platform's own message.
    """

    text: str
    shown: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    reprompt: str = ""
    open: bool | None = None
    answer: Any = None


class Twin(ABC):
    """One person in front of one platform. Subclasses sign, read, and complain as their platform does.

    `folder` holds what `make` made; `user` is the person, in letters and digits, from which the platform's own id is made.
    """

    name: ClassVar[str]  # what `nexus say --channel` calls it
    path: ClassVar[str]  # below /channels/, such as "alexa" or "sms/twilio"; with a slash in front: the door's own path
    patience_s: ClassVar[float] = 10.0  # how long the platform waits for an answer
    needs_key: ClassVar[bool] = False  # whether an API key of the app must lie in the folder, in the file API_KEY
    one_answer: ClassVar[str] = "one answer, the same bytes each time"  # what a message delivered twice must get

    fault: "Fault | None" = None  # what becomes of all that is said

    @classmethod
    @abstractmethod
    def make(cls, folder: Path, now: float) -> None:
        """Make credentials in `folder`, which is there, and empty but for API_KEY. `now` is in Unix seconds."""

    @classmethod
    @abstractmethod
    def config(cls, folder: Path) -> dict[str, str]:
        """The settings of a door that believes what `make` made in `folder`. Raises SettingsInvalid if it is not all there."""

    def __init__(
        self,
        folder: Path,
        base_url: str,
        app: str = "default",
        *,
        user: str = "me",
        locale: str = "en-US",
        client: httpx.Client | None = None,
        now: Callable[[], float] = time.time,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self.folder, self.user, self.locale = folder, user, locale
        self.base_url = base_url.rstrip("/")
        self.url = self.base_url + self._path(app)
        self.now, self.new_id = now, new_id
        self._given = client is not None
        self._client = client  # made at the first request: it costs more than a signature
        self._last: Sent | None = None
        self.answered: Answer | None = None  # what came back last

    @classmethod
    def _path(cls, app: str) -> str:
        if cls.path.startswith("/"):
            return cls.path
        return ("" if app == "default" else f"/apps/{app}") + f"/channels/{cls.path}"

    @abstractmethod
    def request(self, text: str) -> Sent:
        """What the platform sends when the person says `text` now, signed, with an id of its own."""

    @abstractmethod
    def complaints(self, sent: Sent, answer: Answer) -> list[str]:
        """What the platform would hold against `answer`, in words: sizes, unknown fields, missing ids. Empty if it is good."""

    @abstractmethod
    def heard(self, sent: Sent, answer: Answer) -> Heard:
        """What the person gets to know of `answer`, against which there are no complaints. Keeps the platform's session."""

    def start(self) -> Heard | None:
        """Open the conversation, where a platform says so ("Alexa, open Nexus"); None where people just talk."""
        return None

    def silence(self) -> Heard | None:
        """Say nothing while the platform listens: what it says then; None where nothing comes of it."""
        return None

    def say(self, text: str) -> Heard:
        """Say something and hear the answer. Raises AnswerRefused with what the platform would hold against it."""
        return self.exchange(self.request(text))

    def exchange(self, sent: Sent) -> Heard:
        """Deliver `sent` and hear the answer. Raises AnswerRefused, and PromiseBroken under a fault."""
        self._last = sent
        return self.read(sent, self.deliver(sent))

    def deliver(self, sent: Sent) -> Answer:
        """Post `sent` once or, under a fault, as that has it. Raises httpx.HTTPError, PromiseBroken."""
        return self.post(sent) if self.fault is None else self.fault.deliver(self, sent)

    def read(self, sent: Sent, answer: Answer) -> Heard:
        """Judge and hear `answer`. Raises AnswerRefused."""
        if found := self.complaints(sent, answer):
            raise AnswerRefused(*found)
        return self.heard(sent, answer)

    def post(self, sent: Sent, timeout_s: float | None = None) -> Answer:
        """Post `sent` and wait as long as the platform does. Raises httpx.HTTPError."""
        self.answered = _post(self.http, sent, timeout_s or self.patience_s)
        return self.answered

    @property
    def http(self) -> httpx.Client:
        """The client that all but simultaneous requests go through."""
        if self._client is None:
            self._client = httpx.Client(trust_env=False)
        return self._client

    def disconnect(self) -> None:
        """Let go of connections, and of whatever else a twin holds. It may be used again."""
        if self._client is not None and not self._given:
            self._client.close()
            self._client = None

    def __enter__(self) -> Self:
        """The twin, to be disconnected at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect it."""
        self.disconnect()

    # -- what platforms do to doors --------------------------------------------------------------------------------

    def again(self) -> Answer:
        """The platform's retry of the last request: the same bytes, the same id."""
        if self._last is None:
            raise ValueError("nothing was said yet")
        return self.post(self._last)

    def at_once(self, sent: Sequence[Sent]) -> list[Answer]:
        """Post several requests at the same time, each on a connection of its own; the answers in the order of `sent`."""

        def alone(one: Sent) -> Answer:
            with self._another_client() as client:
                return _post(client, one, self.patience_s)

        with ThreadPoolExecutor(len(sent)) as threads:
            return list(threads.map(alone, sent))

    def hang_up(self, text: str, after_s: float = 0.005) -> Sent:
        """Send a message and hang up after `after_s` seconds, before the answer comes. What was sent, for the retry."""
        sent = self._last = self.request(text)
        self.cut_off(sent, after_s)
        return sent

    def cut_off(self, sent: Sent, after_s: float) -> bool:
        """Send `sent` and hang up after `after_s` seconds; whether that was before the answer came."""
        with self._another_client() as impatient:
            try:
                _post(impatient, sent, httpx.Timeout(self.patience_s, read=after_s))
            except httpx.TimeoutException:
                return True
        return False

    def _another_client(self) -> httpx.Client:
        """A client with connections of its own, watched as the other is."""
        return httpx.Client(trust_env=False, event_hooks=self.http.event_hooks)


def same(one: Answer, other: Answer) -> bool:
    """Whether two answers are one and the same: status and bytes."""
    return (one.status, one.body) == (other.status, other.body)


def status_complaints(answer: Answer, *good: int) -> list[str]:
    """That `answer` has another status than a `good` one, with what its problem (RFC 9457) or its text says."""
    if answer.status in good:
        return []
    told = ""
    if "json" in answer.media_type():
        with suppress(msgspec.MsgspecError, AttributeError):
            told = str(msgspec.json.decode(answer.body).get("detail") or "")
    told = told or answer.body.decode("utf-8", "replace").strip()
    return [f"HTTP {answer.status}" + (f": {told[:_PROBLEM]}" if told else "")]


def _post(client: httpx.Client, sent: Sent, timeout: float | httpx.Timeout) -> Answer:
    answer = client.request(sent.method, sent.url, content=sent.body, headers=sent.headers, timeout=timeout)
    return Answer(answer.status_code, dict(answer.headers), answer.content)
