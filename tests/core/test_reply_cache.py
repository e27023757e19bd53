"""Answers that depend on nobody: one for everybody who asks the same, and nobody's are ever somebody else's."""

import asyncio
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.decide import Decider
from core.dialogue.manager import Run
from core.dialogue.state import Frame
from core.engine import Engine
from core.handlers import Handlers
from core.skillbook import LoadedSkill, SkillBook
from core.stages import Stages
from shared.effects import Keep
from shared.errors import WebFailed
from shared.impersonal import MESSAGE_IDS, Question, read, turn_of, variants, written
from shared.manifest import SkillManifest, complaints
from shared.outside import Fetched, Web
from shared.ports import Person, StoredMemory
from shared.testing.fakes import FakeClock, FakeIds, FakeModel, FakeSessionStore, FakeTurnStore
from shared.testing.replies import FakeReplyCache
from shared.turn import Device, Kind, Outcome, PlatformIntent, Reply, Request, Session, SlotValue, Turn
from tests.core import fair
from tests.core.fair import LIES, Fair


class OneSite:
    """A web of one page, that may be old, wrong or away."""

    def __init__(self) -> None:
        self.away = self.stale = False
        self.status = 200

    async def get(self, url: str, **_: Any) -> Fetched:
        if self.away:
            raise WebFailed("away on purpose")
        return Fetched(self.status, {}, b"news", 0.0, self.stale)

    async def post(self, url: str, content: bytes, **_: Any) -> Fetched:
        return await self.get(url)


class World:
    """What the operator told, and the web."""

    def __init__(self) -> None:
        self.told: dict[str, dict[str, str]] = {}
        self.site = OneSite()

    async def config(self, app: str, skill: str) -> dict[str, str]:
        return self.told.get(app, {})

    def web(self, skill: str, config: object, deadline: float) -> Web:
        return self.site


class House:
    """An engine over fakes, with a cache; `skill.count` says how many handlers ran."""

    def __init__(self) -> None:
        self.clock, self.turns, self.skill, self.world = FakeClock(), FakeTurnStore(), Fair(), World()
        self.cache = FakeReplyCache(self.clock)
        self.said = 0
        self.engine = self.worker(fair.loaded(self.skill))

    def worker(self, skill: LoadedSkill) -> Engine:
        outside, book = self.world, SkillBook([skill])
        decider = Decider(
            self.turns, FakeModel(), book, self.clock, FakeIds(), "UTC", outside=outside, cache=self.cache
        )
        return Engine(self.turns, FakeSessionStore(), decider, self.clock, FakeIds())

    async def turn(self, intent: str, about: str = "", **more: Any) -> Turn:
        """What somebody (`user`) is answered whose words mean `intent`."""
        self.said += 1
        slots = {"about": SlotValue(about, about)} if about else {}
        values: dict[str, Any] = {
            "app": "default", "channel": "rest", "message_id": f"m{self.said}", "conversation": "c", "user": "ann",
            "kind": Kind.UTTERANCE, "received_at": self.clock.now(), "deadline": self.clock.now() + 8, "text": "well",
            "intent": PlatformIntent(f"fair.{intent}", slots),
        }  # fmt: skip
        return await self.engine.run(Request(**{**values, **more}))

    async def say(self, intent: str, about: str = "", **more: Any) -> str:
        turn = await self.turn(intent, about, **more)
        assert turn.outcome is Outcome.ANSWERED, turn.reason
        assert turn.reply is not None
        return turn.reply.text


@pytest.fixture
def house() -> House:
    return House()


# -- one answer for everybody ------------------------------------------------------------------------------------------


async def test_the_second_who_asks_gets_what_the_first_got(house: House) -> None:
    first = await house.turn("tell", "tea", message_id="same-1")
    second = await house.turn("tell", "tea", user="bob", conversation="d", message_id="same-1", channel="web")
    assert first.reply == second.reply
    assert house.skill.count == 1
    assert "skill" in first.timings_ms
    assert "cache" not in first.timings_ms
    assert "cache" in second.timings_ms
    assert "skill" not in second.timings_ms


