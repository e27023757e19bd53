"""Intents and entity types of a Dialogflow CX agent, in the folders of its JSON package.

Pages, where CX keeps questions, are not of it: NEXUS asks by itself.
https://cloud.google.com/dialogflow/cx/docs/reference/json-export
"""

from collections.abc import Sequence
from typing import Any

from infra.exports.google import identity, lists, phrases, tag, type_of, understood
from infra.exports.source import Chosen, Export, Json, Losses, Meaning

MAX_NAME = 64  # characters of an intent's displayName


def export(chosen: Chosen, locales: Sequence[str]) -> Export:
    """`intents/NAME/NAME.json`, its `trainingPhrases/LANGUAGE.json`, and the same of entityTypes and entities."""
    losses: Losses = []
    files: dict[str, Any] = {}
    for locale in locales:
        for meaning in understood(chosen, locale, losses):
            if len(meaning.intent) > MAX_NAME:
                losses.append(meaning.lost("", f"a name has {MAX_NAME} characters at most"))
            else:
                _add_intent(files, meaning, tag(locale), losses)
        for name, is_open, entries in lists(chosen, locale, losses):
            files.setdefault(f"entityTypes/{name}/{name}.json", _entity_type(name, is_open))
            files[f"entityTypes/{name}/entities/{tag(locale)}.json"] = {
                "entities": [{**one, "languageCode": tag(locale)} for one in entries]
            }
    return Export(files, tuple(losses))


def _add_intent(files: dict[str, Any], meaning: Meaning, language: str, losses: Losses) -> None:
    folder = f"intents/{meaning.intent}"
    files.setdefault(f"{folder}/{meaning.intent}.json", _intent(meaning))
    said = [_phrase(meaning, parts, language, number) for number, parts in enumerate(phrases(meaning, losses))]
    files[f"{folder}/trainingPhrases/{language}.json"] = {"trainingPhrases": said}


def _intent(meaning: Meaning) -> Json:
    parameters = [
        {"id": slot, "entityType": type_of(meaning, slot), "isList": False, "redact": False}
        for slot in meaning.spec.slots
    ]
    return {
        "name": identity("cx", meaning.intent),
        "displayName": meaning.intent,
        "description": meaning.spec.summary,
        "priority": 500_000,
        "parameters": parameters,
    }


def _phrase(meaning: Meaning, parts: Sequence[tuple[str, str]], language: str, number: int) -> Json:
    """A sentence in parts; `auto` is false where CX did not mark them by itself."""
    cut: list[Json] = [
        {"text": text, "parameterId": slot, "auto": False} if slot else {"text": text, "auto": False}
        for text, slot in parts
    ]
    identifier = identity("cx", meaning.intent, language, number)
    return {"id": identifier, "parts": cut, "repeatCount": 1, "languageCode": language}


def _entity_type(name: str, is_open: bool) -> Json:
    expansion = {"autoExpansionMode": "AUTO_EXPANSION_MODE_DEFAULT"} if is_open else {}
    return {
        "name": identity("cx", "type", name),
        "displayName": name,
        "kind": "KIND_MAP",
        "enableFuzzyExtraction": True,
        **expansion,
    }
