"""What every Alexa model of NEXUS has before skills come in: built-in intents, and the catch-alls with their `utterance` slot.

English ones are in channels/alexa/interaction_model.en-US.json, those of other languages in catch_all.toml.
"""

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

import channels.alexa
from infra.exports.source import Json

LOCALES = {
    "ar": ("ar-SA",),
    "de": ("de-DE",),
    "en": ("en-US", "en-AU", "en-CA", "en-GB", "en-IN"),
    "es": ("es-ES", "es-MX", "es-US"),
    "fr": ("fr-FR", "fr-CA"),
    "hi": ("hi-IN",),
    "it": ("it-IT",),
    "ja": ("ja-JP",),
    "nl": ("nl-NL",),
    "pt": ("pt-BR",),
}
"""Alexa's locales by language, the one that a bare language means first.

https://developer.amazon.com/docs/custom-skills/develop-skills-in-multiple-languages.html
"""

CATCH_ALL = "CatchAllIntent"
_ENGLISH = Path(channels.alexa.__file__).parent / "interaction_model.en-US.json"
_OTHERS = Path(__file__).parent / "catch_all.toml"


class _Words(Struct, frozen=True):
    """What a language needs."""

    invocation: str
    question: str
    samples: tuple[str, ...]


def frame(language: str) -> Json | None:
    """The model without skills, in the schema's form; None for a language that has no catch-all."""
    model: Json = msgspec.json.decode(_ENGLISH.read_bytes())["interactionModel"]
    if language == "en":
        return model
    words = msgspec.toml.decode(_OTHERS.read_bytes(), type=dict[str, _Words]).get(language)
    return _translated(model, words) if words is not None else None


def _translated(model: Json, words: _Words) -> Json:
    said = model["languageModel"]
    kept = [one for one in said["intents"] if one["name"].startswith("AMAZON.") or one["name"] == CATCH_ALL]
    intents = [{**one, "samples": list(words.samples)} if one["name"] == CATCH_ALL else one for one in kept]
    prompts: list[Any] = [
        {**one, "variations": [{"type": "PlainText", "value": words.question}]} for one in model["prompts"]
    ]
    return {
        **model,
        "languageModel": {**said, "invocationName": words.invocation, "intents": intents},
        "prompts": prompts,
    }
