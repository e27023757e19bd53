"""Stands in for sites with feeds: serves what lies in skills/news/samples, as RSS at `/rss.xml` and Atom at `/atom.xml`.

For developers: `python -m tests.feeds 8091`, and `nexus skills configure news feeds=http://127.0.0.1:8091/rss.xml`.
"""

import sys
import threading
from pathlib import Path

import skills.news
from tests.standin import Answer, Came, serving

SAMPLES = Path(skills.news.__file__).parent / "samples"
_KINDS = {"/rss.xml": "application/rss+xml; charset=UTF-8", "/atom.xml": "application/atom+xml; charset=utf-8"}


def answer(came: Came) -> Answer:
    """A feed; `/moved` leads to it, as feeds do that have another address now."""
    if came.path == "/moved":
        return Answer(b"", 301, {"location": "/rss.xml"})
    if came.path not in _KINDS:
        return Answer(b"<html>Not Found</html>", 404, {"content-type": "text/html"})
    return Answer((SAMPLES / came.path[1:]).read_bytes(), 200, {"content-type": _KINDS[came.path]})


def main(port: int) -> None:
    """Answer until interrupted."""
    with serving(answer, port) as service:
        print(f"nexus skills configure news 'feeds={service.url}/rss.xml {service.url}/atom.xml'", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8091)
