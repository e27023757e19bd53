"""Pages of help: for every language, of every skill and intent, with nothing left to fill in; listings keep stores' limits."""

import re

import pytest

from channels.alexa.amazon.interaction import InteractionModel
from core.skillbook import SkillBook
from infra.exports.help_words import frame_words
from infra.exports.names import known_to_platforms
from infra.exports.platforms import exports
from infra.exports.source import Export
from infra.plugins import load_plugins
from shared.effects import EFFECTS
from shared.locales import LANGUAGES
from shared.manifest import PLACEHOLDER

SKILLS = load_plugins(None).skills


@pytest.fixture(scope="module")
def made() -> Export:
    """Help on the shipped skills."""
    return exports(SKILLS, (), ("help",), ())["help"]


def test_the_frame_speaks_every_language_and_has_words_for_every_effect() -> None:
    assert set(frame_words()) == set(LANGUAGES)
    for words in frame_words().values():
        assert set(words.effects) >= EFFECTS
        assert set(words.permissions) == {"memories", "documents", "network", "set_up"}
        assert {name for text in (words.alexa_ask, words.alexa_open) for name in PLACEHOLDER.findall(text)} == {
            "name",
            "words",
        }


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_tells_of_every_skill_that_speaks_the_language(made: Export, language: str) -> None:
    page = made.files[f"{language}.md"]
    book = SkillBook(SKILLS)
    for one in SKILLS:
        info = next(info for info in book.infos(language) if info.name == one.manifest.name)
        assert (f"## {info.title}" in page) == (language in one.locales)
    assert not re.search(r"\{\w+\}", page)
    assert page.count("\n- ") >= sum(len(one.manifest.intents) for one in SKILLS if language in one.locales)


def test_it_says_what_is_asked_before_and_what_is_kept(made: Export) -> None:
    page = made.files["de.md"]
    assert "Fragt, bevor es geschieht: „Soll ich deine Notiz zu „der Ersatzschlüssel“ vergessen?“" in page
    assert "Merkt sich Wort für Wort, was du sagst." in page
    assert "Was soll ich mir merken?" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_listings_keep_the_limits(made: Export, language: str) -> None:
    stores = made.files[f"listing.{language}.json"]
    [alexa] = stores["alexa"].values()
    assert len(alexa["summary"]) <= 160
    assert len(alexa["description"]) <= 4000
    assert len(alexa["examplePhrases"]) == 3
    assert all(phrase.startswith("Alexa, ") and len(phrase) <= 200 for phrase in alexa["examplePhrases"])
    google = stores["google"]
    assert len(google["shortDescription"]) <= 80
    assert len(google["fullDescription"]) <= 4000
    assert len(set(google["sampleInvocations"])) == 3


def test_alexas_examples_name_the_model_and_are_heard_by_it() -> None:
    both = exports(SKILLS, (), ("help", "alexa"), ("en-US", "de-DE"))
    for locale in ("en-US", "de-DE"):
        model = both["alexa"].files[f"interaction_model.{locale}.json"]
        name = model["interactionModel"]["languageModel"]["invocationName"]
        opens, *asks = both["help"].files[f"listing.{locale}.json"]["alexa"][locale]["examplePhrases"]
        assert opens.endswith(name)
        assert all(f" {name} " in one for one in asks)
        read, book = InteractionModel.read(model), SkillBook(known_to_platforms(SKILLS))
        for one in asks:
            meant = read.meant(one.partition(f" {name} ")[2])
            assert meant is not None, one
            assert book.from_platform(meant.intent) or meant.intent.startswith("CatchAll"), one


def test_a_language_without_words_is_named() -> None:
    told = exports(SKILLS, (), ("help",), ("en-GB", "en"))["help"]
    assert {*told.files} == {"en-GB.md", "listing.en-GB.json", "en.md", "listing.en.json"}
    assert told.left_out == ()