@pytest.mark.parametrize("other", [{"locale": "en-GB"}, {"app": "other"}, {"about": "coffee"}])
async def test_who_asks_something_else_is_answered_anew(house: House, other: dict[str, Any]) -> None:
    await house.say("tell", "tea", message_id="same")
    await house.say("tell", **{"about": "tea", "message_id": "same", "user": "bob", "channel": "web", **other})
    assert house.skill.count == 2


async def test_the_words_count_where_the_manifest_says_so(house: House) -> None:
    assert (await house.say("hear", "tea", text="tea for Ann", message_id="x")).endswith("You said tea for Ann.")
    other = {"user": "bob", "channel": "web", "message_id": "x"}
    assert (await house.say("hear", "tea", text="tea for Bob", **other)).endswith("You said tea for Bob.")
    assert house.skill.count == 2


async def test_an_answer_is_not_older_than_declared(house: House) -> None:
    await house.say("tell", message_id="x")
    house.clock.move(59)
    await house.say("tell", message_id="x", user="bob", channel="b")
    assert house.skill.count == 1
    house.clock.move(2)
    await house.say("tell", message_id="x", user="cem", channel="c")
    assert house.skill.count == 2


async def test_settings_count_at_once_and_are_those_of_the_app(house: House) -> None:
    assert "kind" in await house.say("tell", message_id="x")
    house.world.told["default"] = {"tone": "stern"}
    assert "stern" in await house.say("tell", message_id="x", channel="b")
    assert "kind" in await house.say("tell", message_id="x", channel="c", app="other")


async def test_asked_again_it_says_it_in_other_words(house: House) -> None:
    said = [await house.say("tell", "tea") for _ in range(40)]
    assert len(set(said)) == 3
    assert all(one != other for one, other in pairwise(said))
    assert house.skill.count == 3, "each wording was made once"


async def test_a_retry_gets_the_same_answer(house: House) -> None:
    once = await house.turn("tell", "tea", message_id="x")
    assert (await house.turn("tell", "tea", message_id="x")).reply == once.reply


async def test_each_finder_has_a_copy_of_its_own(house: House) -> None:
    first = (await house.turn("page", message_id="x")).reply
    assert first is not None
    assert first.state is not None
    first.state["lines"].append("what ann did")
    other = (await house.turn("page", user="bob", channel="b", message_id="x")).reply
    assert other is not None
    assert other.state == {"page": 1, "lines": [1]}
    assert house.skill.count == 1


async def test_what_goes_on_in_a_conversation_is_not_cached(house: House) -> None:
    assert [await house.say("page") for _ in range(3)] == ["Page 1", "Page 2", "Page 3"]
    assert (house.skill.count, len(house.cache)) == (3, 1), "pages 2 and 3 were not kept"
    assert await house.say("page", user="bob", conversation="d", message_id="m1", channel="b") == "Page 1"
    assert house.skill.count == 3
    await house.say("tell")
    assert await house.say("page") == "Page 1", "something else came between"


@pytest.mark.parametrize("intent", ["ask", "leave", "native", "large"])
async def test_what_only_says_nothing_is_never_kept(house: House, intent: str) -> None:
    for user in ("ann", "bob"):
        await house.say(intent, user=user, channel=user, message_id="x")
    assert house.skill.count == 2
    assert len(house.cache) == 0


async def test_what_the_web_did_not_answer_well_is_not_kept(house: House) -> None:
    site = house.world.site
    for change, said in (({"away": True}, "It is away."), ({"stale": True}, "news (old)"), ({"status": 404}, "news")):
        site.away, site.stale, site.status = False, False, 200
        for name, value in change.items():
            setattr(site, name, value)
        assert await house.say("web", channel=said) == said
        assert len(house.cache) == 0
    site.away, site.stale, site.status = False, False, 200
    assert await house.say("web", message_id="x") == "news"
    site.away = True
    assert await house.say("web", message_id="x", channel="b") == "news", "kept, and of use now"


