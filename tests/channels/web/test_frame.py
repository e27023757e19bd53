"""The document inside the widget: who may frame it, what it is told, and what stands in its place."""

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from channels.web import documents
from channels.web.adapter import TEXT_LIMIT, WebAdapter
from shared.channel import WireReply
from shared.errors import DoorShut, LimitExceeded, MethodNotAllowed, NexusError, NotFound
from shared.testing.fakes import door_ports
from tests.channels.web.door import PAGE, SHOP, open_door, open_session, wire

Golden = Callable[[str, Any], None]


def headers(reply: WireReply) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in reply.headers}


def rules(reply: WireReply) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in headers(reply)["content-security-policy"].split(";"))
    return {name: value for name, _, value in parts}


async def framed(door: WebAdapter, path: str = "/channels/web/frame") -> WireReply:
    asked = msgspec.structs.replace(wire(origin=None, path=path), method="GET")
    return door.finish(asked, await door.side_path("frame").answer(asked))


async def test_says_what_it_said(golden: Golden) -> None:
    reply = await framed(open_door())
    assert reply.status == 200
    golden("frame", headers(reply))
    golden("frame.html", reply.body.decode())


async def test_only_pages_of_its_own_app_may_frame_it() -> None:
    settings = [
        ({"origins": SHOP}, SHOP),
        ({"origins": f"{SHOP} {PAGE}"}, f"{PAGE} {SHOP}"),
        ({"origins": PAGE, "public_url": "https://nexus.example/x"}, f"https://nexus.example {PAGE}"),
    ]
    for config, ancestors in settings:
        reply = await framed(WebAdapter.open("shop", config, door_ports()))
        assert rules(reply)["frame-ancestors"] == ancestors
        assert f'data-origins="{ancestors}"' in reply.body.decode()
        assert "x-frame-options" not in headers(reply)


def test_where_nobody_may_frame_it_every_browser_is_told() -> None:
    said = documents.rules([])
    assert "frame-ancestors 'none'" in said["Content-Security-Policy"]
    assert said["X-Frame-Options"] == "DENY"
    assert said == documents.rules()


async def test_its_own_origin_may_talk_for_every_app() -> None:
    nexus = "https://nexus.example"
    door = WebAdapter.open("shop", {"origins": SHOP, "public_url": nexus}, door_ports())
    session = await open_session(door, nexus)
    assert (await door.verify(wire(origin=nexus, token=session.token))).principal == session.visitor


async def test_the_rest_of_its_policy_is_that_of_the_pages() -> None:
    policy = rules(await framed(open_door()))
    assert policy["default-src"] == policy["base-uri"] == policy["trusted-types"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in str(policy)


@pytest.mark.parametrize(
    ("path", "door"),
    [
        ("/channels/web/frame", "/channels/web"),
        ("/apps/shop/channels/web/frame?x=/y", "/apps/shop/channels/web"),
    ],
)
async def test_its_messages_go_to_the_door_it_came_from(path: str, door: str) -> None:
    html = (await framed(open_door(app="shop"), path)).body.decode()
    assert f'data-app="shop" data-door="{door}" data-most="{TEXT_LIMIT}"' in html


async def test_what_a_path_says_is_text() -> None:
    html = (await framed(open_door(), '/"><script>/frame')).body.decode()
    assert "<script>" not in html


async def test_nothing_in_it_is_inline_or_from_elsewhere() -> None:
    html = (await framed(open_door())).body.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bon\w+=|\bstyle=|javascript:", html)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", html)


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (DoorShut("web: no origin is allowed"), "Nobody is at the door"),
        (NotFound("there is no app"), "There is nothing here"),
        (MethodNotAllowed("POST is no method here", ("GET", "HEAD")), "That does not work here"),
        (LimitExceeded("too many", 7.0), "That was a lot at once"),
        (NexusError("canary-7f3a"), "Something went wrong"),
    ],
    ids=lambda value: value.code if isinstance(value, NexusError) else "",
)
def test_where_there_is_none_a_page_says_so_and_nobody_frames_it(golden: Golden, error: NexusError, title: str) -> None:
    reply = WebAdapter.turn_away("frame", error)
    assert reply.status == error.status
    assert rules(reply)["frame-ancestors"] == "'none'"
    assert f"<h1>{title}</h1>" in reply.body.decode()
    assert str(error) not in reply.body.decode()
    golden(f"no_frame_{error.code}", headers(reply))


def test_programs_are_turned_away_with_a_problem() -> None:
    reply = WebAdapter.turn_away("session", DoorShut("web: no origin is allowed"))
    assert reply.status == 503
    assert headers(reply)["content-type"] == "application/problem+json"


def test_frames_have_a_limit_of_their_own() -> None:
    limits = {open_door().side_path(path).limit.name for path in WebAdapter.side_paths}
    assert limits == {"web-frames", "web-sessions"}
