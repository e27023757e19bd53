"""An answer that takes long: told so at once, asked for later, by the visitor who waits for it and by nobody else."""

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.web.adapter import WebAdapter
from channels.web.twin import WebTwin
from channels.web.verify import Visitors
from shared.channel import Verified
from shared.errors import NotAuthentic
from shared.testing.adapter.values import turn_of
from shared.testing.adapter_contract import NOW
from shared.testing.fakes import FakeClock, door_ports
from shared.testing.platforms import Sent
from shared.testing.platforms.house import House, Slow
from shared.turn import Choice, Outcome, Reply, Request
from tests.channels.web.door import FOREIGN, PAGE, SECRET, SHOP, open_door, open_session, wire

PATH = "/channels/web/messages/m"
HOLDING = "One moment, I am looking that up."


def asked(token: str, origin: str | None = PAGE, method: str = "GET") -> Verified:
    return asyncio.run(open_door().verify(wire(origin=origin, token=token, path=PATH, method=method)))


def token_for(origin: str, app: str = "default", secret: bytes = SECRET) -> str:
    return Visitors(app, b"web-visitor" + secret).issue("ada", origin, NOW).token


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_page_of_the_doors_own_origin_is_known_by_its_token(method: str) -> None:
    """Browsers send no Origin with what a page asks of its own origin, unless it is a POST."""
    for origin in (PAGE, SHOP):
        assert asked(token_for(origin), None, method).principal == "ada"
        assert asked(token_for(origin), origin, method).principal == "ada"


@pytest.mark.parametrize(
    ("token", "origin"),
    [
        (token_for(PAGE), SHOP),
        (token_for(PAGE), FOREIGN),
        (token_for(PAGE), "null"),
        (token_for(PAGE), ""),
        (token_for(FOREIGN), None),
        (token_for(PAGE, app="shop"), None),
        (token_for(PAGE, secret=b"guessed secret of thirty-two byte"), None),
        ("", None),
        ("no.token.this", None),
    ],
)
def test_nobody_else_may_ask(token: str, origin: str | None) -> None:
    with pytest.raises(NotAuthentic):
        asked(token, origin)


def test_what_is_posted_still_needs_an_origin() -> None:
    with pytest.raises(NotAuthentic, match="Origin"):
        asked(token_for(PAGE), None, "POST")


def test_two_origins_are_none() -> None:
    twice = wire(token=token_for(PAGE), path=PATH, method="GET")
    doubled = type(twice)(twice.method, twice.target, (*twice.headers, (b"origin", PAGE.encode())), b"")
    with pytest.raises(NotAuthentic, match="not unique"):
        asyncio.run(open_door().verify(doubled))


def test_a_visitor_sees_their_own_messages() -> None:
    door = open_door()
    session = asyncio.run(open_session(door))
    verified = asyncio.run(door.verify(wire(b'{"text": "hi", "message_id": "m"}', token=session.token)))
    request = door.parse(verified)
    turn = turn_of(request, Reply(text="It is 42."))
    assert door.may_see(verified, turn)
    assert not door.may_see(Verified(verified.wire, "default", "eve"), turn)
    assert door.render_found(turn) == door.render(request, turn)
    waits = turn_of(request, Reply(text=HOLDING), Outcome.DEFERRED)
    assert door.render_found(waits).status == 202


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house whose engine is slow with stories."""

    def engine(request: Request) -> Reply | Slow:
        if "story" not in request.text:
            return Reply(text=f"You said {request.text}.")
        return Slow(Reply(text="Once upon a time.", choices=(Choice("Go on", "go on"),)), Reply(text=HOLDING))

    WebTwin.make(tmp_path, NOW)
    door = WebAdapter.open("default", WebTwin.config(tmp_path), door_ports(FakeClock(NOW)))
    with House(door, engine) as house:
        yield house


def finish_once_waited_for(house: House) -> None:
    until = time.monotonic() + 10
    while not house.turns and time.monotonic() < until:
        time.sleep(0.02)
    house.finish()


def test_the_twin_waits_for_the_answer(house: House, tmp_path: Path) -> None:
    with WebTwin(tmp_path, house.url, now=lambda: NOW) as twin:
        thread = threading.Thread(target=finish_once_waited_for, args=(house,))
        thread.start()
        heard = twin.say("tell me a story")
        thread.join()
    assert heard.text == f"{HOLDING}\nOnce upon a time."
    assert heard.choices == ("Go on",)


def test_the_twin_does_not_wait_for_ever(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WebTwin, "later_s", 0.3)
    with WebTwin(tmp_path, house.url, now=lambda: NOW) as twin:
        assert twin.say("tell me a story").text == HOLDING


def test_others_do_not_find_it(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WebTwin, "later_s", 0.0)
    with WebTwin(tmp_path, house.url, now=lambda: NOW) as ada, WebTwin(tmp_path, house.url, user="eve") as eve:
        sent: Sent = ada.request("tell me a story")
        ada.exchange(sent)
        eve.now = lambda: NOW
        eve.say("hello")
        assert ada.find(sent.message_id).status == 202
        house.finish()
        assert ada.find(sent.message_id).status == 200
        assert eve.find(sent.message_id).status == 404
        assert eve.find("nobody-said-this").body == eve.find(sent.message_id).body
        assert ada.find(sent.message_id, "no.token.this").status == 401
