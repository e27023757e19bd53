"""Where skills may go: hosts by https, and what an operator's own settings lead to."""

import pytest

from infra.permitted import permitted

PERMISSIONS = ("documents", "network:api.example.org", "network:*.example.com", "network:{urls}")
CONFIG = {"urls": "http://10.0.0.5:8123/base, https://feeds.example.net/rss", "other": "https://elsewhere.example"}


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.org/v1?q=1",
        "https://API.example.org:443/",
        "https://api.example.org./",
        "https://a.b.example.com/",
        "http://10.0.0.5:8123/api",
        "https://feeds.example.net/other",
    ],
)
def test_permitted(url: str) -> None:
    assert permitted(PERMISSIONS, CONFIG).allows(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.org/",
        "https://api.example.org:8443/",
        "https://api.example.org.evil.example/",
        "https://evil.example/api.example.org",
        "https://api.example.org@evil.example/",
        "https://user:word@api.example.org/",
        "https://evil.example\\@api.example.org/",
        "https://example.com/",
        "https://evilexample.com/",
        "http://10.0.0.5/",
        "https://10.0.0.5:8123/",
        "http://feeds.example.net/rss",
        "https://elsewhere.example/",
        "file:///etc/passwd",
        "https://api.example.org:port/",
        "https://[::1/",
        "//api.example.org/",
        "",
    ],
)
def test_not_permitted(url: str) -> None:
    assert not permitted(PERMISSIONS, CONFIG).allows(url)


def test_a_setting_that_is_not_set_leads_nowhere() -> None:
    assert permitted(("network:{urls}",), {}).origins == frozenset()
