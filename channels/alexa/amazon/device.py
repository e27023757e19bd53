"""The device of the twin, and the envelope around its requests, in the form and size that Amazon's have.

https://developer.amazon.com/docs/custom-skills/request-and-response-json-reference.html#request-format
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

INTERFACES: Mapping[str, Any] = {"AudioPlayer": {}, "Alexa.Presentation.APL": {"runtime": {"maxVersion": "2024.3"}}}
"""What the device can do: speak, play sound, and show APL documents."""

TOKEN = ("A1b2C3d4E5f6G7h8" * 50)[:420]  # an access token of the API has this size; this one opens nothing of Amazon's
API = "https://api.amazonalexa.com"
_LONG = ("A1B2C3D4E5F6G7H8" * 20)[:156]  # so have the ids of devices and homes
_VIEWPORT = {
    "type": "APL",
    "id": "main",
    "shape": "RECTANGLE",
    "dpi": 213,
    "presentationType": "STANDARD",
    "canRotate": False,
    "configuration": {
        "current": {
            "mode": "HUB",
            "video": {"codecs": ["H_264_42", "H_264_41"]},
            "size": {"type": "DISCRETE", "pixelWidth": 1280, "pixelHeight": 800},
        }
    },
}


def envelope_of(
    request: Mapping[str, Any], skill_id: str, account: str, person: str, interfaces: Mapping[str, Any], api: str = API
) -> dict[str, Any]:
    """The body around `request`, without a session. `api` is where Alexa's API is."""
    system: dict[str, Any] = {
        "application": {"applicationId": skill_id},
        "user": {"userId": account},
        "device": {"deviceId": f"amzn1.ask.device.{_LONG}", "supportedInterfaces": dict(interfaces)},
        "unit": {"unitId": f"amzn1.ask.unit.did.{_LONG}"},
        "apiEndpoint": api,
        "apiAccessToken": TOKEN,
    }
    if person:
        system["person"] = {"personId": person}
    context: dict[str, Any] = {"System": system}
    if "AudioPlayer" in interfaces:
        context["AudioPlayer"] = {"playerActivity": "IDLE"}
    if "Alexa.Presentation.APL" in interfaces:
        context["Viewports"] = [_VIEWPORT]
    return {"version": "1.0", "context": context, "request": dict(request)}


def about(new_id: str, now: float, locale: str) -> dict[str, Any]:
    """What every request has: id, time stamp, locale."""
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"requestId": f"amzn1.echo-api.request.{new_id}", "timestamp": stamp, "locale": locale}