# -- nobody's are somebody else's --------------------------------------------------------------------------------------


@pytest.mark.parametrize("lie", LIES)
async def test_a_skill_that_declares_it_and_looks_at_the_person_fails(house: House, lie: str) -> None:
    turn = await house.turn(lie)
    assert turn.outcome is Outcome.FAILED
    assert turn.reason.startswith("skill fair failed: ")
    assert LIES[lie] in turn.reason
    assert len(house.cache) == 0


async def test_a_skill_that_declares_it_and_has_effects_fails(house: House) -> None:
    turn = await house.turn("remember")
    assert turn.outcome is Outcome.FAILED
    assert "may not remember" in turn.reason
    assert len(house.cache) == 0


async def test_two_people_with_other_lives_never_see_each_others(house: House) -> None:
    secrets = {"Annegret": "the key is under the mat", "Bogdan": "the code is 5120"}
    for user, secret in secrets.items():
        person = await house.turns.person("default", "rest", user)
        house.turns._memories[person] = [StoredMemory("m1", secret, 0.0, None, "")]
        house.turns._documents[person, "home"] = {"where": secret}
        talk = {"user": user, "conversation": user, "message_id": f"{user}-1"}
        await house.say("hear", "tea", text=f"I am {user}, and {secret}", **talk)
    heard = [
        await house.say("spy", user=user, conversation=user, text=f"It is {user}", message_id=f"{user}-{n}")
        for user in secrets
        for n in range(2, 12)
    ]
    assert house.cache.found > 10
    assert not [word for text in heard for word in (*secrets, *secrets.values()) if word in text]


words = st.text(max_size=20)
devices = st.builds(Device, screen=st.booleans(), speech=st.booleans(), capabilities=st.tuples(words))
states = st.dictionaries(words, st.integers(0, 9) | words, max_size=3)
people = st.fixed_dictionaries(
    {
        "channel": words, "conversation": words, "user": words, "text": words, "event": words, "device": devices,
        "received_at": st.floats(0, 1e10), "deadline": st.floats(0, 1e10), "opt_out": st.booleans(),
        "kind": st.sampled_from(Kind), "spoken": st.booleans(), "native": st.dictionaries(words, words, max_size=2),
    }
)  # fmt: skip
lives = st.fixed_dictionaries(
    {
        "seq": st.integers(0, 99), "updated_at": st.floats(0, 1e10), "last_reply": words, "language": words,
        "handoff": words, "last_intent": st.sampled_from(["fair.spy", "other.intent"]) | words,
        "skills": st.dictionaries(st.sampled_from(["fair", "other"]), states, max_size=2),
    }
)  # fmt: skip


@given(people, lives, st.lists(words, max_size=3), words)
@settings(max_examples=150, deadline=None)
def test_a_handler_sees_nothing_of_whoever_asks(
    who: dict[str, Any], life: dict[str, Any], memories: list[str], home: str
) -> None:
    """Whatever a person is, said and did: the handler sees what it sees of somebody without any of it."""
    house, asked = House(), {"app": "a", "message_id": "m", "locale": "en-GB"}
    plain = _spied(house, Person("a", "nobody"), Request(**{**_NOBODY, **asked}), Session())
    person = Person("a", "somebody")
    house.turns._memories[person] = [StoredMemory(f"m{n}", text, 0.0, None, "") for n, text in enumerate(memories)]
    house.turns._documents[person, "home"] = Keep("home", {"where": home}).content
    if life["last_intent"] == "fair.spy":  # what this intent itself left is its own, and not cached: see above
        life["skills"].pop("fair", None)
    assert _spied(house, person, Request(**{**who, **asked}), Session(**life)) == plain


_NOBODY: dict[str, Any] = {
    "channel": "", "conversation": "", "user": "", "kind": Kind.UTTERANCE, "received_at": 0.0, "deadline": 0.0,
}  # fmt: skip


