"""From a skill's response envelope to the common reply: sent as it is, with its words beside it for whoever asks later."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from channels.alexa.speech import words
from shared.effects import Effect
from shared.turn import Card, Reply

_PAUSES = re.compile(r"</?(?:break|p|s|audio)\b[^>]*>")
_TAGS = re.compile(r"<[^>]*>")
_SPACES = re.compile(r"\s+")


def reply_of(envelope: dict[str, Any], effects: tuple[Effect, ...]) -> Reply:
    """The reply that `envelope` is. `text` is what is spoken or, where nothing is, what the card says."""
    response = _object(envelope.get("response"))
    cards = tuple(_cards(_object(response.get("card"))))
    said = _spoken(response.get("outputSpeech"))
    return Reply(
        text=said or "\n".join(part for card in cards for part in (card.title, card.text) if part),
        cards=cards,
        reprompt=_spoken(_object(response.get("reprompt")).get("outputSpeech")) or None,
        expects_answer=response.get("shouldEndSession") is False,
        end_session=response.get("shouldEndSession") is True,
        effects=effects,
        native={"alexa": {"envelope": envelope}},
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _spoken(speech: Any) -> str:
    """The words of an outputSpeech, without SSML, whichever tags it has."""
    speech = _object(speech)
    if speech.get("type") != "SSML":
        return words(str(speech.get("text") or ""))
    text = _TAGS.sub("", _PAUSES.sub(" ", str(speech.get("ssml") or "")))
    return words(_SPACES.sub(" ", unescape(text)).strip())


def _cards(card: dict[str, Any]) -> Iterator[Card]:
    """The card, if it is one with words of its own."""
    title, text = card.get("title"), card.get("content") or card.get("text")
    if title or text:
        picture = _object(card.get("image")).get("largeImageUrl") or _object(card.get("image")).get("smallImageUrl")
        yield Card(words(str(title or "")), words(str(text or "")), picture if isinstance(picture, str) else None)
