"""Exported names lead back to one intent, and to no other one's."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from core.decide import Decider
from core.engine import Engine
from core.skillbook import LoadedSkill, SkillBook
from infra.exports.names import claimed, known_to_platforms, lettered, plain
from infra.exports.platforms import EXPORTERS, exports
from infra.plugins import load_plugins
from shared.manifest import IntentSpec, SkillLocale, SkillManifest
from shared.skill import Skill
from shared.testing.fakes import FakeClock, FakeIds, FakeModel, FakeSessionStore, FakeTurnStore
from shared.turn import Kind, PlatformIntent, Request

part = st.from_regex("[a-z][a-z0-9_]{0,5}", fullmatch=True)


def skill(name: str, intents: dict[str, IntentSpec]) -> LoadedSkill:
    words = SkillLocale(utterances=dict.fromkeys(intents, ("say it",)))
    return LoadedSkill(SkillManifest(name, name, name, "skill:S", intents), Skill(), {"en": words})


def test_names_are_spelt_as_platforms_take_them() -> None:
    assert plain("cards.top_10") == "cards_top_10"
    assert lettered("cards.top_10") == "cards_top_one_zero"


def test_of_two_that_want_one_name_the_first_has_it() -> None:
    both = [skill("a", {"a.b_c": IntentSpec("first")}), skill("a_b", {"a_b.c": IntentSpec("second")})]
    assert claimed(both) == {"a_b.c": "a.b_c"}
    assert SkillBook(known_to_platforms(both)).from_platform("a_b_c") == "a.b_c"
    made = exports(both, ["a_b"], ["actions", "tools", "alexa", "dialogflow"], ())
    assert made["tools"].files["tools.en.json"]["tools"] == []
    assert "belongs to a.b_c" in str(made["tools"].left_out[0])
    assert "custom/intents/a_b_c.yaml" not in made["actions"].files
    assert "intents/a_b.c.json" in made["dialogflow"].files


def test_a_platforms_own_name_stays_where_it_was_declared() -> None:
    both = [skill("a", {"a.b": IntentSpec("first")}), skill("c", {"c.d": IntentSpec("second", platform=("a_b",))})]
    assert SkillBook(known_to_platforms(both)).from_platform("a_b") == "c.d"
    assert claimed(both) == {"a.b": "c.d"}


@given(st.dictionaries(part, st.sets(part, min_size=1, max_size=4), max_size=4))
def test_whatever_names_there_are_they_lead_back(names: dict[str, set[str]]) -> None:
    loaded = [skill(one, {f"{one}.{intent}": IntentSpec("") for intent in sorted(names[one])}) for one in names]
    book = SkillBook(known_to_platforms(loaded))
    for one in loaded:
        for intent in set(one.manifest.intents) - set(claimed(loaded)):
            assert {book.from_platform(name) for name in (intent, plain(intent), lettered(intent))} == {intent}
    assert msgspec.to_builtins(book.infos("en")) == msgspec.to_builtins(SkillBook(loaded).infos("en"))
    assert set(EXPORTERS) == set(exports(loaded, (), tuple(EXPORTERS), ("en",)) if loaded else EXPORTERS)


async def test_the_engine_answers_by_an_exported_name() -> None:
    book = SkillBook(known_to_platforms(load_plugins(None).skills))
    clock, turns = FakeClock(), FakeTurnStore()
    decider = Decider(turns, FakeModel({}), book, clock, FakeIds(), "UTC")
    engine = Engine(turns, FakeSessionStore(), decider, clock, FakeIds())
    asked = Request(
        app="a", channel="alexa", message_id="m", conversation="k", user="u", kind=Kind.UTTERANCE,
        received_at=clock.now(), deadline=clock.now() + 10.0, intent=PlatformIntent("clock_leap_year"),
    )  # fmt: skip
    reply = (await engine.run(asked)).reply
    assert reply is not None
    assert "leap year" in reply.text
