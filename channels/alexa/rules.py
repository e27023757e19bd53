"""What Amazon refuses in an answer: the rules of its reference, with its own numbers, for the twin and for tests.

https://developer.amazon.com/docs/custom-skills/request-and-response-json-reference.html#response-format
https://developer.amazon.com/docs/custom-skills/dialog-interface-reference.html and those of the other interfaces
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

from channels.alexa.amazon.ssml import ssml_faults

MAX_BYTES = 24_000  # of the whole answer
MAX_SPEECH = 8_000  # characters of an outputSpeech, <speak> included
MAX_CARD = 8_000  # characters of a card: title, content, text and addresses of pictures together
MAX_PICTURE = 2_000  # characters of a picture's address
MAX_TOKEN = 1_024  # characters of the token of an audio stream
MAX_STREAM = 8_000  # characters of its address

Facts = Mapping[str, Any]


class _Part(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A part of an answer: nothing but what the reference names."""


class PlainText(_Part, frozen=True, tag="PlainText"):
    """Words to be spoken."""

    text: str
    play_behavior: Literal["ENQUEUE", "REPLACE_ALL", "REPLACE_ENQUEUED"] = "REPLACE_ALL"


class Ssml(_Part, frozen=True, tag="SSML"):
    """A document to be spoken."""

    ssml: str
    play_behavior: Literal["ENQUEUE", "REPLACE_ALL", "REPLACE_ENQUEUED"] = "REPLACE_ALL"


class Reprompt(_Part, frozen=True):
    """What is spoken when the person says nothing."""

    output_speech: PlainText | Ssml | None = None
    directives: list[dict[str, Any]] | None = None


class Image(_Part, frozen=True):
    """A picture on a card."""

    small_image_url: str | None = None
    large_image_url: str | None = None


class SimpleCard(_Part, frozen=True, tag="Simple"):
    """A card of words."""

    content: str
    title: str | None = None


class StandardCard(_Part, frozen=True, tag="Standard"):
    """A card with a picture."""

    text: str
    title: str | None = None
    image: Image | None = None


class LinkAccount(_Part, frozen=True, tag="LinkAccount"):
    """A card that asks to link an account."""


class Permissions(_Part, frozen=True, tag="AskForPermissionsConsent"):
    """A card that asks for permissions."""

    permissions: list[str]


class CanFulfill(_Part, frozen=True):
    """Whether the skill could do what was asked."""

    can_fulfill: Literal["YES", "NO", "MAYBE"]
    slots: dict[str, dict[str, Literal["YES", "NO", "MAYBE"]]] | None = None


class Response(_Part, frozen=True):
    """The answer itself."""

    output_speech: PlainText | Ssml | None = None
    card: SimpleCard | StandardCard | LinkAccount | Permissions | None = None
    reprompt: Reprompt | None = None
    directives: list[dict[str, Any]] | None = None
    should_end_session: bool | None = None
    can_fulfill_intent: CanFulfill | None = None
    api_response: Any = None
    experimentation: Any = None


class SkillAnswer(_Part, frozen=True):
    """The whole body."""

    version: str
    response: Response
    session_attributes: dict[str, Any] | None = None
    user_agent: str | None = None


def complaints(request: Facts, body: bytes) -> list[str]:
    """What is wrong with the answer `body` to the envelope `request`; nothing where Amazon would take it."""
    if len(body) > MAX_BYTES:
        return [f"the answer has {len(body)} bytes, more than {MAX_BYTES}"]
    try:
        answer = msgspec.json.decode(body, type=SkillAnswer)
        facts = msgspec.json.decode(body)["response"]
    except msgspec.DecodeError as error:
        return [f"the answer is not in Amazon's form: {error}"]
    if answer.version != "1.0":
        return [f"the version is {answer.version!r}, not 1.0"]
    type_, response = str(request["request"]["type"]), answer.response
    return [
        *_for_type(type_, response, facts),
        *_speech("outputSpeech", response.output_speech),
        *_speech("reprompt", response.reprompt.output_speech if response.reprompt else None),
        *_session(response, facts),
        *_card(response.card),
        *_directives(request, response),
    ]


