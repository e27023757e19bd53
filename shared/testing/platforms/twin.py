"""The base of all twins: one person in front of one platform, which signs what it sends and judges what comes back.

    twin = PagerTwin(folder, "http://127.0.0.1:8080", "sim")     # folder: credentials that PagerTwin.make made
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
from typing import Any, ClassVar

import httpx
from msgspec import Struct

from shared.errors import NexusError


class AnswerRefused(NexusError):
    """The platform would not take this answer. The text says why."""


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


class Heard(Struct, frozen=True):
    """What the person hears and sees.

    `text` is what is spoken or, where nothing is spoken, read; `shown` are cards, pictures and links, a line each; `choices`
    is what may be tapped; `open`: the platform listens on (None: it has no sessions). `answer` is the platform's own message.
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
    path: ClassVar[str]  # below /channels/, such as "alexa" or "sms/twilio"
    patience_s: ClassVar[float] = 10.0  # how long the platform waits for an answer

    @classmethod
    @abstractmethod
    def make(cls, folder: Path, now: float) -> None:
        """Make credentials in `folder`, which is there and empty. `now` is in Unix seconds."""

    @classmethod
    @abstractmethod
    def config(cls, folder: Path) -> dict[str, str]:
        """The settings of a door that believes what `make` made in `folder`."""

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
        self.url = self.base_url + ("" if app == "default" else f"/apps/{app}") + f"/channels/{self.path}"
        self.now, self.new_id = now, new_id
        self._client = client  # made at the first request: it costs more than a signature
        self._last: Sent | None = None

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

    def say(self, text: str) -> Heard:
        """Say something and hear the answer. Raises AnswerRefused with what the platform would hold against it."""
        return self.exchange(self.request(text))

    def exchange(self, sent: Sent) -> Heard:
        """Post `sent` and hear the answer. Raises AnswerRefused."""
        self._last = sent
        return self.read(sent, self.post(sent))

    def read(self, sent: Sent, answer: Answer) -> Heard:
        """Judge and hear `answer`. Raises AnswerRefused."""
        if found := self.complaints(sent, answer):
            raise AnswerRefused("; ".join(found))
        return self.heard(sent, answer)

    def post(self, sent: Sent, timeout_s: float | None = None) -> Answer:
        """Post `sent` and wait as long as the platform does. Raises httpx.HTTPError."""
        if self._client is None:
            self._client = httpx.Client(trust_env=False)
        return _post(self._client, sent, timeout_s or self.patience_s)

    # -- what platforms do to doors --------------------------------------------------------------------------------

    def again(self) -> Answer:
        """The platform's retry of the last request: the same bytes, the same id."""
        if self._last is None:
            raise ValueError("nothing was said yet")
        return self.post(self._last)

    def at_once(self, sent: Sequence[Sent]) -> list[Answer]:
        """Post several requests at the same time, each on a connection of its own; the answers in the order of `sent`."""

        def alone(one: Sent) -> Answer:
            with httpx.Client(trust_env=False) as client:
                return _post(client, one, self.patience_s)

        with ThreadPoolExecutor(len(sent)) as threads:
            return list(threads.map(alone, sent))

    def twice(self, text: str) -> tuple[Answer, Answer]:
        """Deliver one message two times at once, as platforms do after a hiccup."""
        sent = self.request(text)
        first, second = self.at_once([sent, sent])
        return first, second

    def reordered(self, texts: Sequence[str]) -> list[Answer]:
        """Deliver messages last one first, one after the other; the answers in the order of `texts`."""
        sent = [self.request(text) for text in texts]
        return [self.post(one) for one in reversed(sent)][::-1]

    def hang_up(self, text: str, after_s: float = 0.001) -> Sent:
        """Send a message and hang up after `after_s` seconds, before the answer comes. What was sent, for the retry."""
        sent = self._last = self.request(text)
        with httpx.Client(trust_env=False) as impatient, suppress(httpx.TimeoutException):
            _post(impatient, sent, after_s)
        return sent


def _post(client: httpx.Client, sent: Sent, timeout_s: float) -> Answer:
    answer = client.request(sent.method, sent.url, content=sent.body, headers=sent.headers, timeout=timeout_s)
    return Answer(answer.status_code, dict(answer.headers), answer.content)
