"""A service that stands in for one on the web: real HTTP on loopback, which answers as a test has it and keeps what was asked."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct, field


class Came(Struct, frozen=True):
    """One request: `path` without its query, names of headers in small letters."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Answer(Struct, frozen=True):
    """What is answered, after `wait` where that is given; without `length` the body ends with the connection."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: threading.Event | None = None
    length: bool = True


Answering = Callable[[Came], Answer]


class Standin:
    """The service: where it is, and what came."""

    def __init__(self, answer: Answering) -> None:
        self.answer = answer
        self.came: list[Came] = []
        self.url = ""


@contextmanager
def serving(answer: Answering, port: int = 0) -> Iterator[Standin]:
    """The service on a port of its own."""
    standin = Standin(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def _do(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            came = Came(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
            standin.came.append(came)
            said = standin.answer(came)
            if said.wait is not None:
                said.wait.wait(10)
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            if said.length:
                self.send_header("content-length", str(len(said.body)))
            else:
                self.close_connection = True
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Whoever hangs up is no error."""

    with Server(("127.0.0.1", port), Handler) as server:
        standin.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield standin
        finally:
            server.shutdown()
            thread.join()