# -- what each type of request takes -------------------------------------------------------------------------------

_NOTHING = (
    "SessionEndedRequest",
    "System.ExceptionEncountered",
    "AlexaSkillEvent.",
    "AlexaHouseholdListEvent.",
    "Reminders.",
    "Messaging.",
    "Alexa.Authorization.",
    "Alexa.DataStore.",
)
_NO_SPEECH = (
    "AudioPlayer.",
    "PlaybackController.",
    "Alexa.Advertisement.",
    "Alexa.Presentation.APL.Load",
)
_SPOKEN = ("outputSpeech", "card", "reprompt", "shouldEndSession")


def _for_type(type_: str, response: Response, facts: Facts) -> Iterator[str]:
    if (type_.startswith(_NOTHING) or type_.endswith(".RuntimeError")) and facts:
        yield f"{type_} takes an empty response"
    if type_.startswith(_NO_SPEECH):
        yield from (f"{type_} takes no {field}" for field in _SPOKEN if field in facts)
    if type_ == "CanFulfillIntentRequest" and set(facts) != {"canFulfillIntent"}:
        yield f"{type_} takes canFulfillIntent and nothing else"
    if type_ != "CanFulfillIntentRequest" and response.can_fulfill_intent is not None:
        yield f"{type_} takes no canFulfillIntent"
    if type_.startswith(("AudioPlayer.", "PlaybackController.")):
        for directive in response.directives or ():
            if not str(directive.get("type")).startswith("AudioPlayer."):
                yield f"{type_} takes AudioPlayer directives only"


# -- what is said and shown ----------------------------------------------------------------------------------------


def _speech(where: str, speech: PlainText | Ssml | None) -> Iterator[str]:
    if speech is None:
        return
    text = speech.text if isinstance(speech, PlainText) else speech.ssml
    if not 1 <= len(text) <= MAX_SPEECH:
        yield f"{where} has {len(text)} characters, not 1 to {MAX_SPEECH}"
    elif isinstance(speech, Ssml):
        yield from (f"{where}: {fault}" for fault in ssml_faults(text))


def _session(response: Response, facts: Facts) -> Iterator[str]:
    if response.reprompt is not None and response.should_end_session:
        yield "a reprompt needs a session that stays open"
    films = [one for one in response.directives or () if str(one.get("type")).startswith("VideoApp.")]
    if films and "shouldEndSession" in facts:
        yield "where a film starts, nothing may be said about shouldEndSession"


def _card(card: SimpleCard | StandardCard | LinkAccount | Permissions | None) -> Iterator[str]:
    if not isinstance(card, SimpleCard | StandardCard):
        return
    pictures: list[str] = []
    if isinstance(card, StandardCard) and card.image is not None:
        pictures = [url for url in (card.image.small_image_url, card.image.large_image_url) if url is not None]
    text = card.content if isinstance(card, SimpleCard) else card.text
    length = sum(map(len, (card.title or "", text, *pictures)))
    if length > MAX_CARD:
        yield f"the card has {length} characters, more than {MAX_CARD}, addresses of pictures included"
    for url in pictures:
        if not url.startswith("https://") or len(url) > MAX_PICTURE:
            yield f"a card's picture must be at an https address of at most {MAX_PICTURE} characters"


# -- directives ----------------------------------------------------------------------------------------------------

_DIALOGS = {
    "Dialog.Delegate",
    "Dialog.ElicitSlot",
    "Dialog.ConfirmSlot",
    "Dialog.ConfirmIntent",
    "Dialog.DelegateRequest",
}
_ALSO_DIALOG = "Dialog.UpdateDynamicEntities"  # no step of a dialogue
_INTERFACES = (
    "AudioPlayer",
    "VideoApp",
    "Alexa.Presentation.APL",
    "Alexa.Presentation.APLT",
    "Alexa.Presentation.HTML",
)


