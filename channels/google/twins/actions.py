"""The Assistant's twin: a person who talks to an Action that was built with Actions Builder, version 3."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa

from channels.google.twins.actions_rules import refusals
from channels.google.twins.credentials import CERTIFICATES, load_key, make_key, read_text, token
from channels.google.twins.http import broken, content
from shared.ssml import plain
from shared.testing.platforms import Answer, Heard, Sent, Twin

CAPABILITIES = ("SPEECH", "RICH_RESPONSE", "LONG_FORM_AUDIO", "WEB_LINK")
END = "actions.scene.END_CONVERSATION"
FREE_SPEECH = "anything"  # an intent whose training phrase is one parameter of free text

_PROJECT = "project_id"
_ALT = "alt"  # words for who cannot see a picture
_HOW = frozenset(
    ("align", "hint", "imageFill", "key", "mediaType", "optionalMediaControls", "repeatMode", "startOffset")
)
_LEAVE = frozenset({"cancel", "stop", "goodbye", "bye", "exit"})


class ActionsTwin(Twin):
    """One person in front of an Assistant that is signed in: what the Action stores for them is kept in the folder.

    `capabilities` are those of the device; `slots` are those of the scene, with their values, None while they are empty.
    """

    name = "google"
    path = "google"
    patience_s = 10.0

    @classmethod
    def make(cls, folder: Path, now: float) -> None:
        """As Twin.make."""
        make_key(folder, now)
        (folder / _PROJECT).write_text("nexus-simulator\n")

    @classmethod
    def config(cls, folder: Path) -> dict[str, str]:
        """As Twin.config."""
        return {"project_id": read_text(folder / _PROJECT), "certs": str(folder / CERTIFICATES)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.capabilities: tuple[str, ...] = CAPABILITIES
        self.slots: dict[str, Any] = {}
        self.session = ""  # none is open
        self._params: dict[str, Any] = {}

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return load_key(self.folder)

    def start(self) -> Heard:
        """Say "talk to NEXUS"."""
        self._end()
        return self.exchange(self.invocation("actions.intent.MAIN", "Talk to NEXUS"))

    def request(self, text: str) -> Sent:
        """As Twin.request: words for the slot that was asked for, a way to leave, or free speech."""
        asked = self._asked()
        if asked:
            self.slots[asked] = text
            return self.invocation("", text, {asked: {"original": text, "resolved": text}})
        if text.strip().rstrip(".!").lower() in _LEAVE:
            return self.invocation("actions.intent.CANCEL", text)
        return self.invocation(FREE_SPEECH, text, {"words": {"original": text, "resolved": text}})

    def silence(self) -> Heard | None:
        """As Twin.silence: the Assistant reports it once, where a session is open."""
        return self.exchange(self.invocation("actions.intent.NO_INPUT_1", "")) if self.session else None

    def invocation(self, intent: str, query: str, params: dict[str, Any] | None = None) -> Sent:
        """The request for any intent, signed."""
        return self.signed(msgspec.json.encode(self.envelope(intent, query, params)), self.new_id())

    def envelope(self, intent: str, query: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The body of a request for any intent. Opens a session if none is."""
        if not self.session:
            self.session, self._params = self.new_id(), {}
        return {
            "handler": {"name": "nexus"},
            "intent": {"name": intent, "params": params or {}, "query": query},
            "scene": {"name": "Main", "slotFillingStatus": "UNSPECIFIED", "slots": self._scene_slots()},
            "session": {"id": self.session, "params": self._params, "typeOverrides": [], "languageCode": ""},
            "user": {
                "locale": self.locale,
                "params": self._storage(),
                "accountLinkingStatus": "ACCOUNT_LINKING_STATUS_UNSPECIFIED",
                "verificationStatus": "VERIFIED",
                "packageEntitlements": [],
                "gaiamint": "",
                "permissions": [],
            },
            "home": {"params": {}},
            "device": {"capabilities": list(self.capabilities)},
        }

    def signed(self, body: bytes, token_id: str, at: float | None = None, **claims: Any) -> Sent:
        """A request with this body and a token of this id, issued `at` (Unix seconds; now if None)."""
        now = self.now() if at is None else at
        audience = read_text(self.folder / _PROJECT)
        own = token(self._key, audience, now, {"nbf": int(now) - 300, "jti": token_id, **claims})
        headers = {"content-type": "application/json;charset=UTF-8", "google-assistant-signature": own}
        return Sent(self.url, headers, body, token_id)

    def complaints(self, sent: Sent, answer: Answer) -> list[str]:
        """As Twin.complaints."""
        return broken(answer) or refusals(msgspec.json.decode(sent.body), content(answer))

    def heard(self, sent: Sent, answer: Answer) -> Heard:
        """As Twin.heard."""
        said = content(answer)
        self._keep(said)
        leaves = msgspec.json.decode(sent.body)["intent"]["name"] == "actions.intent.CANCEL"
        goes_on = said.get("scene", {}).get("next", {}).get("name") != END and not leaves
        if not goes_on:
            self._end()
        prompt = said.get("prompt", {})
        simples = [prompt[name] for name in ("firstSimple", "lastSimple") if name in prompt]
        return Heard(
            text="\n".join(text for simple in simples if (text := _spoken(simple))),
            shown=tuple(self._shown(prompt)),
            choices=tuple(chip["title"] for chip in prompt.get("suggestions", ())),
            reprompt=self._params.get("nexus_reprompt", "") if goes_on else "",
            open=goes_on,
            answer=said,
        )

    def _shown(self, prompt: dict[str, Any]) -> Iterator[str]:
        """What a screen shows besides what is heard: the first bubble, the rich content, the second bubble."""
        if "RICH_RESPONSE" not in self.capabilities:
            return
        yield from _bubble(prompt.get("firstSimple", {}))
        yield from _lines(prompt.get("content", {}))
        yield from _bubble(prompt.get("lastSimple", {}))

    # -- what Google keeps -----------------------------------------------------------------------------------------

    def _keep(self, said: dict[str, Any]) -> None:
        merged = {**self._params, **said.get("session", {}).get("params", {})}
        self._params = {name: value for name, value in merged.items() if value is not None}
        if "user" in said:
            self._file().write_bytes(msgspec.json.encode(said["user"].get("params", {})))
        for name, slot in said.get("scene", {}).get("slots", {}).items():
            self.slots[name] = slot.get("value")

    def _asked(self) -> str:
        """The first empty slot of the scene: the Assistant asks for it until it is filled."""
        return next((name for name, value in self.slots.items() if value is None), "")

    def _scene_slots(self) -> dict[str, Any]:
        return {
            name: {
                "mode": "REQUIRED",
                "status": "EMPTY" if value is None else "FILLED",
                "value": value,
                "updated": False,
            }
            for name, value in self.slots.items()
        }

    def _storage(self) -> dict[str, Any]:
        try:
            kept = msgspec.json.decode(self._file().read_bytes())
        except FileNotFoundError:
            return {}
        return kept if isinstance(kept, dict) else {}

    def _file(self) -> Path:
        return self.folder / f"storage-{self.user}.json"

    def _end(self) -> None:
        self.session, self._params = "", {}


def _spoken(simple: dict[str, str]) -> str:
    """What is heard; what is read where nothing is said."""
    speech = simple.get("speech", "")
    if speech.startswith("<speak>"):
        return plain(speech.removeprefix("<speak>").removesuffix("</speak>"))
    return speech or simple.get("text", "")


def _bubble(simple: dict[str, str]) -> list[str]:
    """What stands in a bubble, where it is something else than is heard."""
    text = simple.get("text", "")
    return [text] if text and text != _spoken(simple) else []


def _lines(content: Any) -> list[str]:
    """The texts and addresses of anything that is shown, one after the other; of a picture the words that stand for it, unless
    they are shown beside it."""
    texts = list(_texts(content))
    seen = {text for name, text in texts if name != _ALT}
    return [text for name, text in texts if name != _ALT or text not in seen]


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """All texts with the names of their fields, without those that say how something is shown."""
    if isinstance(value, str):
        if value and name not in _HOW:
            yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, name)
