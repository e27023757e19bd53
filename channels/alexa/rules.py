"""What Amazon refuses in an answer: the rules of its response reference, for the twin and for tests.

https://developer.amazon.com/docs/custom-skills/request-and-response-json-reference.html#response-format
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from channels.alexa.answer import MAX_BYTES, MAX_CARD, MAX_SPEECH, MAX_URL
from channels.alexa.kinds import Answer, answer_of
from shared.ssml import sanitise

_CARDS = {"Simple", "Standard", "LinkAccount", "AskForPermissionsConsent"}
_SPOKEN = ("outputSpeech", "card", "reprompt", "shouldEndSession")


def complaints(request: Mapping[str, Any], body: bytes) -> list[str]:
    """What is wrong with the answer `body` to the envelope `request`; nothing where Amazon would take it."""
    if len(body) > MAX_BYTES:
        return [f"the answer has {len(body)} bytes, more than {MAX_BYTES}"]
    try:
        answer = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        return [f"the answer is not JSON: {error}"]
    if not isinstance(answer, dict) or answer.get("version") != "1.0" or not isinstance(answer.get("response"), dict):
        return ["the answer must hold version 1.0 and a response"]
    response = answer["response"]
    found = [
        *_for_type(str(request["request"]["type"]), response),
        *_speech("outputSpeech", response.get("outputSpeech")),
    ]
    found += _speech("reprompt", (response.get("reprompt") or {}).get("outputSpeech"))
    return [*found, *_card(response.get("card")), *_directives(request, response)]


def _for_type(type_: str, response: dict[str, Any]) -> Iterator[str]:
    allowed = answer_of(type_)
    if allowed is Answer.NOTHING and response:
        yield f"{type_} takes an empty response"
    if allowed is Answer.CAN_FULFILL and set(response) != {"canFulfillIntent"}:
        yield f"{type_} takes canFulfillIntent and nothing else"
    if allowed is Answer.DIRECTIVES:
        yield from (f"{type_} takes no {field}" for field in _SPOKEN if field in response)
    if type_.startswith(("AudioPlayer.", "PlaybackController.")):
        for directive in response.get("directives", ()):
            if not str(directive.get("type")).startswith("AudioPlayer."):
                yield f"{type_} takes AudioPlayer directives only"


def _speech(where: str, speech: Any) -> Iterator[str]:
    if speech is None:
        return
    kind, text = speech.get("type"), speech.get("text", speech.get("ssml", ""))
    if kind not in ("PlainText", "SSML") or ("ssml" if kind == "SSML" else "text") not in speech:
        yield f"{where} is neither PlainText with text nor SSML with ssml"
    elif not 1 <= len(text) <= MAX_SPEECH:
        yield f"{where} has {len(text)} characters, not 1 to {MAX_SPEECH}"
    elif kind == "SSML" and not _well_formed(text):
        yield f"{where} is not well-formed SSML"


def _well_formed(ssml: str) -> bool:
    if not (ssml.startswith("<speak>") and ssml.endswith("</speak>")):
        return False
    fragment = ssml.removeprefix("<speak>").removesuffix("</speak>")
    return sanitise(fragment) == fragment


def _card(card: Any) -> Iterator[str]:
    if card is None:
        return
    if card.get("type") not in _CARDS:
        yield f"there is no card type {card.get('type')}"
    length = sum(len(card.get(field, "")) for field in ("title", "content", "text"))
    if length > MAX_CARD:
        yield f"the card has {length} characters, more than {MAX_CARD}"
    if (card.get("type"), "content" in card) in (("Simple", False), ("Standard", True)):
        yield "a Simple card has content, a Standard card has text"
    for url in (card.get("image") or {}).values():
        if not url.startswith("https://") or len(url) > MAX_URL:
            yield "a card's picture must be at an https address of at most 2,000 characters"


def _directives(request: Mapping[str, Any], response: dict[str, Any]) -> Iterator[str]:
    dialogs = [d for d in response.get("directives", ()) if str(d.get("type")).startswith("Dialog.")]
    if len(dialogs) > 1:
        yield "there may be one Dialog directive"
    for dialog in dialogs:
        if request["request"]["type"] != "IntentRequest":
            yield "Dialog directives answer IntentRequests only"
        if response.get("shouldEndSession") is not False:
            yield "a Dialog directive needs a session that stays open"
        intent = dialog.get("updatedIntent") or request["request"].get("intent", {})
        if dialog["type"] == "Dialog.ElicitSlot" and dialog.get("slotToElicit") not in intent.get("slots", {}):
            yield "slotToElicit must be a slot of the intent"