def _directives(request: Facts, response: Response) -> Iterator[str]:
    types = [str(directive.get("type", "")) for directive in response.directives or ()]
    if "" in types:
        yield "a directive has no type"
    yield from _for_device(request, types)
    for directive in response.directives or ():
        if directive.get("type") == "AudioPlayer.Play":
            yield from _stream(directive)
    dialogs = [one for one in response.directives or () if str(one.get("type")).startswith("Dialog.")]
    steps = [one for one in dialogs if one["type"] != _ALSO_DIALOG]
    if len(steps) > 1:
        yield "there may be one Dialog directive"
    for step in steps:
        yield from _dialog(request["request"], step, response)


def _for_device(request: Facts, types: list[str]) -> Iterator[str]:
    """Directives for what the device has not."""
    device = request.get("context", {}).get("System", {}).get("device")
    if device is None:
        return
    has = device.get("supportedInterfaces", {})
    for type_ in types:
        interface, dot, _ = type_.rpartition(".")
        if dot and interface in _INTERFACES and interface not in has:
            yield f"the device has no {interface}, so it takes no {type_}"


def _stream(directive: Facts) -> Iterator[str]:
    item = directive.get("audioItem")
    stream = item.get("stream") if isinstance(item, dict) else None
    if not isinstance(stream, dict):
        yield "AudioPlayer.Play needs audioItem.stream"
        return
    url, token, behaviour = stream.get("url"), stream.get("token"), directive.get("playBehavior")
    if not isinstance(url, str) or not url.startswith("https://") or len(url) > MAX_STREAM:
        yield f"a stream must be at an https address of at most {MAX_STREAM} characters"
    if not isinstance(token, str) or not 1 <= len(token) <= MAX_TOKEN:
        yield f"a stream needs a token of 1 to {MAX_TOKEN} characters"
    if behaviour not in ("REPLACE_ALL", "ENQUEUE", "REPLACE_ENQUEUED"):
        yield "AudioPlayer.Play needs a playBehavior"
    if ("expectedPreviousToken" in stream) != (behaviour == "ENQUEUE"):
        yield "expectedPreviousToken belongs to the playBehavior ENQUEUE, and to no other"


def _dialog(asked: Facts, step: Facts, response: Response) -> Iterator[str]:
    type_ = str(step["type"])
    if type_ not in _DIALOGS:
        yield f"there is no directive {type_}"
        return
    updated = step.get("updatedIntent")
    if asked["type"] != "IntentRequest" and not (asked["type"] == "LaunchRequest" and updated):
        yield "Dialog directives answer IntentRequests, and LaunchRequests only with an updatedIntent"
    if response.should_end_session:
        yield "a Dialog directive needs a session that stays open"
    if type_ == "Dialog.Delegate" and (response.output_speech or response.reprompt):
        yield "with Dialog.Delegate Alexa speaks: no outputSpeech, no reprompt"
    if type_ == "Dialog.Delegate" and not updated and asked.get("dialogState") == "COMPLETED":
        yield "a dialogue that is COMPLETED cannot be delegated"
    if type_ in ("Dialog.ElicitSlot", "Dialog.ConfirmSlot"):
        yield from _slot(asked, step, "slotToElicit" if type_ == "Dialog.ElicitSlot" else "slotToConfirm")


def _slot(asked: Facts, step: Facts, field: str) -> Iterator[str]:
    intent = step.get("updatedIntent") or asked.get("intent") or {}
    slots = intent.get("slots") or {}
    if step.get(field) not in slots:
        yield f"{field} must be a slot of the intent"
    elif field == "slotToConfirm" and not slots[step[field]].get("value"):
        yield "slotToConfirm must have a value"
