"""Paths of doors: who asks where nothing is, is told where messages come in."""

import pytest

from channels.alexa.adapter import AlexaAdapter
from channels.sms.adapter import CARRIERS, SmsAdapter
from channels.web.adapter import WebAdapter
from infra.paths import Paths, Place, methods
from shared.errors import NotFound


def test_a_path_has_the_methods_of_its_place() -> None:
    assert methods(SmsAdapter, "twilio") == ("POST",)
    assert "HEAD" in methods(WebAdapter, "frame")


@pytest.mark.parametrize("below", ["", "twillio"])
def test_a_door_with_places_names_them(below: str) -> None:
    with pytest.raises(NotFound, match=r"one of the places below /channels/sms/: ") as caught:
        methods(SmsAdapter, below)
    assert all(place in str(caught.value) for place in CARRIERS)


def test_a_door_without_places_has_nothing_to_name() -> None:
    with pytest.raises(NotFound, match=r"^there is no such path$"):
        methods(AlexaAdapter, "more")


def test_messages_are_asked_about_where_a_door_says_so() -> None:
    assert methods(WebAdapter, "messages/m-1") == ("GET", "HEAD", "OPTIONS")
    for adapter, below in ((WebAdapter, "messages/"), (WebAdapter, "message/m-1"), (AlexaAdapter, "messages/m-1")):
        with pytest.raises(NotFound):
            methods(adapter, below)


@pytest.mark.parametrize(
    ("path", "app", "below"),
    [
        ("/channels/web/messages/m-1", "default", "messages/m-1"),
        ("/apps/shop/channels/web/messages/m", "shop", "messages/m"),
    ],
)
def test_what_follows_a_door(path: str, app: str, below: str) -> None:
    assert Paths({}).place(path) == Place(app, "web", below)


@pytest.mark.parametrize("path", ["/channels/web/messages/m/n", "/channels", "/apps/shop/channels/web/a/b/c"])
def test_what_is_no_path_of_a_door(path: str) -> None:
    with pytest.raises(NotFound):
        Paths({}).place(path)
