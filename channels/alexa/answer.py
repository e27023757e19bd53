"""What is sent back to Alexa. Fields that are not set are left out.

https://developer.amazon.com/docs/custom-skills/request-and-response-json-reference.html#response-format
"""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

MAX_SPEECH = 8_000  # characters of an outputSpeech, <speak> included
MAX_CARD = 8_000  # characters of a card, all its texts together
MAX_URL = 2_000
MAX_BYTES = 24_000  # of an answer of ours: Amazon's older documents say so
MAX_ENVELOPE = 120_000  # of an answer that a mounted skill made: the newer ones, which skills with screens rely on


class PlainText(Struct, frozen=True, tag="PlainText", gc=False):
    """Words to be spoken."""

    text: str


class Ssml(Struct, frozen=True, tag="SSML", gc=False):
    """A whole SSML document, with <speak>."""

    ssml: str


class Reprompt(Struct, frozen=True, rename="camel"):
    """What is spoken when the person says nothing."""

    output_speech: PlainText | Ssml


class Image(Struct, frozen=True, rename="camel", gc=False):
    """A picture on a card, for small and for large screens."""

    small_image_url: str
    large_image_url: str


class SimpleCard(Struct, frozen=True, tag="Simple", gc=False):
    """A card of words."""

    title: str
    content: str


class StandardCard(Struct, frozen=True, tag="Standard"):
    """A card with a picture."""

    title: str
    text: str
    image: Image


class Response(Struct, frozen=True, rename="camel"):
    """The answer itself."""

    output_speech: PlainText | Ssml | UnsetType = UNSET
    card: SimpleCard | StandardCard | dict[str, Any] | UnsetType = UNSET
    reprompt: Reprompt | UnsetType = UNSET
    directives: list[Any] | UnsetType = UNSET
    api_response: Any = UNSET
    can_fulfill_intent: dict[str, Any] | UnsetType = UNSET
    should_end_session: bool | UnsetType = UNSET


class Answer(Struct, frozen=True, rename="camel", kw_only=True):
    """The whole body of an answer."""

    version: Literal["1.0"] = "1.0"
    response: Response
    session_attributes: dict[str, Any] | UnsetType = UNSET


encode = msgspec.json.Encoder().encode
