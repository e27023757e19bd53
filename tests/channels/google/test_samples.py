"""Every sample of a real request: what it becomes, and what it is answered with."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from channels.google.adapter import GoogleAdapter
from channels.google.twins import actions_rules, cx_rules, es_rules
from shared.testing.adapter.values import turn_of
from shared.turn import Elicit, Kind, PlatformIntent, Reply, Request, SlotValue
from tests.channels.google.conftest import SAMPLES

_RULES = {"actions": actions_rules.refusals, "es": es_rules.refusals, "cx": cx_rules.refusals}
_ANSWER = Reply(
    text="Which city?", reprompt="Tell me a city.", expects_answer=True, elicit=Elicit("clock.time", "place")
)

Understand = Callable[[str, bytes], Request]


def sample(form: str, name: str) -> bytes:
    """A sample's body."""
    return (SAMPLES / form / f"{name}.json").read_bytes()


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*/*.json")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_becomes_of_it(
    path: Path, door: GoogleAdapter, understand: Understand, golden: Callable[[str, Any], None]
) -> None:
    form, body = path.parent.name, path.read_bytes()
    request = understand(form, body)
    answer = json.loads(door.render(request, turn_of(request, _ANSWER)).body)
    assert _RULES[form](json.loads(body), answer) == []
    golden(f"samples-{form}-{path.stem}", {"request": msgspec.to_builtins(request), "answer": answer})


@pytest.mark.parametrize(
    ("form", "name", "kind", "text", "intent"),
    [
        ("actions", "main_first_time", Kind.OPEN, "", None),
        ("actions", "no_match", Kind.UTTERANCE, "what time is it in Tokyo", None),
        ("actions", "no_input", Kind.UTTERANCE, "", "actions.intent.NO_INPUT_1"),
        ("actions", "cancel", Kind.UTTERANCE, "never mind", "actions.intent.CANCEL"),
        ("actions", "slot_filled", Kind.UTTERANCE, "Tokyo", None),
        ("actions", "slot_filled_by_tapping", Kind.UTTERANCE, "Tokyo", None),
        ("actions", "media_finished", Kind.EVENT, "", None),
        ("actions", "scene_entered", Kind.EVENT, "", None),
        ("es", "welcome_event", Kind.OPEN, "", None),
        ("es", "welcome_typed", Kind.OPEN, "hi there", None),
        ("es", "fallback", Kind.UTTERANCE, "what time is it in Tokyo", None),
        ("es", "fallback_of_another_name", Kind.UTTERANCE, "was kannst du?", None),
        ("es", "followup_event", Kind.UTTERANCE, "", "notes.remember"),
        ("es", "event_without_intent", Kind.EVENT, "", None),
        ("cx", "welcome_event", Kind.OPEN, "", None),
        ("cx", "welcome_typed", Kind.OPEN, "hello", None),
        ("cx", "negative_intent", Kind.UTTERANCE, "mumble", None),
        ("cx", "words_although_an_intent_was_matched_before", Kind.UTTERANCE, "what about Paris", None),
        ("cx", "spoken", Kind.UTTERANCE, "what time is it in tokyo", None),
        ("cx", "keys_pressed", Kind.ACTION, "1234#", None),
        ("cx", "event", Kind.EVENT, "", None),
        ("cx", "intent_triggered", Kind.UTTERANCE, "", "clock.time"),
        ("cx", "silence", Kind.UTTERANCE, "", None),
    ],
)
def test_kind_words_and_intent(
    form: str, name: str, kind: Kind, text: str, intent: str | None, understand: Understand
) -> None:
    request = understand(form, sample(form, name))
    assert (request.kind, request.text) == (kind, text)
    assert (request.intent.name if request.intent else None) == intent


def test_parameters_become_slots(understand: Understand) -> None:
    assert understand("actions", sample("actions", "intent_with_parameters")).intent == PlatformIntent(
        "clock.time",
        {"place": SlotValue("Tokyo", "tokyo"), "day": SlotValue("Friday", {"year": 2023, "month": 6, "day": 9})},
    )
    assert understand("es", sample("es", "intent_with_parameters")).intent == PlatformIntent(
        "clock.time",
        {
            "place": SlotValue("tokyo", "Tokyo"),
            "day": SlotValue("Friday", "2026-11-27T12:00:00+01:00"),
            "people": SlotValue("two", 2.0),
            "list": SlotValue("a, b", ["a", "b"]),
        },
    )
    assert understand("cx", sample("cx", "intent_with_parameters")).intent == PlatformIntent(
        "clock.time",
        {
            "place": SlotValue("Tokyo", "tokyo"),
            "day": SlotValue("Friday", {"year": 2026.0, "month": 11.0, "day": 27.0}),
        },
    )


def test_message_ids_are_those_that_google_repeats(understand: Understand) -> None:
    assert understand("actions", sample("actions", "no_match")).message_id == "jti-1"
    assert understand("es", sample("es", "fallback")).message_id == "3c2b1a00-4f5e-4d6c-8b7a-a1b2c3d4e5f6-7a8b9c0d"
    called = understand("cx", sample("cx", "no_match")).message_id
    assert called == "06b6e1e6-c022-48ac-9481-911bff577d55.a764eca91ae770b3"  # with tag and page


@pytest.mark.parametrize(
    ("form", "name", "locale"),
    [
        ("actions", "main_guest", "de-DE"),
        ("actions", "no_match", "en-US"),
        ("es", "fallback_of_another_name", "de"),
        ("cx", "spoken", "en-US"),
        ("es", "assistant", "en-US"),
    ],
)
def test_locales(form: str, name: str, locale: str, understand: Understand) -> None:
    assert understand(form, sample(form, name)).locale == locale


@pytest.mark.parametrize(
    ("form", "name", "screen", "speech", "player"),
    [
        ("actions", "no_match", True, True, True),
        ("actions", "speaker", False, True, True),
        ("es", "fallback", True, False, False),
        ("es", "telephone", False, True, False),
        ("es", "assistant", True, True, True),
        ("es", "assistant_speaker", False, True, False),
        ("cx", "no_match", True, False, False),
        ("cx", "spoken", True, True, False),
        ("cx", "telephone", False, True, False),
        ("cx", "keys_pressed", False, True, False),
    ],
)
def test_devices(form: str, name: str, screen: bool, speech: bool, player: bool, understand: Understand) -> None:
    device = understand(form, sample(form, name)).device
    assert (device.screen, device.speech, device.audio_player) == (screen, speech, player)
