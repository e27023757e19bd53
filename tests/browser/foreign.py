"""Pages of other sites: a small HTTP server under a name and a port that are not those of NEXUS."""

import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class Site:
    """A site on `localhost` (NEXUS is on 127.0.0.1: another site to a browser, whatever the port). Its pages are in `pages`."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, dict[str, str]]] = {}  # path → HTML, further headers
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.origin = f"http://localhost:{self._server.server_port}"

    def put(self, path: str, html: str, **headers: str) -> str:
        """Serve `html` at `path` with further headers (content_security_policy="…"). Gives the address."""
        self.pages[path] = (f"<!doctype html>{html}", headers)
        return self.origin + path

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, site: Site, *arguments: object) -> None:
        self._site = site
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        html, headers = self._site.pages.get(self.path, ("", {}))
        self.send_response(200 if html else 404)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(html.encode())))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(html.encode())

    def log_message(self, format: str, *arguments: object) -> None:
        """Tests read what they want to know elsewhere."""
