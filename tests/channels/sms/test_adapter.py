"""The SMS door as a whole: a place a carrier, open where one is configured."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from channels.sms.adapter import CARRIERS, SmsAdapter
from channels.sms.carrier import Carrier
from shared.channel import Wire
from shared.errors import DeliveryFailed, DoorShut, NotFound
from shared.testing.fakes import door_ports

TWILIO = {"twilio_account_sid": "AC1", "twilio_auth_token": "t", "public_url": "https://nexus.example"}
PUBLIC_KEY = {"telnyx_public_key": "e7rj9RPSwTCxrh5FGkBVNVJXhnN+9LBOJWZrl2dB4nA="}


def test_a_place_is_open_where_its_carrier_is_configured() -> None:
    door = SmsAdapter.open("default", TWILIO, door_ports())
    assert isinstance(door.at("twilio"), Carrier)
    assert door.places == set(CARRIERS)
    for place in door.places - {"twilio"}:
        with pytest.raises(DoorShut, match=CARRIERS[place].required[0]):
            door.at(place)


@pytest.mark.parametrize("place", CARRIERS)
def test_without_any_carrier_each_place_names_what_its_own_lacks(place: str) -> None:
    needed = CARRIERS[place].required[0]
    door = SmsAdapter.open("default", {"public_url": "https://nexus.example"}, door_ports())
    with pytest.raises(DoorShut, match=f"NEXUS_{needed.upper()}.*configure sms {needed}=") as caught:
        door.at(place)
    assert CARRIERS[place].title in str(caught.value)


def test_another_app_is_told_its_own_command_and_no_variable() -> None:
    with pytest.raises(DoorShut, match="configure sms --app shop telnyx_api_key=") as caught:
        SmsAdapter.open("shop", {}, door_ports()).at("telnyx")
    assert "NEXUS_" not in str(caught.value)


@pytest.mark.parametrize("place", CARRIERS)
@pytest.mark.parametrize(
    ("app", "advice"), [("default", "set NEXUS_{env}, or run `nexus"), ("shop", "configure sms --app shop {key}=")]
)
def test_who_has_no_number_to_send_from_is_told_how_to_set_one(place: str, app: str, advice: str) -> None:
    config = dict.fromkeys((*CARRIERS[place].required, "vonage_api_secret"), "x") | PUBLIC_KEY
    door = SmsAdapter.open(app, config | {"public_url": "https://nexus.example"}, door_ports()).at(place)
    with pytest.raises(DeliveryFailed, match=advice.format(env=f"{place}_from".upper(), key=f"{place}_from")) as caught:
        asyncio.run(door.deliver({"to": "+14155550199", "text": "x"}, "r"))
    assert caught.value.final
    assert ("NEXUS_" in str(caught.value)) == (app == "default")


@pytest.mark.parametrize("place", CARRIERS)
def test_every_variable_that_is_advised_exists(place: str) -> None:
    manifest = msgspec.toml.decode(Path("channels/sms/channel.toml").read_bytes())
    variables = {setting["key"]: setting.get("env") for setting in manifest["settings"]}
    for key in (*CARRIERS[place].required, f"{place}_from"):
        assert variables[key] == f"NEXUS_{key.upper()}"


@pytest.mark.parametrize("place", ["", "nobody"])
def test_there_are_no_other_places(place: str) -> None:
    with pytest.raises(NotFound):
        SmsAdapter.open("default", TWILIO, door_ports()).at(place)


def test_the_door_itself_takes_and_sends_nothing() -> None:
    door = SmsAdapter.open("default", TWILIO, door_ports())
    with pytest.raises(NotFound, match="twilio"):
        asyncio.run(door.verify(Wire("POST", "/channels/sms", ())))
    with pytest.raises(DeliveryFailed) as caught:
        asyncio.run(door.deliver({"to": "+14155550199", "text": "x"}, "r"))
    assert caught.value.final


@pytest.mark.parametrize("carrier", CARRIERS.values(), ids=CARRIERS)
def test_every_carrier_says_what_it_is(carrier: type[Carrier]) -> None:
    assert carrier.name == "sms"
    assert carrier.body_limit == 64 * 1024
    assert carrier.required
    assert carrier.title
    assert carrier.max_characters >= 160
    assert carrier.max_media >= 0


def test_every_setting_that_a_carrier_needs_is_in_the_manifest() -> None:
    manifest = msgspec.toml.decode(Path("channels/sms/channel.toml").read_bytes())
    settings = {setting["key"]: setting for setting in manifest["settings"]}
    for carrier in CARRIERS.values():
        for key in carrier.required:
            assert settings[key]["required"], key
            assert settings[key]["env"] == f"NEXUS_{key.upper()}"
    secret = {key for key in settings if any(part in key for part in ("token", "secret", "password"))}
    assert secret
    assert all(settings[key].get("secret") for key in secret)
