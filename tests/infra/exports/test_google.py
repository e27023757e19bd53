"""Google's own types read what is exported for Dialogflow; Actions' files are of the SDK's shape."""

import json
from pathlib import PurePath
from typing import Any

import pytest
from google.cloud import dialogflow_v2 as es
from google.cloud import dialogflowcx_v3 as cx
from google.protobuf import json_format  # type: ignore[import-untyped]

from core.skillbook import LoadedSkill, SkillBook
from infra.cli.skills_export import text_of
from infra.exports.names import known_to_platforms
from infra.exports.source import Export

Files = dict[str, Any]


@pytest.fixture
def book(skills: tuple[LoadedSkill, ...]) -> SkillBook:
    """How the engine finds intents."""
    return SkillBook(known_to_platforms(skills))


def read(type_: Any, value: Files) -> Any:
    """A message that Google's type takes, unknown fields refused."""
    return json_format.ParseDict(value, type_.pb()(), ignore_unknown_fields=False)


def intents(book: SkillBook) -> set[str]:
    return {intent for one in book.loaded for intent in one.manifest.intents}


def test_es_intents_are_read_and_resolve(exported: dict[str, Export], book: SkillBook) -> None:
    files = exported["dialogflow"].files
    found = set()
    for path, value in files.items():
        if path.startswith("intents/") and "_usersays_" not in path and "Default " not in path:
            read(es.Intent, _es_intent(value, files, path))
            found.add(book.from_platform(value["name"]))
            assert {one["name"] for one in value["responses"][0]["parameters"]} <= set(book.spec(value["name"]).slots)
    assert found == intents(book)


def _es_intent(value: Files, files: Files, path: str) -> Files:
    """An exported intent in the words of the API."""
    phrases = [
        {"type": "EXAMPLE", "parts": [_es_part(part) for part in said["data"]]}
        for other, value in files.items()
        if other.startswith(path.removesuffix(".json") + "_usersays_")
        for said in value
    ]
    parameters = [
        {
            "displayName": one["name"],
            "entityTypeDisplayName": one["dataType"],
            "value": one["value"],
            "mandatory": one["required"],
            "prompts": [prompt["value"] for prompt in one["prompts"]],
        }
        for one in value["responses"][0]["parameters"]
    ]
    return {
        "displayName": value["name"],
        "trainingPhrases": phrases,
        "parameters": parameters,
        "webhookState": "WEBHOOK_STATE_ENABLED",
    }


def _es_part(part: Files) -> Files:
    names = {"text": "text", "alias": "alias", "meta": "entityType", "userDefined": "userDefined"}
    return {names[key]: value for key, value in part.items()}


def test_es_parameters_are_marked_and_typed(exported: dict[str, Export]) -> None:
    files = exported["dialogflow"].files
    for path, value in files.items():
        if "_usersays_" not in path:
            continue
        intent = files[f"{path.partition('_usersays_')[0]}.json"]
        types = {one["name"]: one["dataType"] for one in intent["responses"][0]["parameters"]}
        for said in value:
            assert sum(len(part["text"]) for part in said["data"]) <= 768
            assert all(part["meta"] == types[part["alias"]] for part in said["data"] if "alias" in part)
        assert all(t.startswith("@sys.") or f"entities/{t[1:]}.json" in files for t in types.values())


def test_es_entities_are_read(exported: dict[str, Export]) -> None:
    files = exported["dialogflow"].files
    for path, value in files.items():
        if path.startswith("entities/") and "_entries_" not in path:
            assert len(value["name"]) <= 30
            entries = [entries for other, entries in files.items() if other.startswith(f"{path[:-5]}_entries_")]
            assert entries
            for one in entries:
                read(es.EntityType, {"displayName": value["name"], "kind": "KIND_MAP", "entities": one})


def test_es_prompts_name_values_as_es_does(exported: dict[str, Export]) -> None:
    for path, value in exported["dialogflow"].files.items():
        if path.startswith("intents/") and "_usersays_" not in path:
            prompts = [one for parameter in value["responses"][0]["parameters"] for one in parameter["prompts"]]
            assert not [one for one in prompts if "{" in one["value"]]


