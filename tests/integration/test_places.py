"""Places and side paths below a door, over TCP: each has its own methods, limits and refusals."""

import pytest

from tests.integration.api import serve
from tests.integration.conftest import Nexus, until
from tests.integration.pager.adapter import KEY
from tests.integration.test_front import JSON, ask


@pytest.mark.parametrize(
    ("method", "below", "status"),
    [
        ("POST", "/nowhere", 404),
        ("GET", "", 405),
        ("OPTIONS", "", 405),
        ("HEAD", "", 405),
        ("GET", "/shut", 405),
        ("POST", "/shut", 503),
        ("POST", "/small", 403),
        ("POST", "", 401),
        ("POST", "/look", 405),
        ("OPTIONS", "/look", 405),
        ("GET", "/ask", 405),
        ("HEAD", "/ask", 405),
        ("GET", "/look", 200),
        ("HEAD", "/look", 200),
        ("POST", "/ask", 200),
        ("OPTIONS", "/ask", 204),
    ],
)
def test_each_path_has_methods_of_its_own(nexus: Nexus, method: str, below: str, status: int) -> None:
    answer, headers, _ = ask(nexus, method, f"/channels/pager{below}", None, JSON)
    assert answer == status
    if status == 405:
        allowed = {"/look": "GET, HEAD", "/ask": "POST, OPTIONS"}.get(below, "POST")
        assert headers["allow"] == allowed


def test_head_gets_the_headers_of_get_and_no_body(nexus: Nexus) -> None:
    _, headers, body = ask(nexus, "GET", "/channels/pager/look")
    assert body == b"asked by GET"
    status, of_head, nothing = ask(nexus, "HEAD", "/channels/pager/look")
    assert (status, nothing) == (200, b"")
    assert {name: of_head[name] for name in ("content-type", "content-length")} == {
        name: headers[name] for name in ("content-type", "content-length")
    }
    for path in ("/healthz", "/openapi.json"):
        assert ask(nexus, "HEAD", path)[::2] == (200, b"")


def test_a_shut_place_says_how_to_open_it_before_it_reads_a_body(nexus: Nexus) -> None:
    status, headers, body = ask(nexus, "POST", "/channels/pager/shut", b"x" * 300_000, JSON)
    assert (status, headers["content-type"]) == (503, "application/problem+json")
    assert b"NEXUS_PAGER_SHUT" in body
    assert headers["retry-after"]


def test_a_place_has_a_body_limit_of_its_own(nexus: Nexus) -> None:
    body = b'{"id":"place-1","sender":"place","text":"HELP"' + b" " * 50 + b"}"
    headers = {**JSON, "x-pager-key": KEY}
    assert ask(nexus, "POST", "/channels/pager/small", body, headers)[0] == 413
    with serve(nexus.home.root / "plugins" / "pager") as api:
        assert ask(nexus, "POST", "/channels/pager/small", body.replace(b" ", b""), headers)[0] == 202
        assert ask(nexus, "POST", "/channels/pager", body, headers)[0] == 202, "sent again through another place"
        until(lambda: api.texts("place"))
