"""What `nexus say` shows of requests and answers."""

import pytest

from infra.cli.say import seen
from infra.cli.wiretap import header, readable
from shared.testing.platforms import Heard


@pytest.mark.parametrize(
    ("heard", "lines"),
    [
        (Heard(""), ["(silence)"]),
        (Heard("a", ("a", "b\nc"), ("d",)), ["a", "  | b", "  | c", "  - d"]),
        (Heard("a", open=True), ["a", "  (listening)"]),
        (Heard("a", open=False), ["a", "  (session closed)"]),
    ],
)
def test_what_is_seen(heard: Heard, lines: list[str]) -> None:
    assert seen(heard, state=True).splitlines() == lines
    assert seen(heard).splitlines() == [line for line in lines if not line.startswith("  (")]


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("authorization", "Bearer " + "s" * 40, "Bearer ssssssssssss… (40 characters)"),
        ("authorization", "Basic dXNlcjpwYXNz", "Basic dXNlcj… (12 characters)"),
        ("x-twilio-signature", "abcdefghijklmnopqrst", "abcdefghij… (20 characters)"),
        ("x-token", "short", "shor… (5 characters)"),
        ("content-type", "application/json", "application/json"),
        ("x-long", "a" * 61, "a" * 60 + "… (61 characters)"),
    ],
)
def test_headers_as_they_may_be_seen(name: str, value: str, shown: str) -> None:
    assert header(name, value) == shown


@pytest.mark.parametrize(
    ("content_type", "body", "shown"),
    [
        ("application/x-www-form-urlencoded", b"Body=hello+there&To=%2B1", "Body = hello there\nTo = +1"),
        ("text/xml", b"<Response><Message>hi</Message></Response>", "<Response>\n<Message>hi</Message>\n</Response>"),
        ("application/json", b'{"token": "0123456789abcdefgh"}', '{"token": "0123456789ab…"}'),
        ("text/plain", b"two\nlines", "two\nlines"),
        ("application/octet-stream", b"\x00\x01", "(2 bytes)"),
        ("", b"", ""),
    ],
)
def test_bodies_as_people_read_them(content_type: str, body: bytes, shown: str) -> None:
    assert readable(content_type, body) == shown
