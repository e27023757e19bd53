"""Origins: which pages may talk, and what their browsers are told (CORS)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.web.adapter import WebAdapter
from channels.web.verify import allowed_origins
from shared.channel import Wire, WireReply
from shared.errors import DoorShut, NotAuthentic
from tests.channels.web.door import FOREIGN, PAGE, SHOP, open_door, wire


def header(reply: WireReply, name: str) -> str | None:
    return Wire("", "", reply.headers).header(name)


@pytest.mark.parametrize(
    ("config", "origins"),
    [
        ({"origins": "https://a.example"}, {"https://a.example"}),
        ({"origins": "https://a.example, http://b.example:81"}, {"https://a.example", "http://b.example:81"}),
        ({"origins": " https://a.example\n\thttps://c.example ,"}, {"https://a.example", "https://c.example"}),
        ({"origins": "HTTPS://A.Example:443/"}, {"https://a.example"}),
        ({"origins": "http://[::1]:8080"}, {"http://[::1]:8080"}),
        ({"public_url": "https://nexus.example:8443/some/path?x=1"}, {"https://nexus.example:8443"}),
        (
            {"development_origins": "http://127.0.0.1:8080 http://localhost:8080"},
            {"http://127.0.0.1:8080", "http://localhost:8080"},
        ),
        ({"origins": "https://a.example", "public_url": "https://a.example/"}, {"https://a.example"}),
    ],
)
def test_reads_origins(config: dict[str, str], origins: set[str]) -> None:
    assert allowed_origins("default", config) == origins


@pytest.mark.parametrize(
    "word",
    [
        "*", "null", "a.example", "//a.example", "ftp://a.example", "file:///", "https://", "https://a.example/path", "https://*.a.example",
        "https://a.example?x", "https://a.example#x", "https://me:you@a.example", "https://a.example:", "https://a.example:99999",
        "https://bücher.example", "https://[::1",
    ],
)  # fmt: skip
def test_refuses_what_is_no_origin(word: str) -> None:
    with pytest.raises(DoorShut, match="not an origin"):
        allowed_origins("default", {"origins": f"https://a.example {word}"})


@given(st.text())
def test_never_fails_otherwise(word: str) -> None:
    try:
        origins = allowed_origins("default", {"origins": word, "public_url": word})
    except DoorShut:
        return
    assert all(origin.startswith(("http://", "https://")) for origin in origins)


@pytest.mark.parametrize("config", [{}, {"origins": " , "}, {"origins": "", "public_url": ""}])
def test_is_shut_without_origins(config: dict[str, str]) -> None:
    with pytest.raises(DoorShut, match="channels configure web origins="):
        allowed_origins("default", config)


@pytest.mark.parametrize(
    "origin", [None, "", "null", FOREIGN, "https://page.example.evil.example", "http://page.example", PAGE + ":444"]
)
async def test_no_session_for_other_pages(origin: str | None) -> None:
    door = open_door()
    with pytest.raises(NotAuthentic):
        await door.open_session(wire(origin=origin))


async def test_no_session_for_two_origins_at_once() -> None:
    door = open_door()
    once = wire()
    with pytest.raises(NotAuthentic):
        await door.open_session(Wire("POST", "/", (*once.headers, (b"origin", PAGE.encode()))))


@pytest.mark.parametrize("origin", [PAGE, SHOP])
def test_an_allowed_page_may_read_answers_and_errors(origin: str) -> None:
    door = open_door()
    for reply in (WireReply(200, (), b"{}"), door.render_error(NotAuthentic("no"))):
        finished = door.finish(wire(origin=origin), reply)
        assert header(finished, "access-control-allow-origin") == origin
        assert header(finished, "vary") == "Origin"
        assert header(finished, "access-control-allow-credentials") is None
        assert (finished.status, finished.body) == (reply.status, reply.body)


@pytest.mark.parametrize("origin", [FOREIGN, "null", None])
def test_no_other_page_may(origin: str | None) -> None:
    door = open_door()
    for reply in (WireReply(200, (), b"{}"), door.preflight(wire(origin=origin))):
        finished = door.finish(wire(origin=origin), reply)
        assert [name for name, _ in finished.headers if name.startswith(b"access-control")] == []
        assert header(finished, "vary") == "Origin"


def test_preflight_allows_what_the_page_sends() -> None:
    door = open_door()
    reply = door.finish(wire(), door.preflight(wire()))
    assert reply.status == 204
    assert reply.body == b""
    assert header(reply, "access-control-allow-origin") == PAGE
    assert header(reply, "access-control-allow-methods") == "GET, POST"
    assert header(reply, "access-control-allow-headers") == "authorization, content-type"


def test_limits_are_named_and_fail_open() -> None:
    side = open_door().side_path("session")
    assert WebAdapter.limit is not None
    assert {side.limit.name, WebAdapter.limit.name} == {"web-sessions", "web-messages"}
    assert side.limit.on_failure == WebAdapter.limit.on_failure == "open"
    assert set(WebAdapter.side_paths) == {"session", "frame"}
