"""A platform's own API on this machine: takes calls as the platform would, refuses what it would refuse, and fails when told to.

class PagerApi(PlatformApi):
    def answer(self, call):                    # judge the call: Back(…), or self.refuse(…)
        ...

with PagerApi(port) as api:
    api.fail(Failure(429, retry_after="2"))    # the next call; then all is well again
    ...
"""

import base64
import binascii
import socket
import threading
from abc import ABC, abstractmethod
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

MAX_BODY = 1024 * 1024  # bytes


class Call(Struct, frozen=True):
    """One request to the API: method, path without query, query, headers (names in lower case), body."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    def form(self) -> dict[str, list[str]]:
        """The fields of a form body; {} where it is none."""
        return parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)

    def basic(self) -> tuple[str, str] | None:
        """User and password of HTTP Basic authentication, or None."""
        scheme, _, text = self.headers.get("authorization", "").partition(" ")
        try:
            user, colon, password = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return (user, password) if scheme.lower() == "basic" and colon else None


class Back(Struct, frozen=True):
    """What the API says: status, body, content type, further headers."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class Failure(Struct, frozen=True):
    """How one call fails: with an HTTP status, with an error code of the platform's (21610), or slowly.

    `delay_s`: so long the API says nothing. `taken`: what was sent is taken all the same, and only the answer is lost.
    """

    status: int = 500
    code: int = 0
    retry_after: str = ""
    delay_s: float = 0.0
    taken: bool = False


class PlatformApi(ABC):
    """A small HTTP server on loopback, in threads of its own. `complaints` say what was not taken."""

    def __init__(self, port: int = 0) -> None:
        self.complaints: list[str] = []
        self.calls = 0
        self.changed = threading.Condition()
        self._failures: deque[Failure] = deque()
        self._stopping = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @abstractmethod
    def answer(self, call: Call) -> Back:
        """Judge one call as the platform does: keep what is good and say so, or `refuse` it."""

    @abstractmethod
    def failed(self, failure: Failure) -> Back:
        """How the platform says that something failed."""

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def fail(self, *failures: Failure) -> None:
        """Fail the next calls, one after the other."""
        with self.changed:
            self._failures.extend(failures)

    def refuse(self, complaint: str, back: Back) -> Back:
        """Note why something is not taken, and say `back`."""
        with self.changed:
            self.complaints.append(complaint)
            self.changed.notify_all()
        return back

    def called(self, call: Call) -> Back:
        """The answer to a call: that of the platform, or the next failure."""
        with self.changed:
            self.calls += 1
            failure = self._failures.popleft() if self._failures else None
        if failure is None:
            return self.answer(call)
        if failure.taken:
            self.answer(call)
        self._stopping.wait(failure.delay_s)
        return self.failed(failure)

    def start(self) -> None:
        """Listen."""
        self._thread.start()

    def close(self) -> None:
        """Stop, also in the middle of a slow answer."""
        self._stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        """Listening."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stopped."""
        self.close()


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _handler(api: PlatformApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = min(int(self.headers.get("content-length") or 0), MAX_BODY)
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = Call(self.command, parts.path, parse_qs(parts.query), headers, self.rfile.read(length))
            self._say(api.called(call))

        def _say(self, back: Back) -> None:
            self.send_response(back.status)
            self.send_header("content-type", back.content_type)
            self.send_header("content-length", str(len(back.body)))
            for name, value in back.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(back.body)

        do_POST = do_GET = _serve  # noqa: N815 (names that http.server looks for)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: paths hold account ids, and standard error is for people."""

    return Handler
