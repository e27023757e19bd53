"""Dialogflow ES' twin: a person who talks to an agent whose intents call a webhook, version 2."""

from pathlib import Path
from typing import Any

import msgspec

from channels.google.twins.credentials import TRUST, read_text, write_private
from channels.google.twins.es_rules import refusals
from channels.google.twins.http import broken, content
from channels.google.twins.rich_rules import rich_lines
from shared.ssml import plain
from shared.testing.platforms import Answer, Heard, Sent, Twin

_FILE = "token"
_FOLLOWUPS = 3  # events that a webhook may trigger one after the other


class DialogflowTwin(Twin):
    """One person in front of a client of the agent. `source` and `payload` are what an integration would send along."""

    name = "dialogflow"
    path = "google"
    patience_s = 5.0

    source = ""

    @classmethod
    def make(cls, folder: Path, now: float) -> None:
        """As Twin.make."""
        write_private(folder / _FILE, f"simulator-{folder.stat().st_ino:x}-{int(now * 1e6):x}\n".encode())

    @classmethod
    def config(cls, folder: Path) -> dict[str, str]:
        """As Twin.config."""
        return {"token": read_text(folder / _FILE), "trust": TRUST}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session = f"projects/nexus-simulator/agent/sessions/{self.new_id()}"
        self.payload: dict[str, Any] = {"userId": self.user}
        self.contexts: dict[str, tuple[int, dict[str, Any]]] = {}  # by short name: how many turns more, and parameters

    def start(self) -> Heard:
        """The client triggers the event WELCOME."""
        intent = {"displayName": "Default Welcome Intent", "name": self._intent("welcome")}
        return self.exchange(self.query("WELCOME", intent, action="input.welcome"))

    def request(self, text: str) -> Sent:
        """As Twin.request: no intent of the agent matches, so its fallback intent calls NEXUS."""
        intent = {"displayName": "Default Fallback Intent", "name": self._intent("fallback"), "isFallback": True}
        return self.query(text, intent, action="input.unknown")

    def query(
        self, text: str, intent: dict[str, Any], parameters: dict[str, Any] | None = None, action: str = ""
    ) -> Sent:
        """The request for any intent, with the token. What is active lives one turn less."""
        body = msgspec.json.encode(self.envelope(self.new_id(), text, intent, parameters, action))
        self._age()
        return self.sent(body)

    def envelope(
        self,
        response_id: str,
        text: str,
        intent: dict[str, Any],
        parameters: dict[str, Any] | None = None,
        action: str = "",
    ) -> dict[str, Any]:
        """The body of a request for any intent."""
        active = [
            {"name": f"{self.session}/contexts/{name}", "lifespanCount": turns, "parameters": kept}
            for name, (turns, kept) in self.contexts.items()
        ]
        return {
            "responseId": response_id,
            "queryResult": {
                "queryText": text,
                "action": action,
                "parameters": parameters or {},
                "allRequiredParamsPresent": True,
                "fulfillmentText": "",
                "fulfillmentMessages": [{"text": {"text": [""]}}],
                "outputContexts": active,
                "intent": intent,
                "intentDetectionConfidence": 1.0,
                "languageCode": self.locale.lower(),
                "sentimentAnalysisResult": {"queryTextSentiment": {"score": 0.1}},
            },
            "originalDetectIntentRequest": {"source": self.source, "payload": self.payload},
            "session": self.session,
        }

    def sent(self, body: bytes) -> Sent:
        """A request with this body and the right token."""
        headers = {
            "content-type": "application/json",
            "authorization": f"Bearer {read_text(self.folder / _FILE)}",
            "user-agent": "Google-Dialogflow",
        }
        message_id = msgspec.json.decode(body).get("responseId", "") if body.startswith(b'{"responseId"') else ""
        return Sent(self.url, headers, body, message_id)

    def exchange(self, sent: Sent) -> Heard:
        """As Twin.exchange; events that the answer triggers are followed."""
        heard = super().exchange(sent)
        for _ in range(_FOLLOWUPS):
            event = heard.answer.get("followupEventInput")
            if event is None:
                break
            intent = {"displayName": event["name"], "name": self._intent(event["name"])}
            self.contexts[event["name"].lower()] = (1, event.get("parameters", {}))
            heard = super().exchange(self.query(event["name"], intent, event.get("parameters")))
        return heard

    def complaints(self, sent: Sent, answer: Answer) -> list[str]:
        """As Twin.complaints."""
        return broken(answer) or refusals(msgspec.json.decode(sent.body), content(answer))

    def heard(self, sent: Sent, answer: Answer) -> Heard:
        """As Twin.heard: what a client shows that knows the messages of every platform."""
        said = content(answer)
        self._keep(said)
        messages = said.get("fulfillmentMessages", ())
        texts = [_words(text) for message in messages for text in message.get("text", {}).get("text", ())]
        shown, choices = _shown(messages)
        google = said.get("payload", {}).get("google")
        return Heard(
            text="\n".join(texts) or said.get("fulfillmentText", ""),
            shown=tuple(dict.fromkeys(shown)),
            choices=tuple(dict.fromkeys(choices)),
            reprompt=self.contexts.get("nexus", (0, {}))[1].get("reprompt", ""),
            open=google["expectUserResponse"] if google else None,
            answer=said,
        )

    # -- what Dialogflow keeps -------------------------------------------------------------------------------------

    def _keep(self, said: dict[str, Any]) -> None:
        for context in said.get("outputContexts", ()):
            name = context["name"].rpartition("/")[2]
            self.contexts[name] = (context.get("lifespanCount", 0), context.get("parameters", {}))
        self.contexts = {name: kept for name, kept in self.contexts.items() if kept[0] > 0}

    def _age(self) -> None:
        self.contexts = {name: (turns - 1, kept) for name, (turns, kept) in self.contexts.items() if turns > 1}

    def _intent(self, name: str) -> str:
        return f"projects/nexus-simulator/agent/intents/{name}"


def _words(text: str) -> str:
    return plain(text.removeprefix("<speak>").removesuffix("</speak>")) if text.startswith("<speak>") else text


def _shown(messages: Any) -> tuple[list[str], list[str]]:
    shown: list[str] = []
    choices: list[str] = []
    for message in messages:
        card, image = message.get("card", {}), message.get("image", {})
        shown += [card[name] for name in ("title", "subtitle", "imageUri") if card.get(name)]
        shown += [button["postback"] for button in card.get("buttons", ())]
        shown += [image[name] for name in ("accessibilityText", "imageUri") if image.get(name)]
        choices += message.get("quickReplies", {}).get("quickReplies", ())
        more, chips = rich_lines(message.get("payload", {}))
        shown, choices = shown + more, choices + chips
    return shown, choices
