"""A lunch bar to talk with: a small skill with everything a dialogue needs, and the scripts' own model."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from core.decide import Decider
from core.decided import Decided
from core.dialogue.state import LIMIT, read, stored
from core.skillbook import LoadedSkill, SkillBook
from core.stages import Stages
from infra.plugins import load_skill
from shared.effects import Keep, Remember
from shared.manifest import IntentSpec, SkillLocale, SkillManifest, SlotSpec, complaints
from shared.ports import ModelState, Person, Vector
from shared.skill import Skill, TurnContext, confirm, intent
from shared.testing.fakes import FakeClock, FakeIds, FakeModel, FakeTurnStore
from shared.turn import (
    Confirm,
    Elicit,
    Kind,
    Outcome,
    PlatformIntent,
    Ranked,
    Reply,
    Request,
    Session,
    SlotValue,
    Understanding,
)

ROOT = Path(__file__).resolve().parents[3]
NOW = 1_795_464_300.0  # Monday, 23 November 2026, 20:05 UTC
ANN = Person("default", "ann")

MANIFEST = """
name = "lunch"
title = "Lunch"
summary = "I take orders."
entry = "skill:Lunch"
types = { size = {}, day = {}, topping = { open = true } }

[intents."lunch.order"]
summary = "Orders pizzas."
confirm = true
effects = ["keep"]
platform = ["LunchOrderIntent"]
[intents."lunch.order".slots]
size = { type = "size", required = true }
count = { type = "number", required = true }
topping = { type = "topping" }

[intents."lunch.book"]
summary = "Books a table."
effects = ["keep"]
[intents."lunch.book".slots]
guests = { type = "number", required = true, confirm = true }

[intents."lunch.hours"]
summary = "Says when it is open."
platform = ["LunchHoursIntent"]
slots = { day = { type = "day" } }

[intents."lunch.menu"]
summary = "Says what there is."

[intents."lunch.tell"]
summary = "Tells the cook something."
effects = ["remember"]
slots = { words = { required = true } }

[intents."lunch.drink"]
summary = "Pours a drink, of which it asks by itself."
slots = { drink = {} }

