"""Pages: what they send, what they allow browsers to do, and what they keep to themselves."""

import re
from gzip import compress
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import channels.web.pages
from channels.web.pages import make_pages, to_try
from shared.manifest import SkillInfo

STATIC = Path(channels.web.pages.__file__).parent / "static"
SKILLS = (
    SkillInfo("clock", "Time and date", "I know the time.", ("What time is it?", "How many days until Christmas?")),
    SkillInfo("odd", "Odd <b>title</b>", "Odd.", ('Say "<script>alert(1)</script>"',)),
)


SCRIPTS = ["/widget.js", *sorted(f"/static/{file.name}" for file in STATIC.glob("*.js"))]


@pytest.fixture
def client() -> FlaskClient:
    return make_pages(SKILLS).test_client()


def policy(response: TestResponse) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in response.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


def test_the_chat_is_at_the_root(client: FlaskClient) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert response.mimetype == "text/html"
    assert "<title>NEXUS</title>" in response.text
    assert 'data-door="/channels/web"' in response.text
    assert 'data-say="What time is it?"' in response.text


def test_what_skills_say_is_text(client: FlaskClient) -> None:
    page = client.get("/").text
    assert "<script>alert(1)</script>" not in page
    assert "<b>title</b>" not in page
    assert "&lt;b&gt;title&lt;/b&gt;" in page


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/widget.js", "/widget/demo", "/static/chat.js", "/static/nothing.js"]
)
def test_every_answer_is_secured(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers={"Host": "nexus.example"})
    rules = policy(response)
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert rules.get("frame-src", "'self'") == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("path", ["/", "/widget/demo"])
def test_nothing_is_inline_or_from_elsewhere(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers={"Host": "nexus.example"}).text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bon\w+=|\bstyle=|javascript:", page)
    assert not re.search(r"""<[^>]*\b(?:src|href)=["'](?:https?:)?//""", page)


@pytest.mark.parametrize("path", SCRIPTS)
def test_scripts_never_make_markup_of_text(client: FlaskClient, path: str) -> None:
    script = client.get(path)
    assert script.mimetype == "text/javascript"
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", script.text)


def test_what_is_not_there_is_said_in_words(client: FlaskClient) -> None:
    response = client.get("/wp-login.php?next=<script>")
    assert response.status_code == 404
    assert "There is nothing here" in response.text
    assert "wp-login" not in response.text
    assert "script" not in response.text


def test_pages_can_only_be_looked_at(client: FlaskClient) -> None:
    response = client.post("/")
    assert response.status_code == 405
    assert {"GET", "HEAD"} <= set(response.headers["Allow"].replace(" ", "").split(","))


def test_a_fault_says_nothing_of_its_inside() -> None:
    pages = make_pages(SKILLS)

    def fail() -> str:
        raise RuntimeError("canary-7f3a")

    pages.add_url_rule("/fails", "fails", fail)
    response = pages.test_client().get("/fails")
    assert response.status_code == 500
    assert "Something went wrong" in response.text
    assert "canary-7f3a" not in response.text
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/favicon.ico", "/static/favicon.svg"])
def test_has_an_icon(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.mimetype == "image/svg+xml"


def test_an_unchanged_file_is_not_sent_again(client: FlaskClient) -> None:
    etag = client.get("/static/nexus.css").headers["ETag"]
    assert client.get("/static/nexus.css", headers={"If-None-Match": etag}).status_code == 304


def test_examples_take_turns() -> None:
    def info(name: str, *examples: str) -> SkillInfo:
        return SkillInfo(name, name, name, examples)

    skills = (info("a", "a1", "a2", "a3"), info("b"), info("c", "c1", "a1"))
    assert to_try(skills) == ("a1", "c1", "a2", "a3")
    assert to_try(skills, most=2) == ("a1", "c1")
    assert to_try(()) == ()


def test_the_script_of_the_widget_is_for_every_page_and_asked_for_again(client: FlaskClient) -> None:
    response = client.get("/widget.js")
    assert response.mimetype == "text/javascript"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["Cache-Control"] == "no-cache"
    assert client.get("/widget.js", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
    assert "Cross-Origin-Resource-Policy" not in client.get("/static/chat.js").headers


def test_the_widget_and_all_that_its_frame_loads_fit_20_kb() -> None:
    loaded = [STATIC / name for name in ("widget.js", "frame.js", "nexus.css", "favicon.svg")]
    for file in loaded:
        loaded += {STATIC / name for name in re.findall(r'from "\./(.+?)"', file.read_text())} - set(loaded)
    sizes = {file.name: len(compress(file.read_bytes())) for file in loaded}
    frame = Path(__file__).parent / "golden" / "frame.html"
    assert set(sizes) > {"chat.js", "door.js", "outbox.js", "talk.js", "view.js"}
    assert sizes["widget.js"] < 6 * 1024, "what a page pays whose visitors do not open it"
    assert sum(sizes.values()) + len(compress(frame.read_bytes())) < 20 * 1024


@pytest.mark.parametrize(
    ("host", "nexus"),
    [
        ("127.0.0.1:8080", "http://localhost:8080"),
        ("localhost:8080", "http://127.0.0.1:8080"),
        ("localhost", "http://127.0.0.1"),
    ],
)
def test_on_the_machine_itself_the_demonstration_loads_the_widget_from_elsewhere(
    client: FlaskClient, host: str, nexus: str
) -> None:
    response = client.get("/widget/demo", headers={"Host": host})
    assert f'<script src="{nexus}/widget.js" data-app="default"' in response.text
    assert policy(response)["script-src"] == f"'self' {nexus}"
    assert policy(response)["frame-src"] == nexus


@pytest.mark.parametrize("host", ["nexus.example", "127.0.0.1.evil.example", "localhost:x", "127.0.0.1:99999999"])
def test_elsewhere_it_loads_it_from_where_it_is(client: FlaskClient, host: str) -> None:
    response = client.get("/widget/demo", headers={"Host": host})
    if response.status_code == 200:
        assert '<script src="/widget.js"' in response.text
        assert policy(response)["frame-src"] == "'self'"
    assert "evil" not in response.text


@pytest.mark.parametrize(("app", "shown"), [("shop", "shop"), ("%22%3E%3Cscript%3E", "default"), ("", "default")])
def test_the_demonstration_is_of_the_app_that_is_asked_for(client: FlaskClient, app: str, shown: str) -> None:
    page = client.get(f"/widget/demo?app={app}").text
    assert f'data-app="{shown}" data-title' in page
    assert ("configure web --app shop" in page) == (shown == "shop")
