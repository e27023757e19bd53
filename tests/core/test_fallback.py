"""What is understood while no model answers: the sentences of the skills that ship, and what the trace says of it."""

import pytest

from core.decide import Decider
from core.engine import Engine
from core.fallback import SOURCE, Samples
from core.skillbook import LoadedSkill, SkillBook
from infra.plugins import load_plugins
from shared.errors import DeadlineExceeded
from shared.manifest import IntentSpec, SkillLocale, SkillManifest
from shared.skill import Skill, TurnContext
from shared.testing.fakes import FakeClock, FakeIds, FakeModel, FakeSessionStore, FakeTurnStore
from shared.turn import Kind, Outcome, Reply, Request, Understanding


@pytest.fixture(scope="module")
def shipped() -> Samples:
    return Samples(SkillBook(load_plugins(None).skills))


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("help", "assistant.help"),
        ("Help!", "assistant.help"),
        ("  STOP ", "assistant.goodbye"),
        ("cancel.", "assistant.cancel"),
        ("Yes", "assistant.yes"),
        ("no thanks", "assistant.no"),
        ("What time is it?", "clock.time"),
        ("i don’t", None),
        ("what is 2 plus 2", None),
        ("", None),
        ("?!", None),
        ("help " * 100, None),
    ],
)
def test_sentences_of_the_shipped_skills(shipped: Samples, said: str, intent: str | None) -> None:
    found = shipped.find(said, "en")
    assert (found and found.intent) == intent
    if found is not None:
        assert (found.score, found.source, found.language) == (1.0, SOURCE, "en")


class Words(Skill):
    """Says its intent."""

    async def handle(self, turn: TurnContext) -> Reply:
        return Reply(text=turn.intent)


BOTH = {
    "en": SkillLocale(
        utterances={"w.yes": ("yes", "go {where}"), "w.die": ("die",), "w.no": ("both",), "w.stop": ("both",)}
    ),
    "de": SkillLocale(utterances={"w.yes": ("ja", "genau so"), "w.the": ("die",)}),
}
BOOK = SkillBook(
    [
        LoadedSkill(
            SkillManifest(
                "w", "W", "", "x:X", {name: IntentSpec("") for name in ("w.yes", "w.no", "w.die", "w.the", "w.stop")}
            ),
            Words(),
            BOTH,
        )
    ]
)


@pytest.mark.parametrize(
    ("said", "language", "sure", "intent", "spoken"),
    [
        ("ja", "de", True, "w.yes", "de"),
        ("Genau so!", "en", False, "w.yes", "de"),
        ("Genau so!", "en", True, None, None),
        ("die", "en", False, "w.die", "en"),
        ("die", "de", False, "w.the", "de"),
        ("die", "fr", False, None, None),
        ("both", "en", False, None, None),
        ("go {where}", "en", False, None, None),
    ],
)
def test_languages(said: str, language: str, sure: bool, intent: str | None, spoken: str | None) -> None:
    found = Samples(BOOK).find(said, language, sure=sure)
    assert (found and found.intent, found and found.language) == (intent, spoken)


def request(text: str, number: int, now: float) -> Request:
    return Request(
        app="default",
        channel="rest",
        message_id=str(number),
        conversation="c",
        user="ann",
        kind=Kind.UTTERANCE,
        received_at=now,
        deadline=now + 10,
        text=text,
    )


async def test_the_trace_says_what_was_missing() -> None:
    model, turns, clock = FakeModel({"elephants": "w.no"}), FakeTurnStore(), FakeClock()
    decider = Decider(turns, model, BOOK, clock, FakeIds(), "UTC")
    engine = Engine(turns, FakeSessionStore(), decider, clock, FakeIds())

    async def outcome(text: str, number: int) -> tuple[Outcome, tuple[str, ...]]:
        turn = await engine.run(request(text, number, clock.now()))
        return turn.outcome, turns.records[-1].trace.degraded

    model.broken = True
    assert await outcome("yes", 1) == (Outcome.ANSWERED, ("model",))
    assert await outcome("elephants", 2) == (Outcome.FAILED, ("model",))
    model.broken = False
    assert await outcome("elephants", 3) == (Outcome.ANSWERED, ())


class Hanging(FakeModel):
    """Answers nothing, and is not known to be gone. Notes how long it may take."""

    def __init__(self) -> None:
        super().__init__()
        self.until: list[float] = []

    async def understand(self, text: str, locale: str, deadline: float, *, sure: bool = False) -> Understanding:
        self.until.append(deadline)
        raise DeadlineExceeded("the model did not answer in time")


async def test_a_model_that_hangs_leaves_time_for_what_needs_none() -> None:
    model, turns, clock = Hanging(), FakeTurnStore(), FakeClock()
    decider = Decider(turns, model, BOOK, clock, FakeIds(), "UTC")
    engine = Engine(turns, FakeSessionStore(), decider, clock, FakeIds())
    asked = request("yes", 1, clock.now())
    turn = await engine.run(asked)
    assert (turn.outcome, turn.degraded) == (Outcome.ANSWERED, ("model",))
    assert model.until == [asked.received_at + 5.0], "of ten seconds"
    assert (await engine.run(request("elephants", 2, clock.now()))).outcome is Outcome.FAILED
    assert model.until[1:] == [asked.received_at + 5.0, asked.received_at + 60.0], (
        "what nothing else understands may wait"
    )
