"""People are answered in the language they use."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from core.decide import Decider
from core.engine import Engine
from core.skillbook import LoadedSkill, SkillBook
from shared.locales import language_of
from shared.manifest import SkillLocale, SkillManifest, fitted
from shared.ports import ModelState, Vector
from shared.skill import Skill, TurnContext, intent
from shared.testing.fakes import FakeClock, FakeIds, FakeModel, FakeSessionStore, FakeTurnStore
from shared.turn import Kind, Outcome, Reply, Request, Turn, Understanding
from shared.wording import wording

MANIFEST = """
name = "tea"
title = "Tea"
summary = "I make tea."
entry = "skill:Tea"
[types.kind]
ids = true
[intents."tea.make"]
summary = "Makes tea."
slots = { kind = { type = "kind", required = true } }
[intents."tea.locale"]
summary = "Tells the locale."
"""
ENGLISH = """
[prompts."tea.make"]
kind = ["Which tea?", "Green or black tea?"]
[types.kind]
green = ["green tea"]
black = ["black tea"]
[answers]
green = ["Here is your green tea."]
black = ["Here is your black tea."]
"""
GERMAN = """
[prompts."tea.make"]
kind = ["Welcher Tee?", "Grüner oder schwarzer Tee?"]
[types.kind]
green = ["grüner Tee", "grün"]
black = ["schwarzer Tee", "schwarz"]
[answers]
green = ["Hier ist dein grüner Tee."]
black = ["Hier ist dein schwarzer Tee."]
"""


class Tea(Skill):
    @intent("tea.make")
    async def make(self, turn: TurnContext) -> Reply:
        return Reply(text=turn.say(turn.slots["kind"]))

    @intent("tea.locale")
    async def locale(self, turn: TurnContext) -> Reply:
        return Reply(text=turn.locale)


MEANINGS: dict[str, tuple[str | None, float, str]] = {
    "tea please": ("tea.make", 0.95, "en"),
    "einen Tee bitte": ("tea.make", 0.95, "de"),
    "grün": (None, 0.0, "de"),
    "green": (None, 0.0, "en"),
    "wo bin ich": ("tea.locale", 0.95, "de"),
    "where am i": ("tea.locale", 0.95, "en"),
    "wie hoch ist der Eiffelturm": (None, 0.0, "de"),
}


class Polyglot:
    """A model that knows a few sentences, each in its language."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool]] = []

    async def understand(self, text: str, locale: str, deadline: float, *, sure: bool = False) -> Understanding:
        """See `ModelService.understand`."""
        self.asked.append((locale, sure))
        known, score, language = MEANINGS.get(text, (None, 0.0, language_of(locale)))
        return Understanding(known, score, 1.0 - score, language=language_of(locale) if sure else language)

    async def encode(self, texts: Sequence[str], deadline: float) -> list[Vector]:
        """See `ModelService.encode`."""
        return await FakeModel().encode(texts, deadline)

    def state(self) -> ModelState:
        """See `ModelService.state`."""
        return ModelState("polyglot", (), True)


class Talk:
    """One conversation; `locale` is what the channel says."""

    def __init__(self, locale: str = "en-GB") -> None:
        manifest = msgspec.toml.decode(MANIFEST, type=SkillManifest)
        texts = {"en": ENGLISH, "de": GERMAN}
        locales = {one: fitted(msgspec.toml.decode(text, type=SkillLocale), manifest) for one, text in texts.items()}
        book = SkillBook([LoadedSkill(manifest, Tea(), locales)])
        self.locale, self.model, self.clock = locale, Polyglot(), FakeClock()
        self.turns, self.sessions = FakeTurnStore(), FakeSessionStore()
        decider = Decider(self.turns, self.model, book, self.clock, FakeIds(), "UTC")
        self._engine = Engine(self.turns, self.sessions, decider, self.clock, FakeIds())

    async def turn(self, text: str, **more: Any) -> Turn:
        now = self.clock.now()
        request = Request(
            app="a",
            channel="c",
            message_id=f"m{len(self.turns.records)}",
            conversation="k",
            user="u",
            kind=Kind.UTTERANCE,
            received_at=now,
            deadline=now + 8.0,
            text=text,
            locale=self.locale,
        )
        return await self._engine.run(msgspec.structs.replace(request, **more))

    async def say(self, text: str, **more: Any) -> str:
        reply = (await self.turn(text, **more)).reply
        assert reply is not None
        return reply.text


@pytest.fixture
def talk() -> Talk:
    return Talk()


async def test_the_answer_is_in_the_language_that_was_used(talk: Talk) -> None:
    assert await talk.say("einen Tee bitte") == "Welcher Tee?"
    assert await talk.say("grün") == "Hier ist dein grüner Tee."
    assert await talk.say("tea please") == "Which tea?"


async def test_the_reply_says_in_which_language_it_is(talk: Talk) -> None:
    reply = (await talk.turn("einen Tee bitte")).reply
    assert reply is not None
    assert reply.language == "de"


async def test_a_language_stays_until_another_is_used(talk: Talk) -> None:
    await talk.say("wo bin ich")
    assert await talk.say("42") == wording("out_of_scope", "de")
    assert talk.model.asked == [("en-GB", False), ("de-DE", False)]
    talk.sessions.flush()
    assert await talk.say("") == wording("nothing_heard", "de"), "what silence is answered in was lost with the session"
    assert await talk.say("where am i") == "en-GB"


async def test_the_region_of_a_locale_stays_where_the_language_does() -> None:
    assert await Talk("de-AT").say("wo bin ich") == "de-AT"
    assert await Talk("de-AT").say("where am i") == "en-US"


async def test_what_nobody_understands_is_answered_in_its_language(talk: Talk) -> None:
    turn = await talk.turn("wie hoch ist der Eiffelturm")
    assert turn.outcome is Outcome.ANSWERED
    assert turn.reply is not None
    assert turn.reply.text == wording("out_of_scope", "de")


async def test_an_answer_may_hold_words_of_another_language(talk: Talk) -> None:
    assert await talk.say("tea please") == "Which tea?"
    assert await talk.say("grün") in (
        "I didn't get that. Green or black tea?",
        "Sorry, that is not something I can use here. Green or black tea?",
    )
    assert await talk.say("green") == "Here is your green tea."


async def test_a_question_is_left_by_who_surely_means_something_in_another_language(talk: Talk) -> None:
    await talk.say("tea please")
    assert (await talk.say("wo bin ich")).startswith("de-DE")


async def test_what_a_platform_heard_is_in_its_language(talk: Talk) -> None:
    assert await talk.say("wo bin ich", spoken=True) == "en-GB"
    assert talk.model.asked == [("en-GB", True)]
    assert await talk.say("where am i", spoken=True) == "en-GB"


async def test_a_language_that_nexus_does_not_speak_is_answered_in_english() -> None:
    assert await Talk("pt-BR").say("bom dia") == wording("out_of_scope", "en")
