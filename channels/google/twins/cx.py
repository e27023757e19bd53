"""Dialogflow CX' twin: a person who types to an agent's flow, or calls it, where routes call a webhook."""

import base64
from pathlib import Path
from typing import Any

import msgspec

from channels.google.twins.credentials import TRUST, read_text, write_private
from channels.google.twins.cx_rules import refusals
from channels.google.twins.http import broken, content
from channels.google.twins.rich_rules import rich_lines
from shared.ssml import plain
from shared.testing.platforms import Answer, Heard, Sent, Twin

AGENT = "projects/nexus-simulator/locations/global/agents/00000000-0000-4000-8000-00000000c0de"
FLOW = f"{AGENT}/flows/00000000-0000-0000-0000-000000000000"
WELCOME = {
    "lastMatchedIntent": f"{AGENT}/intents/00000000-0000-0000-0000-000000000000",
    "displayName": "Default Welcome Intent",
    "confidence": 1.0,
}
_BASIC = "basic"


class DialogflowCxTwin(Twin):
    """One person in front of a chat, or with `caller` (a number such as +12025550123) on the telephone.

    `form` holds the parameters of the page's form with their values, None while they are empty.
    """

    name = "dialogflow-cx"
    path = "google"
    patience_s = 5.0

    caller = ""

    @classmethod
    def make(cls, folder: Path, now: float) -> None:
        """As Twin.make."""
        write_private(folder / _BASIC, f"simulator:{folder.stat().st_ino:x}-{int(now * 1e6):x}\n".encode())

    @classmethod
    def config(cls, folder: Path) -> dict[str, str]:
        """As Twin.config."""
        return {"basic": read_text(folder / _BASIC), "trust": TRUST}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.payload: dict[str, Any] = {"userId": self.user}
        self.form: dict[str, Any] = {}
        self._begin()

    def start(self) -> Heard:
        """The client opens the conversation with the event WELCOME."""
        return self.exchange(self.query({"triggerEvent": "WELCOME", "intentInfo": WELCOME}))

    def request(self, text: str) -> Sent:
        """As Twin.request: no route of the agent matches, so the page's no-match handler calls NEXUS."""
        asked = next((name for name, value in self.form.items() if value is None), "")
        if asked:
            self.form[asked] = text
        return self.query({"transcript" if self.caller else "text": text})

    def press(self, digits: str) -> Heard:
        """Press keys of the telephone."""
        return self.exchange(self.query({"dtmfDigits": digits}))

    def query(self, query: dict[str, Any]) -> Sent:
        """The request for any input, with user and password."""
        return self.sent(msgspec.json.encode(self.envelope(self.new_id(), query)))

    def calls(self, text: str, page: str) -> tuple[Sent, ...]:
        """What one turn sends where a route calls the webhook, leads to `page`, and that page's entry calls it twice more.

        All have the id of the one DetectIntent; page or tag differ.
        """
        response_id, query = self.new_id(), {"text": text}
        route = self.envelope(response_id, query)
        self.page = f"{FLOW}/pages/{page}"
        entries = [self.envelope(response_id, query, tag) for tag in ("nexus", "nexus.words")]
        return tuple(self.sent(msgspec.json.encode(one)) for one in (route, *entries))

    def envelope(self, response_id: str, query: dict[str, Any], tag: str = "nexus") -> dict[str, Any]:
        """The body of a request for any input, from a fulfillment with this tag."""
        payload = {"telephony": {"caller_id": self.caller}} if self.caller else self.payload
        return {
            "detectIntentResponseId": response_id,
            **query,
            "languageCode": self.locale.lower(),
            "fulfillmentInfo": {"tag": tag},
            "pageInfo": {"currentPage": self.page, "displayName": "Start Page", "formInfo": self._form_info()},
            "sessionInfo": {"session": self.session, "parameters": self.parameters},
            "messages": [
                {
                    "text": {"text": ["Just a moment."], "redactedText": ["Just a moment."]},
                    "responseType": "HANDLER_PROMPT",
                    "source": "VIRTUAL_AGENT",
                }
            ],
            "payload": payload,
            "languageInfo": {"inputLanguageCode": self.locale.lower(), "confidenceScore": 1.0},
        }

    def sent(self, body: bytes) -> Sent:
        """A request with this body, and the right user and password."""
        credential = base64.b64encode(read_text(self.folder / _BASIC).encode()).decode()
        headers = {
            "content-type": "application/json",
            "authorization": f"Basic {credential}",
            "user-agent": "Google-Dialogflow",
        }
        known = body.startswith(b'{"detectIntentResponseId"')
        return Sent(
            self.url, headers, body, msgspec.json.decode(body).get("detectIntentResponseId", "") if known else ""
        )

    def complaints(self, sent: Sent, answer: Answer) -> list[str]:
        """As Twin.complaints."""
        return broken(answer) or refusals(msgspec.json.decode(sent.body), content(answer))

    def heard(self, sent: Sent, answer: Answer) -> Heard:
        """As Twin.heard. On the telephone, what is made into sound is all there is."""
        said = content(answer)
        self._keep(said)
        reprompt = self.parameters.get("nexus_reprompt", "")
        ended = said.get("targetPage", "").endswith("/pages/END_SESSION")
        if ended:
            self._begin()
        messages = said.get("fulfillmentResponse", {}).get("messages", ())
        texts = [text for message in messages for text in message.get("text", {}).get("text", ())]
        voices = [_words(message["outputAudioText"]) for message in messages if "outputAudioText" in message]
        shown, choices = _shown(messages)
        return Heard(
            text="\n".join(voices if self.caller and voices else texts),
            shown=tuple(shown),
            choices=tuple(choices),
            reprompt=reprompt,
            open=not ended,
            answer=said,
        )

    # -- what Dialogflow keeps -------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self.session = f"{AGENT}/sessions/{self.new_id()}"
        self.page = f"{FLOW}/pages/START_PAGE"
        self.parameters: dict[str, Any] = {}

    def _keep(self, said: dict[str, Any]) -> None:
        merged = {**self.parameters, **said.get("sessionInfo", {}).get("parameters", {})}
        self.parameters = {name: value for name, value in merged.items() if value is not None}
        self.page = said.get("targetPage", self.page)
        for parameter in said.get("pageInfo", {}).get("formInfo", {}).get("parameterInfo", ()):
            invalid = parameter["state"] == "INVALID"
            self.form[parameter["displayName"]] = None if invalid else parameter.get("value")

    def _form_info(self) -> dict[str, Any]:
        return {
            "parameterInfo": [
                {
                    "displayName": name,
                    "required": True,
                    "state": "EMPTY" if value is None else "FILLED",
                    **({} if value is None else {"value": value}),
                }
                for name, value in self.form.items()
            ]
        }


def _words(audio: dict[str, str]) -> str:
    if "ssml" in audio:
        return plain(audio["ssml"].removeprefix("<speak>").removesuffix("</speak>"))
    return audio["text"]


def _shown(messages: Any) -> tuple[list[str], list[str]]:
    shown: list[str] = []
    choices: list[str] = []
    for message in messages:
        more, chips = rich_lines(message.get("payload", {}))
        sound = message.get("playAudio", {}).get("audioUri")
        shown, choices = [*shown, *more, *([sound] if sound else [])], [*choices, *chips]
    return shown, choices