[intents."lunch.close"]
summary = "Closes the bar, having said what that means."
effects = ["keep"]
confirm = true
"""
LOCALE = """
[utterances]
"lunch.order" = ["order lunch", "order a {size} pizza"]
"lunch.hours" = ["when are you open", "are you open on {day}"]
"lunch.menu" = ["what do you have"]
"lunch.book" = ["book a table"]
"lunch.tell" = ["tell the cook {words}"]
[slots]
count = ["two", "three"]
[types.size]
small = ["little"]
medium = ["middle"]
large = ["big", "huge"]
[types.day]
monday = []
tuesday = ["tue"]
friday = []
[types.topping]
ham = []
[prompts."lunch.order"]
size = ["Which size?", "Small, medium or large?"]
count = ["How many?", "How many pizzas?"]
confirm = ["{count} {size} pizzas. Shall I order?", "So {count} {size} pizzas?"]
[prompts."lunch.book"]
guests = ["For how many?", "How many guests?"]
"confirm.guests" = ["For {guests}, right?", "{guests} guests?"]
[prompts."lunch.tell"]
words = ["Tell the cook what?", "What shall I tell the cook?"]
[prompts."lunch.close"]
confirm = ["Shall I close?"]
"""


class Lunch(Skill):
    """Counts on the dialogue: what is required must be there, and what asks first must have been agreed to."""

    @intent("lunch.order")
    async def order(self, turn: TurnContext) -> Reply:
        """Orders."""
        assert turn.confirmed
        size, count = turn.slots["size"], turn.slots["count"]
        assert size in ("small", "medium", "large")
        assert isinstance(count, int)
        kept = {"size": size, "count": count, **({"topping": turn.slots["topping"]} if turn.slot("topping") else {})}
        return Reply(text="Ordered.", effects=(Keep("order", kept),))

    @intent("lunch.book")
    async def book(self, turn: TurnContext) -> Reply:
        """Books."""
        assert isinstance(turn.slots["guests"], int)
        return Reply(text="Booked.", effects=(Keep("table", {"guests": turn.slots["guests"]}),))

    @intent("lunch.hours")
    async def hours(self, turn: TurnContext) -> Reply:
        """Says when it is open."""
        return Reply(text=f"Open at noon on {turn.slots.get('day', 'any day')}.")

    @intent("lunch.menu")
    async def menu(self, turn: TurnContext) -> Reply:
        """Says what there is."""
        return Reply(text="Pizza.", speech="<emphasis>Pizza</emphasis>.")

    @intent("lunch.tell")
    async def tell(self, turn: TurnContext) -> Reply:
        """Tells the cook."""
        return Reply(text="Told.", effects=(Remember(str(turn.slots["words"])),))

    @intent("lunch.drink")
    async def drink(self, turn: TurnContext) -> Reply:
        """Asks by itself."""
        drink = turn.slot("drink")
        if drink is None:
            return Reply(
                text="Tea or milk?",
                reprompt="Tea, or milk?",
                expects_answer=True,
                elicit=Elicit("lunch.drink", "drink"),
            )
        return Reply(text=f"One {drink.text}.", state={"drinks": int(str(turn.state.get("drinks", 0))) + 1})

    @confirm("lunch.close")
    async def shall_i_close(self, turn: TurnContext) -> Reply:
        """Asks in words of its own."""
        text = "Two people are still eating. Shall I close?"
        return Reply(text=text, reprompt="Shall I?", expects_answer=True, confirm=Confirm("lunch.close"))

    @intent("lunch.close")
    async def close(self, turn: TurnContext) -> Reply:
        """Closes."""
        assert turn.confirmed
        return Reply(text="Closed.", effects=(Keep("open", None),))


def lunch() -> LoadedSkill:
    """The skill, loaded."""
    manifest = msgspec.toml.decode(MANIFEST.encode(), type=SkillManifest)
    locale = msgspec.toml.decode(LOCALE.encode(), type=SkillLocale)
    assert complaints(manifest, {"en": locale}) == []
    return LoadedSkill(manifest, Lunch(), {"en": locale})


class Sums(Skill):
    """Says sums back. As a sum it takes what follows "what is", else all that was said."""

    def slots(self, intent: str, text: str, locale: str) -> dict[str, SlotValue]:
        """See `Skill.slots`."""
        sum_ = text.removeprefix("what is ")
        return {"sum": SlotValue(sum_, sum_)} if sum_ else {}

    @intent("sums.say")
    async def say(self, turn: TurnContext) -> Reply:
        """Says it back."""
        return Reply(text=f"{turn.slots.get('sum', 'No sum')}.")


def sums() -> LoadedSkill:
    """The skill, loaded."""
    spec = IntentSpec("Says a sum back.", {"sum": SlotSpec()})
    locale = SkillLocale(utterances={"sums.say": ("what is 7 plus 5",)})
    return LoadedSkill(
        SkillManifest("sums", "Sums", "I say sums.", "skill:Sums", {"sums.say": spec}), Sums(), {"en": locale}
    )


def book() -> SkillBook:
    """The lunch bar, sums and the assistant."""
    return SkillBook([lunch(), sums(), load_skill(ROOT / "skills" / "assistant")])


class Table:
    """A model that understands what a table says: an intent, `[intent, score]`, or `{intent: score}` best first."""

    def __init__(self, meanings: Mapping[str, Any]) -> None:
        self.meanings = meanings

    async def understand(self, text: str, locale: str, deadline: float, *, sure: bool = False) -> Understanding:
        """See `ModelService.understand`."""
        meaning = self.meanings.get(text)
        if isinstance(meaning, list) and meaning and isinstance(meaning[0], list):
            first, *more = (_meant([intent, 0.95], part) for intent, part in meaning)
            return msgspec.structs.replace(first, more=tuple(more))
        return _meant(meaning)

    async def encode(self, texts: Sequence[str], deadline: float) -> list[Vector]:
        """See `ModelService.encode`."""
        return await FakeModel().encode(texts, deadline)

    def state(self) -> ModelState:
        """See `ModelService.state`."""
        return ModelState("table", (), True)


def _meant(meaning: Any, text: str = "") -> Understanding:
    if meaning is None:
        return Understanding(None, 0.0, 1.0)
    if isinstance(meaning, dict):
        ranking = tuple(Ranked(intent, score) for intent, score in meaning.items())
    else:
        intent, score = (meaning, 0.95) if isinstance(meaning, str) else meaning
        ranking = (Ranked(intent, score),)
    return Understanding(ranking[0].intent, ranking[0].score, 0.0, ranking=ranking, text=text)


class OneId(FakeIds):
    """Always the same, so that turns can be compared."""

    def new(self) -> str:
        """See `Ids.new`."""
        return "id"


class Bar:
    """Somebody at the bar. The conversation is a value in here; each turn may come by another channel."""

    def __init__(self, meanings: Mapping[str, Any]) -> None:
        self.clock, self.session, self.count = FakeClock(NOW), Session(), 0
        self.decider = Decider(FakeTurnStore(), Table(meanings), book(), self.clock, OneId(), "America/New_York")
        self.effects: list[Any] = []

    async def say(
        self, text: str, channel: str = "rest", intent: PlatformIntent | None = None, kind: Kind = Kind.UTTERANCE
    ) -> Decided:
        """The turn, decided twice: a turn that is computed anew must give the same."""
        self.count += 1
        request = Request(
            app="default", channel=channel, message_id=f"m{self.count}", conversation="c", user="ann", kind=kind,
            received_at=NOW, deadline=NOW + 10, text=text, intent=intent,
        )  # fmt: skip
        decided = await self.decider.decide(ANN, request, self.session, Stages(self.clock))
        assert decided == await self.decider.decide(ANN, request, self.session, Stages(self.clock))
        assert decided.outcome is Outcome.ANSWERED, decided.reason
        self.effects += [*decided.keep, *(memory.text for memory in decided.remember)]
        self.session = _through_store(decided.next_session(self.session, self.count, NOW))
        return decided


def _through_store(session: Session) -> Session:
    """The session as it comes back from a store; what the dialogue keeps is small and survives."""
    if session.dialogue is not None:
        assert len(msgspec.json.encode(session.dialogue)) <= LIMIT
        assert stored(read(session.dialogue)) == session.dialogue
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(session), type=Session)
    assert kept == session
    return kept
