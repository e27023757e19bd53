"""What Amazon would refuse is not in a model, and what its model resolves is ours.

https://developer.amazon.com/docs/custom-skills/create-intents-utterances-and-slots.html
https://developer.amazon.com/docs/smapi/interaction-model-schema.html
"""

import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.alexa.amazon.interaction import InteractionModel
from channels.alexa.parse import CATCH_ALL, UTTERANCE
from core.skillbook import LoadedSkill, SkillBook
from infra.exports.alexa_frame import LOCALES, frame
from infra.exports.alexa_samples import SEARCH, sample_of, spelt
from infra.exports.names import known_to_platforms
from infra.exports.platforms import exports
from infra.plugins import load_plugins, load_skill
from shared.manifest import PLACEHOLDER
from tests.infra.exports.conftest import CINEMA

NAME = re.compile("[A-Za-z]([A-Za-z_]*[A-Za-z])?")
SKILLS = {"cinema": (load_skill(CINEMA),), "shipped": load_plugins(None).skills}
SAID = re.compile(r"[^\W\d_'][^\W\d_]*|'[^\W\d_]+")


@pytest.fixture(params=["cinema en-US", "cinema de-DE", "shipped en-US"])
def model(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A model."""
    which, locale = request.param.split()
    made = exports(SKILLS[which], (), ("alexa",), (locale,))["alexa"]
    found: dict[str, Any] = made.files[f"interaction_model.{locale}.json"]
    return found


@pytest.fixture
def skills(request: pytest.FixtureRequest) -> tuple[LoadedSkill, ...]:
    """The skills that the model is of."""
    return SKILLS[request.node.callspec.params["model"].split()[0]]


def intents_of(model: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = model["interactionModel"]["languageModel"]["intents"]
    return found


def test_names_are_allowed_and_unique(model: dict[str, Any]) -> None:
    names = [one["name"] for one in intents_of(model)]
    assert len({name.casefold() for name in names}) == len(names) <= 250
    for one in intents_of(model):
        assert one["name"].startswith("AMAZON.") or NAME.fullmatch(one["name"])
        assert all(NAME.fullmatch(slot["name"]) for slot in one.get("slots", ()))
    assert all(NAME.fullmatch(one["name"]) for one in model["interactionModel"]["languageModel"]["types"])


def test_types_are_amazons_or_defined(model: dict[str, Any]) -> None:
    types = {one["name"]: one["values"] for one in model["interactionModel"]["languageModel"]["types"]}
    for one in intents_of(model):
        for slot in one.get("slots", ()):
            assert slot["type"].startswith("AMAZON.") or slot["type"] in types
    for values in types.values():
        words = Counter(word.casefold() for one in values for word in (one["name"]["value"], *one["name"]["synonyms"]))
        assert values
        assert set(words.values()) == {1}
        assert len({one["id"] for one in values}) == len(values)


def test_samples_are_allowed(model: dict[str, Any]) -> None:
    for one in intents_of(model):
        slots = {slot["name"]: slot["type"] for slot in one.get("slots", ())}
        assert one["name"].startswith("AMAZON.") or one["samples"]
        for sample in one["samples"]:
            used = PLACEHOLDER.findall(sample)
            words = PLACEHOLDER.sub("", sample).replace(".", " ")
            assert len(sample) <= 200
            assert sample == sample.lower() or used
            assert all(SAID.fullmatch(word) or "'" in word for word in words.split()), sample
            assert set(used) <= set(slots)
            assert len(set(used)) == len(used)
            if any(slots[name] == SEARCH for name in used):
                assert len(used) == 1
                assert words.strip(" '")


def test_no_sample_stands_for_two_intents(model: dict[str, Any]) -> None:
    shapes = [{PLACEHOLDER.sub("{}", sample) for sample in one["samples"]} | {one["name"]} for one in intents_of(model)]
    assert set(Counter(shape for found in shapes for shape in found).values()) == {1}


def test_the_catch_all_is_kept(model: dict[str, Any]) -> None:
    [catch_all] = [one for one in intents_of(model) if one["name"] == CATCH_ALL]
    assert [(slot["name"], slot["type"]) for slot in catch_all["slots"]] == [(UTTERANCE, SEARCH)]
    assert catch_all["samples"]


def test_dialogues_ask_what_they_say(model: dict[str, Any]) -> None:
    prompts = {one["id"]: one["variations"] for one in model["interactionModel"]["prompts"]}
    slots = {one["name"]: [slot["name"] for slot in one.get("slots", ())] for one in intents_of(model)}
    used = set()
    for dialog in model["interactionModel"]["dialog"]["intents"]:
        assert [slot["name"] for slot in dialog["slots"]] == slots[dialog["name"]]
        assert dialog["confirmationRequired"] == ("confirmation" in dialog["prompts"])
        for asked in (dialog, *dialog["slots"]):
            used |= set(asked["prompts"].values())
    assert used == set(prompts)
    assert all(1 <= len(variations) <= 5 for variations in prompts.values())


def test_what_it_resolves_is_ours(model: dict[str, Any], skills: tuple[LoadedSkill, ...]) -> None:
    book = SkillBook(known_to_platforms(skills))
    ours = {intent: spec for one in skills for intent, spec in one.manifest.intents.items()}
    frame_names = {one["name"] for one in (frame("en") or {})["languageModel"]["intents"]}
    for one in intents_of(model):
        intent = book.from_platform(one["name"])
        if intent is None:
            assert one["name"] in frame_names
        else:
            assert {slot["name"] for slot in one.get("slots", ())} <= set(ours[intent].slots)


def test_what_is_said_comes_to_the_right_handler(model: dict[str, Any], skills: tuple[LoadedSkill, ...]) -> None:
    book, read = SkillBook(known_to_platforms(skills)), InteractionModel.read(model)
    asked = 0
    for one in intents_of(model):
        for sample in one["samples"]:
            if "{" not in sample:
                meant = read.meant(sample)
                assert meant is not None
                assert book.from_platform(meant.intent) == book.from_platform(one["name"]), sample
                asked += 1
    assert asked


def test_so_is_what_is_said_with_values(model: dict[str, Any], skills: tuple[LoadedSkill, ...]) -> None:
    """It comes to the intent that the sample is of, or by a catch-all to NEXUS, which hears the words."""
    book, read = SkillBook(known_to_platforms(skills)), InteractionModel.read(model)
    for one in intents_of(model):
        intent = book.from_platform(one["name"])
        for number, sample in enumerate(one["samples"] if intent else ()):
            meant = read.meant(with_values(book, str(intent), sample, number))
            assert meant is not None
            assert book.from_platform(meant.intent) in (intent, None), sample


def with_values(book: SkillBook, intent: str, sample: str, number: int) -> str:
    skill = book.of(intent)
    assert skill is not None
    words, slots = skill.locale("en"), book.spec(intent).slots
    values = {name: words.values(name, slots[name]) for name in slots}
    return PLACEHOLDER.sub(lambda place: values[place[1]][number % len(values[place[1]])], sample)


def test_every_language_has_its_frame_or_none() -> None:
    assert {language for language in LOCALES if frame(language)} == {"en", "de", "es", "fr", "it"}


@pytest.mark.parametrize(
    ("template", "sample"),
    [
        ("Hello, {name}!", "hello {name}"),
        ("remember 43", "remember forty three"),
        ("call 007", "call zero zero seven"),
        ("1001 nights", "one thousand one nights"),
        ("12345678", "one two three four five six seven eight"),
        ("at 5 a.m. please.", "at five a.m. please"),
        ("it’s {place}'s time", "it's {place}'s time"),
        ("e-mail", "e mail"),
        ("the 3rd", ""),
        ("2.5 miles", ""),
        ("20% of it", ""),
        ("x" * 201, ""),
    ],
)
def test_samples_are_written_as_they_are_said(template: str, sample: str) -> None:
    made, why = sample_of(template, "en")
    assert made == sample
    assert bool(why) == (not sample)


def test_other_languages_need_their_numbers_in_words() -> None:
    assert sample_of("Plätze für 2", "de") == ("", "numbers have to be written in words")


@given(st.text())
def test_any_text_is_a_sample_or_has_a_reason(text: str) -> None:
    made, why = sample_of(text, "en")
    assert not (made and why)
    assert not re.search(r"[\d,;:!?%&]", PLACEHOLDER.sub("", made))


@given(st.integers(0, 999_999))
def test_numbers_are_spelt(number: int) -> None:
    assert re.fullmatch("[a-z ]+", spelt(str(number)))
