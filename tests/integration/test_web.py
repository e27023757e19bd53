"""The web chat over TCP, through the front: sessions, messages, and what pages of other origins are told."""

from typing import Any

import httpx
import pytest

from tests.integration.conftest import Nexus

FOREIGN = "https://evil.example"


class Page:
    """What a page of `origin` can do."""

    def __init__(self, nexus: Nexus, origin: str, app: str | None = None) -> None:
        path = "/channels/web" if app is None else f"/apps/{app}/channels/web"
        self.door = nexus.url + path
        self.headers = {"origin": origin}

    def open_session(self) -> dict[str, Any]:
        """Open a session, and use it from now on."""
        response = httpx.post(f"{self.door}/session", headers=self.headers)
        assert response.status_code == 200, response.text
        session: dict[str, Any] = response.json()
        self.headers["authorization"] = f"Bearer {session['token']}"
        return session

    def say(self, text: str, **more: str) -> httpx.Response:
        """One message on a connection of its own, so that any worker may get it."""
        return httpx.post(self.door, json={"text": text, **more}, headers=self.headers, timeout=30)


@pytest.fixture
def page(nexus: Nexus) -> Page:
    """The chat page itself."""
    return Page(nexus, nexus.url)


def test_a_message_is_answered_once(page: Page) -> None:
    session = page.open_session()
    first, again = (page.say("what is seven times six", message_id="web-1") for _ in range(2))
    assert first.status_code == 200
    assert "42" in first.json()["reply"]["text"]
    assert first.json()["message_id"] == "web-1"
    assert first.json()["conversation"] == session["visitor"]
    assert again.content == first.content


def test_an_id_belongs_to_who_used_it_first(nexus: Nexus, page: Page) -> None:
    page.open_session()
    other = Page(nexus, nexus.url)
    other.open_session()
    assert page.say("what is seven times six", message_id="web-2").status_code == 200
    stolen = other.say("what is seven times six", message_id="web-2")
    assert stolen.status_code == 409
    assert stolen.json()["code"] == "message_id_reused"


def test_a_token_of_one_app_is_none_in_another(nexus: Nexus, page: Page) -> None:
    page.open_session()
    other = Page(nexus, nexus.url, "sim")
    other.headers = dict(page.headers)
    assert other.say("hello").status_code == 401


def test_what_became_of_a_message_is_told_to_who_said_it(nexus: Nexus, page: Page) -> None:
    page.open_session()
    said = page.say("what is seven times six", message_id="web-3")
    own_page = {"authorization": page.headers["authorization"]}  # a browser leaves the Origin of its own page out
    url = f"{page.door}/messages/web-3"
    for headers in (page.headers, own_page):
        found = httpx.get(url, headers=headers)
        assert (found.status_code, found.content) == (200, said.content)
        assert found.headers["cache-control"] == "no-store"
    assert httpx.head(url, headers=page.headers).status_code == 200
    stranger = Page(nexus, nexus.url)
    stranger.open_session()
    unknown = httpx.get(f"{page.door}/messages/web-nobody-said", headers=page.headers)
    for nothing in (httpx.get(url, headers=stranger.headers), httpx.get(f"{url}%00", headers=page.headers), unknown):
        assert (nothing.status_code, nothing.json()["code"]) == (404, "not_found")
    for headers in ({}, {"origin": nexus.url}, {**page.headers, "origin": FOREIGN}, {"authorization": "Bearer x"}):
        assert httpx.get(url, headers=headers).status_code == 401
    assert httpx.get(f"{Page(nexus, nexus.url, 'sim').door}/messages/web-3", headers=page.headers).status_code == 401
    refused = httpx.post(url, headers=page.headers, json={})
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    asked = {"access-control-request-method": "GET", "access-control-request-headers": "authorization"}
    allowed = httpx.options(url, headers={"origin": nexus.url, **asked})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (204, nexus.url)


def test_who_asks_too_often_is_asked_to_wait(page: Page) -> None:
    page.open_session()
    with httpx.Client(headers=page.headers) as client:
        answers = [client.get(f"{page.door}/messages/web-never") for _ in range(40)]
    assert answers[0].status_code == 404
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1


@pytest.mark.parametrize("origin", [FOREIGN, "null", ""])
def test_other_origins_get_a_problem_and_nothing_they_could_read(nexus: Nexus, page: Page, origin: str) -> None:
    page.open_session()
    stolen = {**page.headers, "origin": origin}
    for response in (
        httpx.post(f"{page.door}/session", headers={"origin": origin}),
        httpx.post(page.door, headers=stolen, json={"text": "hello"}),
    ):
        assert response.status_code == 401
        assert response.headers["content-type"] == "application/problem+json"
        assert "access-control-allow-origin" not in response.headers
        assert response.headers["vary"] == "Origin"


@pytest.mark.parametrize("path", ["", "/session"])
def test_preflight(nexus: Nexus, page: Page, path: str) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization, content-type"}
    allowed = httpx.options(page.door + path, headers={"origin": nexus.url, **asked})
    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-origin"] == nexus.url
    foreign = httpx.options(page.door + path, headers={"origin": FOREIGN, **asked})
    assert not [name for name in foreign.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("body", "field"), [({}, "text"), ({"text": 7}, "text"), ({"text": "a", "message_id": " "}, "message_id")]
)
def test_the_allowed_page_can_read_what_was_wrong(page: Page, body: dict[str, object], field: str) -> None:
    page.open_session()
    response = httpx.post(page.door, headers=page.headers, json=body)
    assert response.status_code == 400
    assert response.json()["fields"] == [field]
    assert response.headers["access-control-allow-origin"] == page.headers["origin"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "", 405), ("PUT", "/session", 405), ("POST", "/other", 404), ("POST", "/session/x", 404)],
)
def test_other_ways_in_are_closed(page: Page, method: str, path: str, status: int) -> None:
    response = httpx.request(method, page.door + path, headers=page.headers)
    assert response.status_code == status
    assert ("allow" in response.headers) == (status == 405)


def test_the_page_and_its_errors_come_through_the_front(nexus: Nexus) -> None:
    home, missing = httpx.get(nexus.url + "/"), httpx.get(nexus.url + "/no/such/page")
    assert (home.status_code, missing.status_code) == (200, 404)
    for response in (home, missing):
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert "python" not in str(response.headers).lower()
        assert "werkzeug" not in str(response.headers).lower()
