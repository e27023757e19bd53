"""Alexa's twin: says what Alexa would send for what a person says, signed, over TCP, and refuses what Amazon would refuse.

    twin = AlexaTwin(folder, "http://127.0.0.1:8080", "sim")
    heard = twin.say("what time is it in Tokyo")
    heard.text, heard.shown, heard.open

With the interaction model of a skill it resolves words to that skill's intents and leads its dialogues; without one, all that is
not built in is free speech.
"""

import base64
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from channels.alexa.amazon.device import API, INTERFACES, TOKEN, about, envelope_of
from channels.alexa.amazon.dialog import Asked, answer, asked_by, dialog_directive, intent_request, whole, with_slot
from channels.alexa.amazon.directives import DirectivesApi
from channels.alexa.amazon.heard import AlexaHeard, ends, shown, words
from channels.alexa.amazon.interaction import InteractionModel
from channels.alexa.credentials import AlexaCredentials, load_credentials, make_credentials
from channels.alexa.rules import complaints
from shared.testing.platforms import Answer, AnswerRefused, Heard, Sent, Twin, status_complaints
from shared.testing.platforms.api import free_port

BUILT_IN = {
    "help": "AMAZON.HelpIntent",
    "stop": "AMAZON.StopIntent",
    "cancel": "AMAZON.CancelIntent",
    "go home": "AMAZON.NavigateHomeIntent",
}
"""What Alexa takes for its built-in intents, whatever is being asked."""

IF_IN_MODEL = {
    "yes": "AMAZON.YesIntent",
    "no": "AMAZON.NoIntent",
    "repeat": "AMAZON.RepeatIntent",
    "next": "AMAZON.NextIntent",
    "previous": "AMAZON.PreviousIntent",
    "pause": "AMAZON.PauseIntent",
    "resume": "AMAZON.ResumeIntent",
    "start over": "AMAZON.StartOverIntent",
}
"""Built-in intents that a skill's model may have."""

FREE_SPEECH = ("CatchAllIntent", "utterance")
"""Intent and slot of free speech in NEXUS' own interaction model (see README.md)."""

ROUNDS = 10  # how often a skill may hand a dialogue back before it goes in circles

__all__ = ["BUILT_IN", "INTERFACES", "AlexaHeard", "AlexaTwin", "AnswerRefused", "Heard"]


