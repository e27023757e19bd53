"""The twin of a browser on a page that has the chat: one visitor, kept over reloads, behind the browser's own rules (CORS)."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from shared.errors import SettingsInvalid
from shared.testing.platforms import Answer, AnswerRefused, Heard, Sent, Twin, status_complaints
from shared.testing.platforms.message import Message, heard_in_time, message_complaints


class Session(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to `POST /channels/web/session`."""

    token: str
    visitor: str
    expires_at: int


class WebTwin(Twin):
    """A visitor of a page whose origin is the text in the folder's file `origin`."""

    name: ClassVar[str] = "web"
    path: ClassVar[str] = "web"
    patience_s: ClassVar[float] = 15.0
    later_s: ClassVar[float] = 60.0  # an answer that takes long is waited for
    _session: Session | None = None

    @classmethod
    def make(cls, folder: Path, now: float) -> None:
        """A page of an origin that nobody else has."""
        (folder / "origin").write_text(f"https://{secrets.token_hex(8)}.simulator.example\n")

    @classmethod
    def config(cls, folder: Path) -> dict[str, str]:
        """The page's origin is allowed."""
        return {"origins": _origin(folder)}

    def request(self, text: str) -> Sent:
        """A message of the visitor, who gets a session at the first one. Raises AnswerRefused, httpx.HTTPError."""
        session = self._session = self._session or self.open_session()
        message_id = self.new_id()
        body = msgspec.json.encode({"text": text, "message_id": message_id})
        return Sent(self.url, self._headers(session.token), body, message_id)

    def open_session(self) -> Session:
        """A session as the page opens it when it loads: asked for first (preflight), with the token it has from before."""
        url = f"{self.url}/session"
        asked = {
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization, content-type",
        }
        preflight = Sent(url, {"origin": self._origin, **asked}, b"", "", "OPTIONS")
        self._must(self._preflight_complaints(self.post(preflight)))
        answer = self.post(Sent(url, self._headers(self._kept()), b"", ""))
        self._must([*status_complaints(answer, 200), *self._cors(answer)])
        try:
            session = msgspec.json.decode(answer.body, type=Session)
        except msgspec.DecodeError as error:
            raise AnswerRefused(f"the session breaks the contract: {error}") from None
        self._keep(session.token)
        return session

    def complaints(self, sent: Sent, answer: Answer) -> list[str]:
        """What the contract forbids, and what a browser would keep from the page."""
        return [*message_complaints(answer, sent.message_id), *self._cors(answer)]

    def heard(self, sent: Sent, answer: Answer) -> Heard:
        """What the page shows. An answer that takes long is waited for."""
        message = msgspec.json.decode(answer.body, type=Message)
        return heard_in_time(message, lambda: self._found(sent), self.later_s)

    def find(self, message_id: str, token: str = "") -> Answer:
        """What the door says became of a message."""
        headers = {
            name: value for name, value in self._headers(token or self._kept()).items() if name != "content-type"
        }
        return self.post(Sent(f"{self.url}/messages/{quote(message_id, safe='')}", headers, b"", message_id, "GET"))

    def _found(self, sent: Sent) -> Message:
        """What became of `sent` by now. Raises AnswerRefused."""
        answer = self.find(sent.message_id)
        self._must(self.complaints(sent, answer))
        return msgspec.json.decode(answer.body, type=Message)

    @property
    def _origin(self) -> str:
        return _origin(self.folder)

    def _headers(self, token: str) -> dict[str, str]:
        bearer = {"authorization": f"Bearer {token}"} if token else {}
        return {"origin": self._origin, "content-type": "application/json", **bearer}

    def _cors(self, answer: Answer) -> Iterator[str]:
        if answer.headers.get("access-control-allow-origin") not in (self._origin, "*"):
            yield "the page may not read the answer: Access-Control-Allow-Origin is not its origin"
        if "origin" not in answer.headers.get("vary", "").lower():
            yield "Vary must name Origin, or a cache gives this answer to other pages"

    def _preflight_complaints(self, answer: Answer) -> Iterator[str]:
        yield from (f"preflight: {one}" for one in (*status_complaints(answer, 200, 204), *self._cors(answer)))
        allowed = _words(answer.headers.get("access-control-allow-headers", ""))
        for name in ("authorization", "content-type"):
            if name not in allowed:
                yield f"preflight: the page may not send the header {name}"
        if "post" not in _words(answer.headers.get("access-control-allow-methods", "")):
            yield "preflight: the page may not POST"

    def _must(self, complaints: "Iterator[str] | list[str]") -> None:
        if found := list(complaints):
            raise AnswerRefused(*found)

    # A page keeps its token where only its own origin finds it again; this one in a file a person.

    @property
    def _storage(self) -> Path:
        return self.folder / f"visitor-{hashlib.sha256(f'{self.url} {self.user}'.encode()).hexdigest()[:16]}"

    def _kept(self) -> str:
        with suppress(FileNotFoundError):
            return self._storage.read_text()
        return ""

    def _keep(self, token: str) -> None:
        fresh = self._storage.with_suffix(f".{os.getpid()}")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(token)
        fresh.replace(self._storage)


def _words(header: str) -> set[str]:
    return {word.strip().lower() for word in header.split(",")}


def _origin(folder: Path) -> str:
    try:
        return (folder / "origin").read_text().strip()
    except OSError as error:
        raise SettingsInvalid(f"there is no web simulator in {folder}: {error}") from None
