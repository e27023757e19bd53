"""Paths of doors: who asks where nothing is, is told where messages come in."""

import pytest

from channels.alexa.adapter import AlexaAdapter
from channels.sms.adapter import CARRIERS, SmsAdapter
from channels.web.adapter import WebAdapter
from infra.paths import methods
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
