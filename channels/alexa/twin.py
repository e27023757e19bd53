"""Alexa's twin: says what Alexa would send for what a person says, signed, over TCP, and refuses what Amazon would refuse.

twin = AlexaTwin(folder, "http://127.0.0.1:8080", "sim")
heard = twin.say("what time is it in Tokyo")
heard.speech, heard.card, heard.open
"""

import base64
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Struct

from channels.alexa.credentials import AlexaCredentials, load_credentials
from channels.alexa.parse import CATCH_ALL, UTTERANCE
from channels.alexa.rules import complaints
from shared.errors import NexusError
from shared.ssml import plain

BUILT_IN = {
    "help": "AMAZON.HelpIntent",
    "stop": "AMAZON.StopIntent",
    "cancel": "AMAZON.CancelIntent",
    "go home": "AMAZON.NavigateHomeIntent",
}
"""What Alexa takes for its built-in intents, whatever is being asked."""

INTERFACES: Mapping[str, Any] = {"AudioPlayer": {}, "Alexa.Presentation.APL": {"runtime": {"maxVersion": "2024.3"}}}


class AnswerRefused(NexusError):
    """Amazon would not take this answer. The text says why."""


class Heard(Struct, frozen=True):
    """What the person hears and sees. `open`: Alexa listens on. `request` and `response` are the envelopes themselves."""

    speech: str
    card: dict[str, Any] | None
    reprompt: str
    open: bool
    request: dict[str, Any]
    response: dict[str, Any]


class AlexaTwin:
    """One person in front of one device. Sessions open and close as the skill answers."""

    def __init__(
        self,
        credentials: AlexaCredentials | Path,
        base_url: str,
        app: str = "default",
        *,
        user: str = "amzn1.ask.account.SIMULATOR",
        person: str = "",
        locale: str = "en-US",
        session: str = "",
        client: httpx.Client | None = None,
        now: Callable[[], float] = time.time,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self.credentials = credentials if isinstance(credentials, AlexaCredentials) else load_credentials(credentials)
        self.url = base_url.rstrip("/") + ("/channels/alexa" if app == "default" else f"/apps/{app}/channels/alexa")
        self.session = session  # "": none is open; a later twin may go on with this one's
        self.user, self.person, self.locale = user, person, locale
        self._client = client  # made at the first request: it costs more than a signature
        self._now, self._new_id = now, new_id
        self._asked: dict[str, Any] | None = None  # the Dialog.ElicitSlot directive that the next words answer

    def launch(self) -> Heard:
        """Say "Alexa, open Nexus"."""
        return self.send({"type": "LaunchRequest", "shouldLinkResultBeReturned": False})

    def say(self, text: str) -> Heard:
        """Say something: a built-in word, the answer to a question for a slot, or free speech."""
        built_in = BUILT_IN.get(text.strip().rstrip(".!").lower())
        asked = self._asked
        if built_in is not None:
            return self.intent(built_in)
        if asked is None:
            return self.intent(CATCH_ALL, {UTTERANCE: text})
        intent = asked["updatedIntent"]
        filled = {name: slot["value"] for name, slot in intent["slots"].items() if "value" in slot}
        names = tuple(intent["slots"])
        return self.intent(intent["name"], {**filled, asked["slotToElicit"]: text}, names, "IN_PROGRESS")

    def intent(
        self, name: str, slots: Mapping[str, str] | None = None, names: tuple[str, ...] = (), dialog: str = ""
    ) -> Heard:
        """An intent with filled slots; `names` are those that it has besides."""
        said = {slot: {"name": slot, "confirmationStatus": "NONE"} for slot in (*names, *(slots or {}))}
        for slot, value in (slots or {}).items():
            said[slot] |= {"value": value, "source": "USER"}
        request: dict[str, Any] = {
            "type": "IntentRequest",
            "intent": {"name": name, "confirmationStatus": "NONE", "slots": said},
        }
        return self.send(request | ({"dialogState": dialog} if dialog else {}))

    def close(self, reason: str = "USER_INITIATED") -> Heard:
        """The session ends from Alexa's side."""
        heard = self.send({"type": "SessionEndedRequest", "reason": reason})
        self._end()
        return heard

    def send(self, request: Mapping[str, Any], in_session: bool = True) -> Heard:
        """Send any request. Raises AnswerRefused with what Amazon would hold against the answer."""
        envelope = self.envelope(request, in_session)
        body = msgspec.json.encode(envelope)
        client = self._client or httpx.Client(trust_env=False, timeout=10.0)
        self._client = client
        answer = client.post(self.url, content=body, headers=self.headers(body))
        if answer.status_code != 200:
            raise AnswerRefused(f"HTTP {answer.status_code}: {answer.text[:500]}")
        if not answer.headers.get("content-type", "").startswith("application/json"):
            raise AnswerRefused(f"the content type is {answer.headers.get('content-type')}")
        if found := complaints(envelope, answer.content):
            raise AnswerRefused("; ".join(found))
        return self._heard(envelope, msgspec.json.decode(answer.content))

    def envelope(self, request: Mapping[str, Any], in_session: bool = True) -> dict[str, Any]:
        """The whole body around `request`, which may bring its own id and time stamp. Opens a session if none is."""
        application = {"applicationId": self.credentials.skill_id}
        system: dict[str, Any] = {
            "application": application,
            "user": {"userId": self.user},
            "device": {"deviceId": "amzn1.ask.device.SIMULATOR", "supportedInterfaces": INTERFACES},
            "apiEndpoint": "https://api.amazonalexa.com",
        }
        if self.person:
            system["person"] = {"personId": self.person}
        stamp = datetime.fromtimestamp(self._now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        own = {"requestId": f"amzn1.echo-api.request.{self._new_id()}", "timestamp": stamp, "locale": self.locale}
        envelope: dict[str, Any] = {"version": "1.0", "context": {"System": system}, "request": own | dict(request)}
        if in_session:
            new = not self.session
            self.session = self.session or f"amzn1.echo-api.session.{self._new_id()}"
            about = {"new": new, "sessionId": self.session, "application": application, "attributes": {}}
            envelope["session"] = about | {"user": {"userId": self.user}}
        return envelope

    def headers(self, body: bytes) -> dict[str, str]:
        """The headers with which Amazon would send `body`."""
        signature = base64.b64encode(self.credentials.key.sign(body, PKCS1v15(), SHA256())).decode()
        return {
            "content-type": "application/json; charset=utf-8",
            "signaturecertchainurl": self.credentials.chain_url,
            "signature-256": signature,
        }

    def _heard(self, envelope: dict[str, Any], answer: dict[str, Any]) -> Heard:
        response = answer["response"]
        listens = response.get("shouldEndSession") is False
        if "session" in envelope and response.get("shouldEndSession", not response) is True:
            self._end()
        questions = [d for d in response.get("directives", ()) if d.get("type") == "Dialog.ElicitSlot"]
        self._asked = questions[0] if questions else None
        reprompt = (response.get("reprompt") or {}).get("outputSpeech")
        return Heard(
            _words(response.get("outputSpeech")), response.get("card"), _words(reprompt), listens, envelope, answer
        )

    def _end(self) -> None:
        self.session, self._asked = "", None


def _words(speech: dict[str, str] | None) -> str:
    if speech is None:
        return ""
    if "ssml" in speech:
        return plain(speech["ssml"].removeprefix("<speak>").removesuffix("</speak>"))
    return speech["text"]
