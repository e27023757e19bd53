"""Signed Alexa requests as Amazon sends them (3.2 kB), each with an id of its own, from people who take turns."""

import base64
import multiprocessing
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Struct

from bench.load import Message
from channels.alexa.credentials import AlexaCredentials, load_credentials

PATH = "/apps/sim/channels/alexa"
_TOKEN = ("A1b2C3d4E5f6G7h8" * 50)[:420]  # a consent token has this size


class Phrase(Struct, frozen=True):
    """Something to say, and what a right answer holds."""

    text: str
    expect: str


Phrases = Callable[[int], Phrase]


def thanks(number: int) -> Phrase:
    """For servers that do not understand: what is said does not matter."""
    return Phrase(f"thank you number {number}", "outputSpeech")


def everyday(number: int) -> Phrase:
    """What people ask: sums (whose answers are checked), units and notes, never the same words twice."""
    first, second = 11 + number % 89, 2 + number // 89 % 97
    match number % 3:
        case 0:
            return Phrase(f"what is {first} times {second}", f"{first * second:,}")
        case 1:
            return Phrase(f"remember that box {number} holds the {first} blue cups", "outputSpeech")
        case _:
            return Phrase(f"convert {first} point {second} miles to kilometers", "outputSpeech")


def signed(credentials: Path, phrases: Phrases, count: int, people: int) -> list[Message]:
    """`count` requests of so many people, signed with a folder of credentials.

    Signing takes most of a millisecond each, so all cores do it.
    """
    make = partial(_make, credentials, phrases, people)
    numbers = range(count)
    with multiprocessing.get_context("fork").Pool() as pool:
        parts = pool.map(make, [numbers[at : at + 500] for at in range(0, count, 500)])
    return [message for part in parts for message in part]


def _make(folder: Path, phrases: Phrases, people: int, numbers: Sequence[int]) -> list[Message]:
    credentials = load_credentials(folder)
    return [_message(credentials, phrases(number), number % people) for number in numbers]


def _message(credentials: AlexaCredentials, phrase: Phrase, person: int) -> Message:
    body = msgspec.json.encode(envelope(credentials.skill_id, phrase.text, person))
    signature = base64.b64encode(credentials.key.sign(body, PKCS1v15(), SHA256())).decode()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nAccept: application/json\r\nSignatureCertChainUrl: {credentials.chain_url}\r\n"
        f"Signature-256: {signature}\r\nUser-Agent: Apache-HttpClient/UNAVAILABLE\r\n\r\n"
    )
    return Message(head.encode() + body, phrase.expect.encode())


def envelope(skill_id: str, utterance: str, person: int) -> dict[str, Any]:
    """An IntentRequest with free speech, in the form of Amazon's documentation; a person has one session."""
    unique = f"{person:032x}"
    application = {"applicationId": skill_id}
    user = {"userId": "amzn1.ask.account." + unique.upper() * 5}
    return {
        "version": "1.0",
        "session": {
            "new": False,
            "sessionId": f"amzn1.echo-api.session.{unique}",
            "application": application,
            "attributes": {},
            "user": user,
        },
        "context": {
            "Viewports": [_VIEWPORT],
            "System": {
                "application": application,
                "user": user,
                "person": {"personId": "amzn1.ask.person." + unique.upper() * 3},
                "device": {"deviceId": "amzn1.ask.device." + unique.upper() * 5, "supportedInterfaces": _INTERFACES},
                "unit": {"unitId": "amzn1.ask.unit.did." + unique.upper()},
                "apiEndpoint": "https://api.eu.amazonalexa.com",
                "apiAccessToken": _TOKEN,
            },
            "AudioPlayer": {"playerActivity": "IDLE"},
        },
        "request": {
            "type": "IntentRequest",
            "requestId": f"amzn1.echo-api.request.{secrets.token_hex(16)}",
            "locale": "en-US",
            "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "dialogState": "COMPLETED",
            "intent": _intent(skill_id, utterance),
        },
    }


def _intent(skill_id: str, utterance: str) -> dict[str, Any]:
    slot = {
        "name": "utterance",
        "value": utterance,
        "confirmationStatus": "NONE",
        "source": "USER",
        "slotValue": {"type": "Simple", "value": utterance},
        "resolutions": {
            "resolutionsPerAuthority": [
                {
                    "authority": f"amzn1.er-authority.echo-sdk.{skill_id}.AMAZON.SearchQuery",
                    "status": {"code": "ER_SUCCESS_NO_MATCH"},
                }
            ]
        },
    }
    return {"name": "CatchAllIntent", "confirmationStatus": "NONE", "slots": {"utterance": slot}}


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
_INTERFACES = {"AudioPlayer": {}, "Alexa.Presentation.APL": {"runtime": {"maxVersion": "2023.3"}}}
