"""What the Alexa twin complains about, as Amazon would."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from channels.alexa.credentials import load_credentials, make_credentials
from channels.alexa.rules import complaints
from channels.alexa.twin import AlexaTwin, AnswerRefused
from shared.errors import SettingsInvalid
from shared.testing.adapter_contract import NOW
from shared.testing.fakes import FakeClock
from tests.channels.alexa.conftest import open_door
from tests.channels.alexa.test_twin import assistant, served


def _said(**speech: str) -> dict[str, Any]:
    return {"outputSpeech": speech}


def _ssml(inner: str) -> dict[str, Any]:
    return _said(type="SSML", ssml=f"<speak>{inner}</speak>")


def _shown(**card: Any) -> dict[str, Any]:
    return {"card": card}


def _told(*types: str, **more: Any) -> dict[str, Any]:
    return {"directives": [{"type": type_, **more} for type_ in types]}


ORDER = {"updatedIntent": {"name": "OrderIntent", "slots": {"size": {"name": "size"}}}}
AUDIO = '<audio src="https://s.example/1.mp3"/>'
SILENT = {"type": "PlainText", "text": "?"}


@pytest.mark.parametrize(
    ("type_", "response", "complaint"),
    [
        ("LaunchRequest", [], "Amazon's form"),
        ("LaunchRequest", {"speech": "x"}, "unknown field `speech`"),
        ("LaunchRequest", {"outputSpeech": "x"}, "outputSpeech"),
        ("LaunchRequest", {"shouldEndSession": "no"}, "Expected `bool"),
        ("LaunchRequest", {"directives": [{}]}, "no type"),
        ("LaunchRequest", _said(text="x"), "missing required field `type`"),
        ("LaunchRequest", _said(type="PlainText", text="x", voice="Amy"), "unknown field `voice`"),
        ("LaunchRequest", _said(type="PlainText", text="x" * 8_001), "8001"),
        ("LaunchRequest", _said(type="PlainText", text=""), "has 0"),
        ("LaunchRequest", {"reprompt": {"outputSpeech": SILENT}, "shouldEndSession": True}, "stays open"),
        ("LaunchRequest", {"reprompt": {"outputSpeech": {**SILENT, "text": ""}}}, "reprompt has 0"),
        ("LaunchRequest", _ssml("<b>"), "no SSML that Alexa speaks"),
        ("LaunchRequest", _ssml("a & b"), "well-formed"),
        ("LaunchRequest", _ssml('<break until="noon"/>'), "no attribute until"),
        ("LaunchRequest", _ssml('<audio src="http://s.example/1.mp3"/>'), "https"),
        ("LaunchRequest", _ssml('<audio src="https://s.example/two words.mp3"/>'), "white space"),
        ("LaunchRequest", _ssml(AUDIO * 6), "at most 5"),
        ("LaunchRequest", _ssml("<speak>x</speak>"), "no SSML"),
        ("LaunchRequest", _said(type="SSML", ssml="<p>x</p>"), "not with <speak>"),
        ("LaunchRequest", _said(type="SSML", ssml='<!DOCTYPE x [<!ENTITY a "b">]><speak>&a;</speak>'), "no place"),
        ("LaunchRequest", _said(type="PlainText", ssml="x"), "unknown field `ssml`"),
        ("LaunchRequest", _shown(type="Fancy"), "'Fancy'"),
        ("LaunchRequest", _shown(type="Simple", title="x" * 8_001, content=""), "8001"),
        ("LaunchRequest", _shown(type="Simple", text="x"), "unknown field `text`"),
        ("LaunchRequest", _shown(type="Standard", text="", image={"smallImageUrl": "http://x.example"}), "https"),
        (
            "LaunchRequest",
            _shown(type="Standard", text="x" * 7_990, image={"smallImageUrl": "https://x.example/"}),
            "addresses of pictures included",
        ),
        ("LaunchRequest", _shown(type="AskForPermissionsConsent"), "permissions"),
        ("LaunchRequest", _told("Dialog.Delegate"), "LaunchRequests only with"),
        ("LaunchRequest", {"canFulfillIntent": {"canFulfill": "YES"}}, "takes no canFulfillIntent"),
        ("IntentRequest", {**_told("Dialog.ElicitSlot"), "shouldEndSession": True}, "stays open"),
        ("IntentRequest", _told("Dialog.Delegate", "Dialog.ElicitSlot"), "one Dialog"),
        ("IntentRequest", _told("Dialog.ElicitIntent"), "no directive Dialog.ElicitIntent"),
        ("IntentRequest", _told("Dialog.ElicitSlot", slotToElicit="topping", **ORDER), "slotToElicit"),
        ("IntentRequest", _told("Dialog.ConfirmSlot", slotToConfirm="size", **ORDER), "must have a value"),
        ("IntentRequest", {**_told("Dialog.Delegate"), **_said(type="PlainText", text="x")}, "Alexa speaks"),
        ("IntentRequest", _told("AudioPlayer.Play"), "audioItem.stream"),
        ("IntentRequest", _told("AudioPlayer.Play", audioItem={"stream": {"url": "http://x"}}), "https"),
        ("IntentRequest", {**_told("VideoApp.Launch"), "shouldEndSession": True}, "film"),
        ("SessionEndedRequest", {"shouldEndSession": True}, "empty"),
        ("AlexaSkillEvent.SkillDisabled", _said(type="PlainText", text="x"), "empty"),
        ("AudioPlayer.PlaybackStarted", _said(type="PlainText", text="x"), "outputSpeech"),
        (
            "PlaybackController.PlayCommandIssued",
            _told("Alexa.Presentation.APL.RenderDocument"),
            "AudioPlayer directives",
        ),
        ("CanFulfillIntentRequest", {}, "canFulfillIntent"),
        ("CanFulfillIntentRequest", {"canFulfillIntent": {"canFulfill": "PERHAPS"}}, "PERHAPS"),
        ("LaunchRequest", _shown(type="Simple", title="", content="y" * 24_000), "bytes"),
    ],
)
def test_complaints(type_: str, response: Any, complaint: str) -> None:
    body = json.dumps({"version": "1.0", "response": response}).encode()
    found = complaints({"request": {"type": type_}}, body)
    assert any(complaint in one for one in found), found


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "form"),
        (b"{}", "version"),
        (b'{"version": "2", "response": {}}', "'2'"),
        (b'{"version": "1.0", "response": {}, "sessionAttributes": []}', "sessionAttributes"),
        (b'{"version": "1.0", "response": {}, "extra": 1}', "extra"),
    ],
)
def test_complaints_about_the_envelope(body: bytes, complaint: str) -> None:
    [found] = complaints({"request": {"type": "LaunchRequest"}}, body)
    assert complaint in found


def test_a_device_takes_nothing_it_has_no_interface_for() -> None:
    device: dict[str, Any] = {"supportedInterfaces": {"AudioPlayer": {}}}
    request = {"request": {"type": "LaunchRequest"}, "context": {"System": {"device": device}}}
    body = json.dumps({"version": "1.0", "response": _told("VideoApp.Launch")}).encode()
    assert complaints(request, body) == ["the device has no VideoApp, so it takes no VideoApp.Launch"]


def test_credentials_are_private_and_can_be_loaded(tmp_path: Path) -> None:
    made = make_credentials(tmp_path / "alexa", NOW, "amzn1.ask.skill.mine")
    loaded = load_credentials(tmp_path / "alexa")
    assert stat.S_IMODE((tmp_path / "alexa" / "key.pem").stat().st_mode) == 0o600
    assert loaded.config() == made.config()
    assert loaded.skill_id == "amzn1.ask.skill.mine"
    assert loaded.key.private_numbers() == made.key.private_numbers()
    with pytest.raises(SettingsInvalid, match="no Alexa simulator credentials"):
        load_credentials(tmp_path)


def test_new_credentials_replace_old_ones(tmp_path: Path) -> None:
    old = make_credentials(tmp_path, NOW)
    new = make_credentials(tmp_path, NOW)
    door = open_door(new, FakeClock(NOW))
    assert AlexaTwin(new, "http://x", client=served(door, assistant), now=lambda: NOW).launch().open
    with pytest.raises(AnswerRefused):
        AlexaTwin(old, "http://x", client=served(door, assistant), now=lambda: NOW).launch()
