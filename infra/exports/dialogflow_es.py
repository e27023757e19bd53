"""A Dialogflow ES agent in the form that "Export and import" of its settings takes, unpacked: zip the folder to restore it.

https://cloud.google.com/dialogflow/es/docs/agents-settings#export
"""

from collections.abc import Sequence
from typing import Any

from infra.exports.google import identity, lists, phrases, tag, type_of, understood
from infra.exports.source import Chosen, Export, Json, Losses, Meaning
from shared.manifest import PLACEHOLDER

WELCOME, FALLBACK = "Default Welcome Intent", "Default Fallback Intent"


def export(chosen: Chosen, locales: Sequence[str]) -> Export:
    """One agent for all locales, the first of which is its own; every intent asks NEXUS' webhook."""
    losses: Losses = []
    files: dict[str, Any] = {"agent.json": _agent(locales), "package.json": {"version": "1.0.0"}}
    files |= {f"intents/{name}.json": value for name, value in _defaults().items()}
    for locale in locales:
        for meaning in understood(chosen, locale, losses):
            _add_intent(files, meaning, tag(locale), losses)
        for name, is_open, entries in lists(chosen, locale, losses):
            files.setdefault(f"entities/{name}.json", _entity(name, is_open))
            files[f"entities/{name}_entries_{tag(locale)}.json"] = entries
    return Export(files, tuple(losses))


def _agent(locales: Sequence[str]) -> Json:
    language, *others = map(tag, locales)
    return {
        "displayName": "nexus",
        "description": "NEXUS: what every skill understands. Made by `nexus skills export`.",
        "language": language,
        "supportedLanguages": others,
        "defaultTimezone": "Etc/UTC",
        "mlMinConfidence": 0.3,
        "webhook": {"available": True, "useForDomains": False, "cloudFunctionsEnabled": False},
    }


def _add_intent(files: dict[str, Any], meaning: Meaning, language: str, losses: Losses) -> None:
    """The intent with the phrases of a language; another language brings its phrases and prompts only."""
    path = f"intents/{meaning.intent}.json"
    intent = files.setdefault(path, _intent(meaning.intent, [_parameter(meaning, slot) for slot in meaning.spec.slots]))
    for parameter in intent["responses"][0]["parameters"]:
        words = meaning.prompts(parameter["name"]) if parameter["required"] else ()
        asked = [PLACEHOLDER.sub(r"$\1", one) for one in words]  # ES' way to name a value
        parameter["prompts"] += [{"lang": language, "value": one} for one in asked]
    files[f"intents/{meaning.intent}_usersays_{language}.json"] = [
        _said(meaning, parts, language, number) for number, parts in enumerate(phrases(meaning, losses))
    ]


def _intent(name: str, parameters: list[Json], **more: Any) -> Json:
    response = {"resetContexts": False, "action": name, "affectedContexts": [], "parameters": parameters}
    return {
        "id": identity("es", name),
        "name": name,
        "auto": True,
        "contexts": [],
        "responses": [{**response, "messages": [], "speech": []}],
        "priority": 500_000,
        "webhookUsed": True,
        "webhookForSlotFilling": False,
        "fallbackIntent": False,
        "events": [],
        **more,
    }


def _defaults() -> dict[str, Json]:
    """What opens a session, and what hears all else: both have the actions that NEXUS knows."""
    welcome, fallback = _intent(WELCOME, [], events=[{"name": "WELCOME"}]), _intent(FALLBACK, [], fallbackIntent=True)
    welcome["responses"][0]["action"], fallback["responses"][0]["action"] = "input.welcome", "input.unknown"
    return {WELCOME: welcome, FALLBACK: fallback}


def _parameter(meaning: Meaning, slot: str) -> Json:
    return {
        "id": identity("es", meaning.intent, slot),
        "name": slot,
        "required": meaning.spec.slots[slot].required and bool(meaning.prompts(slot)),
        "dataType": type_of(meaning, slot),
        "value": f"${slot}",
        "defaultValue": "",
        "isList": False,
        "prompts": [],
    }


def _said(meaning: Meaning, parts: Sequence[tuple[str, str]], language: str, number: int) -> Json:
    data: list[Json] = [
        {"text": text, "alias": slot, "meta": type_of(meaning, slot), "userDefined": True}
        if slot
        else {"text": text, "userDefined": False}
        for text, slot in parts
    ]
    return {
        "id": identity("es", meaning.intent, language, number),
        "data": data,
        "isTemplate": False,
        "count": 0,
        "lang": language,
        "updated": 0,
    }


def _entity(name: str, is_open: bool) -> Json:
    return {
        "id": identity("es", "type", name),
        "name": name,
        "isOverridable": True,
        "isEnum": False,
        "isRegexp": False,
        "automatedExpansion": is_open,
        "allowFuzzyExtraction": True,
    }
