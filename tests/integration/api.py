"""The API of the toy pager: takes messages over HTTP, and can be told to fail."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Api:
    """What came: in `tried` every attempt, in `taken` those that were accepted, as (person, text, reference)."""

    def __init__(self) -> None:
        self.status = 200
        self.tried: list[tuple[str, str, str]] = []
        self.taken: list[tuple[str, str, str]] = []
        self._lock = threading.Lock()

    def texts(self, person: str) -> list[str]:
        """What a person got, in order."""
        return [text for to, text, _ in self.taken if to == person]

    def references(self, person: str) -> list[str]:
        """Our references of what a person got, in order."""
        return [reference for to, _, reference in self.taken if to == person]

    def take(self, message: dict[str, Any]) -> tuple[int, str]:
        """Status and id of one attempt."""
        came = (message["to"], message["text"], message["reference"])
        with self._lock:
            self.tried.append(came)
            if self.status == 200:
                self.taken.append(came)
            return self.status, f"id-{len(self.taken)}-of-{came[2]}"


@contextmanager
def serve(folder: Path) -> Iterator[Api]:
    """The API, on a port of its own, which the pager in `folder` is told."""
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, said = api.take(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(status)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        (folder / "api").write_text(f"http://127.0.0.1:{server.server_port}/")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
