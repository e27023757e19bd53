"""What a person in front of the device hears and sees of a skill's answer."""

from collections.abc import Iterator, Mapping
from typing import Any

from channels.alexa.amazon.ssml import ssml_clips, ssml_words
from shared.testing.platforms import Heard


class AlexaHeard(Heard, frozen=True, kw_only=True):
    """What the person hears and sees, with both envelopes. `meanwhile` was spoken before the answer came."""

    request: dict[str, Any]
    meanwhile: tuple[str, ...] = ()

    @property
    def speech(self) -> str:
        """The words that were spoken."""
        return self.text

    @property
    def response(self) -> dict[str, Any]:
        """The skill's whole answer."""
        found: dict[str, Any] = self.answer
        return found

    @property
    def card(self) -> dict[str, Any] | None:
        """The card, as the skill sent it."""
        found: dict[str, Any] | None = self.response["response"].get("card")
        return found


def ends(response: Mapping[str, Any]) -> bool:
    """Whether the session is over. Where nothing is said of it, what is on the screen keeps it open for a while."""
    types = [str(directive.get("type")) for directive in response.get("directives") or ()]
    on_screen = any(type_.endswith((".RenderDocument", ".Start", ".Launch", ".RenderTemplate")) for type_ in types)
    return response.get("shouldEndSession") is True or not on_screen


def words(speech: Mapping[str, str] | None) -> str:
    """The words of an outputSpeech."""
    if speech is None:
        return ""
    return ssml_words(speech["ssml"]) if "ssml" in speech else speech["text"]


def shown(response: Mapping[str, Any]) -> Iterator[str]:
    """The card and what is played, a line each."""
    yield from (f"(plays {url})" for url in ssml_clips((response.get("outputSpeech") or {}).get("ssml", "")))
    card = response.get("card") or {}
    if card.get("type") == "LinkAccount":
        yield "(a card to link the account)"
    if card.get("type") == "AskForPermissionsConsent":
        yield f"(a card that asks for {', '.join(card['permissions'])})"
    pictures = dict.fromkeys((card.get("image") or {}).values())
    yield from (line for line in (card.get("title"), card.get("content") or card.get("text"), *pictures) if line)
    for directive in response.get("directives") or ():
        if directive["type"] == "AudioPlayer.Play":
            yield f"(plays {directive['audioItem']['stream']['url']})"
        if directive["type"] == "VideoApp.Launch":
            yield f"(shows {directive['videoItem']['source']})"