def _spied(house: House, person: Person, request: Request, session: Session) -> str:
    """What the spy finds out, without a cache that would tell the same."""
    skill = SkillBook([fair.loaded(house.skill)])
    handlers = Handlers(house.turns, FakeModel(), skill, house.clock, "UTC", house.world)
    run = Run(Frame("fair.spy", slots={"about": SlotValue("tea", {"b": 1, "a": [2.5]})}))
    return asyncio.run(handlers.answer(run, person, request, session, (), Stages(house.clock))).text


json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
questions = st.builds(
    Question, words, words, words, words, words, st.integers(0, 3), st.none() | words,
    st.dictionaries(words, st.builds(SlotValue, words, json), max_size=3), st.dictionaries(words, words, max_size=3),
)  # fmt: skip


@given(questions, questions)
@settings(max_examples=300)
def test_questions_are_written_alike_only_if_they_are_alike(one: Question, other: Question) -> None:
    key, another = written(one), written(other)
    assert key is not None
    assert read(key) == one
    assert written(read(key)) == key
    assert (key == another) == (repr(one) == repr(other)) or one == other


@pytest.mark.parametrize("value", [2**70, object(), "\ud800"])
def test_what_cannot_be_written_is_nobodys_key(value: object) -> None:
    question = Question("a", "fair.tell", "model", "en", "UTC", slots={"about": SlotValue("x", value)})
    assert written(question) is None


async def test_what_cannot_be_written_is_answered_all_the_same(house: House) -> None:
    run = Run(Frame("fair.tell", slots={"about": SlotValue("big", 2**70)}))
    handlers = Handlers(
        house.turns, FakeModel(), SkillBook([fair.loaded(house.skill)]), house.clock, "UTC", house.world, house.cache
    )
    request = Request(**{**_NOBODY, "app": "a", "message_id": "m"})
    reply = await handlers.answer(run, Person("a", "p"), request, Session(), (), Stages(house.clock))
    assert str(2**70) in reply.text
    assert len(house.cache) == 0


# -- wordings and manifests --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 2, 3, 4, 9])
def test_every_variant_has_a_wording_of_its_own(number: int) -> None:
    answers = {"told": tuple(f"wording {n}" for n in range(number))}
    count = variants(answers)
    assert count == min(number, 4)
    asked = [Question("a", "fair.tell", "model", "en", "UTC", variant) for variant in range(count)]
    said = {turn_of(one, World().site, answers, (), ()).say("told") for one in asked}
    assert len(said) == count or number > 4
    assert len(set(MESSAGE_IDS)) == 4


@pytest.mark.parametrize(
    ("spec", "wrong"),
    [
        ({"cache_s": -1}, "a number of seconds"),
        ({"cache_s": 1e9}, "a number of seconds"),
        ({"cache_s": float("nan")}, "a number of seconds"),
        ({"cache_text": True}, "says nothing without cache_s"),
        ({"cache_s": 60, "effects": ["remember"]}, "has effects or asks first"),
        ({"cache_s": 60, "confirm": True}, "has effects or asks first"),
    ],
)
def test_a_manifest_that_promises_what_cannot_be_is_refused(spec: dict[str, Any], wrong: str) -> None:
    intents = {"fair.tell": {"summary": "…", **spec}}
    manifest = msgspec.convert({**msgspec.toml.decode(fair.MANIFEST), "intents": intents}, SkillManifest)
    assert any(wrong in one for one in complaints(manifest, {}))


async def test_without_a_cache_the_person_is_withheld_all_the_same(house: House) -> None:
    skill = SkillBook([fair.loaded(house.skill)])
    decider = Decider(house.turns, FakeModel(), skill, house.clock, FakeIds(), "UTC", outside=house.world)
    house.engine = Engine(house.turns, FakeSessionStore(), decider, house.clock, FakeIds())
    assert isinstance((await house.turn("tell", "tea")).reply, Reply)
    assert (await house.turn("memories")).outcome is Outcome.FAILED