class AlexaTwin(Twin):
    """One person in front of one device. Sessions open and close as the skill answers, and carry its attributes."""

    name: ClassVar[str] = "alexa"
    path: ClassVar[str] = "alexa"
    patience_s: ClassVar[float] = 8.0

    @classmethod
    def make(cls, folder: Path, now: float) -> None:
        """A root, a chain below it, a key, a skill's id, and a port for Alexa's API."""
        make_credentials(folder, now, f"amzn1.ask.skill.{uuid.uuid4()}", free_port())

    @classmethod
    def config(cls, folder: Path) -> dict[str, str]:
        """Skill id, root and chain, and where the API is."""
        return load_credentials(folder).config()

    def __init__(
        self,
        credentials: AlexaCredentials | Path,
        base_url: str,
        app: str = "default",
        *,
        user: str = "SIMULATOR",
        person: str = "",
        locale: str = "en-US",
        session: str = "",
        model: Path | Mapping[str, Any] | None = None,
        interfaces: Mapping[str, Any] = INTERFACES,
        client: httpx.Client | None = None,
        now: Callable[[], float] = time.time,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        """`user` is a name or a whole id of an account, `person` the id of a recognised voice; `session` one to go on with."""
        self.credentials = credentials if isinstance(credentials, AlexaCredentials) else load_credentials(credentials)
        super().__init__(
            self.credentials.roots.parent,
            base_url,
            app,
            user=user,
            locale=locale,
            client=client,
            now=now,
            new_id=new_id,
        )
        self.account = user if user.startswith("amzn1.") else f"amzn1.ask.account.{user}"
        self.person, self.interfaces = person, interfaces
        self.session = session  # "": none is open
        self.attributes: dict[str, Any] = {}
        self.model = InteractionModel.read(model) if model is not None else None
        self._asked: Asked | None = None  # what the next words answer
        self._next: dict[str, Any] | None = None  # what Alexa sends by itself
        self._reprompt = ""
        self._api: DirectivesApi | None = None  # takes what is said before the answer, until `disconnect`

    # -- what the person does --------------------------------------------------------------------------------------

    def start(self) -> AlexaHeard:
        """Say "Alexa, open Nexus"."""
        return self.launch()

    def launch(self) -> AlexaHeard:
        """Say "Alexa, open Nexus"."""
        return self.send({"type": "LaunchRequest", "shouldLinkResultBeReturned": False})

    def say(self, text: str) -> AlexaHeard:
        """Say something: a built-in word, the answer to a question, a sample of the model, or free speech."""
        return self.exchange(self.request(text))

    def silence(self) -> AlexaHeard | None:
        """Say nothing while Alexa listens: she asks once more, then closes the session."""
        if not self.session:
            return None
        again, self._reprompt = self._reprompt, ""
        if again:
            return AlexaHeard(again, open=True, request={}, answer={"version": "1.0", "response": {}})
        return self.close("EXCEEDED_MAX_REPROMPTS")

    def close(self, reason: str = "USER_INITIATED") -> AlexaHeard:
        """The session ends from Alexa's side."""
        heard = self.send({"type": "SessionEndedRequest", "reason": reason})
        self._end()
        return heard

    # -- what Alexa sends ------------------------------------------------------------------------------------------

    def request(self, text: str) -> Sent:
        """What Alexa takes `text` for, signed."""
        return self.sign(self.envelope(self._meant(text)))

    def intent(
        self, name: str, slots: Mapping[str, str] | None = None, names: tuple[str, ...] = (), dialog: str = ""
    ) -> AlexaHeard:
        """Say what Alexa takes for an intent with filled slots; `names` are those that it has besides."""
        return self.send(intent_request(self._intent(name, slots or {}, names), dialog))

    def send(self, request: Mapping[str, Any], in_session: bool = True) -> AlexaHeard:
        """Send any request. Raises AnswerRefused with what Amazon would hold against the answer."""
        return self.exchange(self.sign(self.envelope(request, in_session)))

    def envelope(self, request: Mapping[str, Any], in_session: bool = True) -> dict[str, Any]:
        """The whole body around `request`, which may bring its own id and time stamp. Opens a session if none is."""
        own = about(self.new_id(), self.now(), self.locale) | dict(request)
        api = self.listen()
        known = (self.credentials.skill_id, self.account, self.person, self.interfaces)
        envelope = envelope_of(own, *known, API if api is None else api.url)
        if in_session:
            new = not self.session
            self.session = self.session or f"amzn1.echo-api.session.{self.new_id()}"
            system = envelope["context"]["System"]
            session = {"new": new, "sessionId": self.session, "attributes": self.attributes}
            envelope["session"] = session | {"application": system["application"], "user": system["user"]}
        return envelope

    def sign(self, envelope: Mapping[str, Any]) -> Sent:
        """The request around an envelope, ready to be posted."""
        body = msgspec.json.encode(envelope)
        return Sent(self.url, self.headers(body), body, str(envelope["request"]["requestId"]))

    def headers(self, body: bytes) -> dict[str, str]:
        """The headers with which Amazon would send `body`."""
        signature = base64.b64encode(self.credentials.key.sign(body, PKCS1v15(), SHA256())).decode()
        return {
            "content-type": "application/json; charset=utf-8",
            "signaturecertchainurl": self.credentials.chain_url,
            "signature-256": signature,
        }

    def listen(self) -> DirectivesApi | None:
        """Alexa's API, until `disconnect`; None where there is none, or another twin has its port."""
        if self._api is None and self.credentials.api_port:
            with suppress(OSError):
                self._api = DirectivesApi(TOKEN, self.credentials.api_port)
                self._api.start()
        return self._api

    def disconnect(self) -> None:
        """As Twin.disconnect."""
        if self._api is not None:
            self._api.close()
            self._api = None
        super().disconnect()

    # -- what becomes of the answer --------------------------------------------------------------------------------

    def exchange(self, sent: Sent) -> AlexaHeard:
        """Post `sent` and hear the answer. Where the skill hands back a dialogue that is complete, Alexa says so at once."""
        heard = self._exchange(sent)
        for _ in range(ROUNDS):
            if self._next is None:
                return heard
            heard = self._exchange(self.sign(self.envelope(self._next)))
        raise AnswerRefused("the skill delegates the dialogue again and again")

    def complaints(self, sent: Sent, answer: Answer) -> list[str]:
        """What Amazon refuses (see rules.py)."""
        if found := status_complaints(answer, 200):
            return found
        if answer.media_type() != "application/json":
            return [f"the content type is {answer.headers.get('content-type')}, not application/json"]
        return complaints(msgspec.json.decode(sent.body), answer.body)

    def heard(self, sent: Sent, answer: Answer) -> AlexaHeard:
        """Words, card and players; the session goes on or ends, with the attributes that the skill answered."""
        envelope, whole_answer = msgspec.json.decode(sent.body), msgspec.json.decode(answer.body)
        response = whole_answer["response"]
        listens = self._listens(envelope, response)
        if "session" in envelope:
            self.attributes = whole_answer.get("sessionAttributes") or {}
        self._reprompt = words((response.get("reprompt") or {}).get("outputSpeech"))
        said = self._dialog(envelope, response) or words(response.get("outputSpeech"))
        if "session" in envelope and not listens and ends(response):
            self._end()
        meanwhile = tuple(self._api.spoken.pop(sent.message_id, ())) if self._api is not None else ()
        seen = (*(f"(said meanwhile: {one})" for one in meanwhile), *shown(response))
        return AlexaHeard(said, seen, (), self._reprompt, listens, whole_answer, request=envelope, meanwhile=meanwhile)

    def _exchange(self, sent: Sent) -> AlexaHeard:
        self._last, self._next = sent, None
        api = self._api
        if api is not None:
            api.waiting.add(sent.message_id)
        answer = self.deliver(sent)
        found = self.complaints(sent, answer)
        if api is not None:
            api.waiting.discard(sent.message_id)
            found += api.judged()
        if found:
            self._end()
            raise AnswerRefused(*found)
        return self.heard(sent, answer)

    def _dialog(self, envelope: dict[str, Any], response: dict[str, Any]) -> str:
        """Go on with a dialogue: note what is asked, or what Alexa sends next; what she says in the skill's place."""
        directive = dialog_directive(response)
        self._asked = None
        if directive is None:
            return ""
        intent = directive.get("updatedIntent") or envelope["request"].get("intent") or {}
        self._asked = asked_by(directive, intent, self.model)
        if self._asked is None:
            self._next = intent_request(whole(intent, self.model), "COMPLETED")
        elif not self._reprompt:
            self._reprompt = self._asked.step.prompt
        return self._asked.step.prompt if self._asked is not None else ""

    def _listens(self, envelope: dict[str, Any], response: dict[str, Any]) -> bool:
        """Whether the session is open and somebody is waited for."""
        asks = response.get("shouldEndSession") is False or dialog_directive(response) is not None
        return "session" in envelope and asks

    def _end(self) -> None:
        self.session, self._asked, self._next, self._reprompt, self.attributes = "", None, None, "", {}

    # -- what words mean -------------------------------------------------------------------------------------------

    def _meant(self, text: str) -> dict[str, Any]:
        """The request that Alexa makes of `text`."""
        word = text.strip().rstrip(".!").lower()
        if built_in := self._built_in(word):
            return intent_request(self._intent(built_in, {}))
        if self._asked is not None and (answered := answer(self._asked, text, self.model)) is not None:
            return answered
        found = self.model.meant(text) if self.model is not None else None
        if found is not None:
            return self._first(self._intent(found.intent, found.slots))
        name, slot = FREE_SPEECH
        if self.model is None or name in self.model.intents:
            return intent_request(self._intent(name, {slot: text}))
        return intent_request(self._intent("AMAZON.FallbackIntent", {}))

    def _built_in(self, word: str) -> str | None:
        asked = self._asked is not None and self._asked.step.kind != "slot"
        optional = IF_IN_MODEL.get(word)
        if optional is not None and self.model is not None and optional in self.model.intents and not asked:
            return optional
        return BUILT_IN.get(word)

    def _first(self, intent: dict[str, Any]) -> dict[str, Any]:
        """The first request about `intent`: a dialogue starts where the model has something to ask."""
        starts = self.model is not None and self.model.next_step(intent) is not None
        return intent_request(intent, "STARTED" if starts else "COMPLETED")

    def _intent(self, name: str, slots: Mapping[str, str], names: tuple[str, ...] = ()) -> dict[str, Any]:
        intent = whole({"name": name, "slots": {one: {"name": one} for one in (*names, *slots)}}, self.model)
        for slot, value in slots.items():
            intent = with_slot(intent, slot, self.model, value=value)
        return intent
