"""The interaction model keeps Amazon's rules, and fits what the door understands.

https://developer.amazon.com/docs/custom-skills/create-intents-utterances-and-slots.html
https://developer.amazon.com/docs/custom-skills/slot-type-reference.html#amazonsearchquery
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from channels.alexa.parse import CATCH_ALL, UTTERANCE
from channels.alexa.twin import BUILT_IN

MODEL: dict[str, Any] = json.loads(Path("channels/alexa/interaction_model.en-US.json").read_text())["interactionModel"]
INTENTS: list[dict[str, Any]] = MODEL["languageModel"]["intents"]
CUSTOM = [intent for intent in INTENTS if not intent["name"].startswith("AMAZON.")]
WAKE_AND_LAUNCH_WORDS = {
    "alexa",
    "amazon",
    "echo",
    "computer",
    "open",
    "ask",
    "tell",
    "launch",
    "start",
    "run",
    "skill",
    "app",
}


def test_the_invocation_name_is_allowed() -> None:
    words = MODEL["languageModel"]["invocationName"].split()
    assert len(words) >= 2
    assert all(re.fullmatch("[a-z'.]+", word) for word in words)
    assert not WAKE_AND_LAUNCH_WORDS & set(words)


def test_intent_names_are_allowed_and_unique() -> None:
    names = [intent["name"] for intent in INTENTS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[A-Za-z_]+", intent["name"]) for intent in CUSTOM)
    required = {
        "AMAZON.CancelIntent",
        "AMAZON.HelpIntent",
        "AMAZON.StopIntent",
        "AMAZON.NavigateHomeIntent",
        "AMAZON.FallbackIntent",
    }
    assert required | set(BUILT_IN.values()) <= set(names)


@pytest.mark.parametrize("intent", CUSTOM, ids=lambda intent: intent["name"])
def test_free_speech_has_one_slot_and_a_carrier_phrase(intent: dict[str, Any]) -> None:
    assert [(slot["name"], slot["type"]) for slot in intent["slots"]] == [(UTTERANCE, "AMAZON.SearchQuery")]
    for sample in intent["samples"]:
        assert re.fullmatch(r"[a-z' ]+ \{utterance\}", sample)


def test_no_sample_stands_for_two_intents() -> None:
    samples = [sample for intent in INTENTS for sample in intent["samples"]]
    assert len(set(samples)) == len(samples)


def test_the_carrier_phrases_are_those_that_the_door_puts_back() -> None:
    for intent in CUSTOM:
        carrier = (
            re.sub("([A-Z])", r" \1", intent["name"].removeprefix("CatchAll").removesuffix("Intent")).strip().lower()
        )
        assert not carrier or f"{carrier} {{{UTTERANCE}}}" in intent["samples"]


def test_the_dialogue_can_ask_for_free_speech() -> None:
    [dialog] = MODEL["dialog"]["intents"]
    [slot] = dialog["slots"]
    prompts = {prompt["id"] for prompt in MODEL["prompts"]}
    assert (dialog["name"], slot["name"], slot["elicitationRequired"]) == (CATCH_ALL, UTTERANCE, True)
    assert slot["prompts"]["elicitation"] in prompts
    catch_all = next(intent for intent in INTENTS if intent["name"] == CATCH_ALL)
    assert catch_all["slots"][0]["samples"] == ["{utterance}"]