def test_es_always_hears_us(exported: dict[str, Export]) -> None:
    files = exported["dialogflow"].files
    assert files["intents/Default Fallback Intent.json"]["fallbackIntent"] is True
    assert all(
        one["webhookUsed"] for path, one in files.items() if path.startswith("intents/") and "_usersays_" not in path
    )


def test_cx_intents_are_read_and_resolve(exported: dict[str, Export], book: SkillBook) -> None:
    files = exported["dialogflow-cx"].files
    found = set()
    for path, value in files.items():
        parts = PurePath(path).parts
        if parts[0] == "intents" and len(parts) == 3:
            read(cx.Intent, value)
            found.add(book.from_platform(value["displayName"]))
            known = {one["id"] for one in value["parameters"]}
            assert known <= set(book.spec(value["displayName"]).slots)
            _check_phrases(files, parts[1], known)
    assert found == intents(book)


def _check_phrases(files: Files, name: str, known: set[str]) -> None:
    for path, value in files.items():
        if path.startswith(f"intents/{name}/trainingPhrases/"):
            for said in value["trainingPhrases"]:
                cut = [{key: one for key, one in part.items() if key != "auto"} for part in said["parts"]]
                read(cx.Intent.TrainingPhrase, {"id": said["id"], "parts": cut, "repeatCount": said["repeatCount"]})
                assert {part["parameterId"] for part in cut if "parameterId" in part} <= known


def test_cx_entity_types_are_read(exported: dict[str, Export]) -> None:
    files = exported["dialogflow-cx"].files
    types = {f"@{PurePath(path).parts[1]}" for path in files if path.startswith("entityTypes/")}
    for path, value in files.items():
        parts = PurePath(path).parts
        if parts[0] == "entityTypes" and len(parts) == 3:
            read(cx.EntityType, value)
        elif parts[0] == "entityTypes":
            for one in value["entities"]:
                read(cx.EntityType.Entity, {key: word for key, word in one.items() if key != "languageCode"})
        elif len(parts) == 3:
            used = {one["entityType"] for one in value["parameters"]}
            assert {one for one in used if not one.startswith("@sys.")} <= types


def test_actions_files_are_read_and_resolve(exported: dict[str, Export], book: SkillBook) -> None:
    files = exported["actions"].files
    found = set()
    for path, value in files.items():
        assert json.loads(text_of(value)) == value  # and JSON is YAML
        parts = PurePath(path).parts
        if parts[:2] == ("custom", "intents") and len(parts) == 3:
            intent = book.from_platform(PurePath(path).stem)
            found.add(intent)
            known = {one["name"]: one["type"]["name"] for one in value.get("parameters", ())}
            assert set(known) <= set(book.spec(intent or "").slots)
            for type_ in known.values():
                assert type_.startswith("actions.type.") or f"custom/types/{type_}.yaml" in files
    assert found == intents(book)


def test_actions_ask_us_whatever_is_meant(exported: dict[str, Export], book: SkillBook) -> None:
    files = exported["actions"].files
    globals_ = {PurePath(path).stem: one for path, one in files.items() if path.startswith("custom/global/")}
    scene = globals_.pop("actions.intent.MAIN")["transitionToScene"]
    handled = {one["intent"] for one in files[f"custom/scenes/{scene}.yaml"]["intentEvents"]}
    assert {"actions.intent.NO_MATCH_1", "actions.intent.NO_INPUT_FINAL"} <= handled
    assert {"name": "nexus"} in files["webhooks/nexus.yaml"]["handlers"]
    assert {book.from_platform(name) for name in globals_} == intents(book)
    assert all(one == {"handler": {"webhookHandler": "nexus"}} for one in globals_.values())


def test_tools_are_schemas_and_resolve(exported: dict[str, Export], book: SkillBook) -> None:
    found = set()
    for one in exported["tools"].files["tools.en.json"]["tools"]:
        found.add(book.from_platform(one["name"]))
        properties = one["parameters"]["properties"]
        assert set(one["parameters"]["required"]) <= set(properties) <= set(book.spec(found_of(book, one)).slots)
        assert all(schema["description"] and schema["type"] for schema in properties.values())
        assert one["description"]
    assert found == intents(book)


def found_of(book: SkillBook, tool: Files) -> str:
    return book.from_platform(tool["name"]) or ""
