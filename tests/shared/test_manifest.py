"""What a manifest says of lists of values: by identifiers or by names."""

from typing import Any

import msgspec

from shared.manifest import SkillLocale, SkillManifest, SlotSpec, complaints, fitted

MANIFEST = """
name = "shutter"
title = "Shutters"
summary = "I move shutters."
entry = "skill:Shutter"
[types.action]
ids = true
[types.room]
[intents."shutter.move"]
summary = "Moves a shutter."
slots = { action = { type = "action" }, room = { type = "room" } }
"""
GERMAN = """
[types.action]
up = ["hoch", "rauf"]
down = ["runter"]
[types.room]
"Küche" = ["Kochnische"]
"""


def read(text: str, kind: Any) -> Any:
    return msgspec.toml.decode(text, type=kind)


def german(text: str = GERMAN) -> tuple[SkillManifest, SkillLocale]:
    manifest = read(MANIFEST, SkillManifest)
    return manifest, fitted(read(text, SkillLocale), manifest)


def test_a_value_by_identifier_is_called_by_its_first_synonym() -> None:
    _, locale = german()
    assert locale.shown("action", "up") == "hoch"
    assert locale.shown("room", "Küche") == "Küche"
    assert locale.names("action") == {"hoch": ("rauf",), "runter": ()}
    assert locale.names("room") == {"Küche": ("Kochnische",)}


def test_identifiers_are_no_examples() -> None:
    _, locale = german()
    assert locale.values("action", SlotSpec("action")) == ("hoch", "rauf", "runter")
    assert locale.values("room", SlotSpec("room")) == ("Küche", "Kochnische")


def test_an_identifier_needs_a_word_in_every_language() -> None:
    manifest, good = german()
    _, bad = german(GERMAN.replace('down = ["runter"]', "down = []"))
    assert complaints(manifest, {"de": good}) == []
    assert complaints(manifest, {"en": good, "de": bad}) == ["locales/de.toml has no word for down in [types.action]"]
