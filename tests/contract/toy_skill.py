"""A small honest skill for the contract of skills, with a fault for each of the contract's cases; and one that is all faults."""

import time
from pathlib import Path
from typing import Any

from shared.effects import Call, Forget, Remember
from shared.errors import WebFailed
from shared.skill import CallContext, Skill, TurnContext, call, intent
from shared.testing.skill_contract import SkillContract
from shared.turn import Elicit, Reply, SlotValue

MANIFEST = """
name = "toy"
title = "A toy"
summary = "I greet people by their names."
entry = "skill:Toy"
examples = ["Say hello to Ann"]
permissions = ["network:{bell}"]

[intents."toy.greet"]
summary = "Greets somebody."
[intents."toy.greet".slots.name]
required = true

[intents."toy.keep"]
summary = "Remembers somebody."
effects = ["remember"]

[intents."toy.about"]
summary = "Says what this is."
cache_s = 3600

[intents."toy.ring"]
summary = "Rings a bell somewhere."
effects = ["call"]
confirm = true

[[settings]]
key = "bell"
help = "Where the bell is."
example = "https://bell.example.org"
required = true
"""
LOCALE = """
[utterances]
"toy.greet" = [
  "greet {name}", "say hello to {name}", "please say hi to {name}", "welcome {name}", "tell {name} hello from me",
  "hello to {name}", "wave at {name}", "could you greet {name} for me", "send {name} my regards", "greet somebody",
]
"toy.keep" = [
  "keep this", "remember me", "store what i say", "put this down", "note me down please", "hold on to this",
  "save it", "do not lose this", "write me down", "memorise this now",
]
"toy.ring" = [
  "ring the bell", "let it ring", "please ring", "make the bell ring", "sound the bell", "the bell please", "bell",
  "can you ring it", "ring", "ding dong please now",
]
"toy.about" = [
  "what is this", "what are you", "who made this toy", "tell me about the toy", "explain the toy", "describe this please",
  "is it a toy", "so what is it", "about this", "what can a toy do",
]
[slots]
name = ["Ann", "Bob", "Cem", "Dai"]
[prompts."toy.greet"]
name = ["Whom shall I greet?", "What is their name?"]
[prompts."toy.ring"]
confirm = ["Shall I ring?", "Do you want me to ring?"]
[answers]
not_set_up = ["Nobody told me where the bell is."]
rings = ["It rings."]
about = ["A toy that greets.", "I am a toy, and I greet."]
away = ["I cannot hear the bell."]
kept = ["I'll remember that.", "I'll keep that in mind."]
"""
_NAMES = ("Ann", "Bob", "Cem", "Dai")


class Toy(Skill):
    """Greets and keeps. `fault` names the one thing it does wrong."""

    fault = ""

    def __init__(self) -> None:
        self._count = 0

    def slots(self, intent: str, text: str, locale: str) -> dict[str, SlotValue]:
        if self.fault == "finds what was not said" and text:
            return {"name": SlotValue("Zoe", "Zoe")} if intent == "toy.greet" else {}
        if self.fault == "cannot read long texts" and len(text) > 5_000:
            raise ValueError("too long")
        found = [name for name in _NAMES if name in text]
        return {"name": SlotValue(found[0], found[0])} if found and intent == "toy.greet" else {}

    @intent("toy.greet")
    async def greet(self, turn: TurnContext) -> Reply:
        self._count += 1
        self._fail(turn)
        name = turn.slot("name")
        if name is None or self.fault == "asks for what is not declared":
            return self._ask()
        return Reply(
            text=self._greeting(name.text[:50], turn), speech=self._speech(name.text[:20]), state=self._state()
        )

    def _fail(self, turn: TurnContext) -> None:
        fails = {
            "fails at silence": not turn.text,
            "fails without slots": turn.understanding.source == "platform",
            "fails at an answer": turn.understanding.source == "dialogue",
            "fails while a question is open": turn.session.dialogue is not None,
            "fails at other scripts": "🦄" in turn.text,
            "fails at long texts": len(turn.text) > 5_000,
            "fails abroad": turn.locale == "xx-ZZ",
        }
        if fails.get(self.fault):
            raise RuntimeError(self.fault)

    @intent("toy.keep")
    async def keep(self, turn: TurnContext) -> Reply:
        self._count += 1
        self._fail(turn)
        if self.fault == "forgets what is not theirs":
            return Reply(text="Done.", effects=(Forget("somebody else's"),))
        if self.fault == "changes its turn":
            turn.state["seen"] = True
        note = turn.text.strip()[:50].strip()
        return Reply(text=turn.say("kept"), effects=(Remember(note),) if note else ())

    @intent("toy.about")
    async def about(self, turn: TurnContext) -> Reply:
        self._count += 1
        if self.fault == "looks who asks":
            known = await turn.memories.recent(1)
            return Reply(text=f"I know that {known[0].text}." if known else turn.say("about"))
        return Reply(text=turn.say("about"))

    @intent("toy.ring")
    async def ring(self, turn: TurnContext) -> Reply:
        self._count += 1
        self._fail(turn)
        try:
            await turn.web.get(turn.config["bell"])
        except WebFailed:
            if self.fault == "fails without the web":
                raise
            return Reply(text=turn.say("away"), effects=(Call("ring", {"times": 1}),))
        return Reply(text=turn.say("rings"), effects=(Call("ring", {"times": 1}),))

    @call("ring")
    async def ringing(self, call: CallContext) -> None:
        if self.fault == "breaks off a call":
            raise RuntimeError(self.fault)
        await call.web.post(call.config["bell"], b"{}", headers={"idempotency-key": call.key})

    def _ask(self) -> Reply:
        slot = "age" if self.fault == "asks for what is not declared" else "name"
        question = "Whom shall I greet?"
        return Reply(text=question, reprompt=question, expects_answer=True, elicit=Elicit("toy.greet", slot))

    def _greeting(self, name: str, turn: TurnContext) -> str:
        if self.fault == "looks at the clock":
            return f"Hello, it is day {time.time() // 86_400}."
        faulty = {
            "says nothing": "",
            "uses markup": f"Hello <b>{name}</b>",
            "talks too long": "Hello. " * 100,
            "counts": f"Hello, you are number {self._count}.",
        }
        return faulty.get(self.fault, f"Hello, {name}.")

    def _speech(self, name: str) -> str | None:
        return "Hello <loud>you</loud>" if self.fault == "speaks no SSML" else None

    def _state(self) -> dict[str, Any] | None:
        return {"long": "x" * 20_000} if self.fault == "keeps too much" else None


class ForgetfulToy(Toy):
    """Cannot do without memories."""

    @intent("toy.greet")
    async def greet(self, turn: TurnContext) -> Reply:
        memory = (await turn.memories.recent(1))[0]
        return Reply(text=f"I know: {memory.text}.")


class HastyToy(Toy):
    """Does not look whether it is set up."""

    async def handle(self, turn: TurnContext) -> Reply:
        return Reply(text=self._greeting("you", turn))


class SilentToy(Toy):
    """Has no handler for one of its intents."""

    keep = None  # type: ignore[assignment]  # a fault


class NoSkill:
    """Has the methods of a skill and is none."""


# Each case of the contract with the fault that it must find.
FAULTS = {
    "answers_are_plain_text": "uses markup",
    "answers_are_short": "talks too long",
    "answers_to_questions": "fails at an answer",
    "cached_answers_depend_on_nobody": "looks who asks",
    "calls_are_carried_out": "breaks off a call",
    "clock_and_dice_come_through_ports": "looks at the clock",
    "effects_are_declared_ones": "forgets what is not theirs",
    "entry_is_a_skill": "is no skill",
    "every_intent_has_utterances": "has too few utterances",
    "every_utterance_is_answered": "says nothing",
    "examples_are_worth_trying": "has no examples",
    "intent_without_its_slots": "fails without slots",
    "intents_bear_the_name_of_the_skill": "takes another's intent",
    "manifest_has_no_unknown_keys": "has a misspelt key",
    "manifest_is_valid": "has no summary",
    "no_utterance_means_two_things": "says one thing for two",
    "nothing_remembered": "needs memories",
    "other_locales": "fails abroad",
    "other_scripts_and_signs": "fails at other scripts",
    "nothing_is_set_up": "is hasty",
    "questions_can_be_answered": "asks for what is not declared",
    "manifest_and_words_fit_together": "has no question",
    "questions_vary": "asks always the same",
    "every_intent_has_a_handler": "has no handler",
    "silence": "fails at silence",
    "slots_are_what_was_said": "finds what was not said",
    "slots_of_templates_are_declared": "has an undeclared slot",
    "slots_survive_any_text": "cannot read long texts",
    "speech_is_valid": "speaks no SSML",
    "state_is_small_json": "keeps too much",
    "the_same_question_gets_the_same_answer": "counts",
    "the_turn_is_not_changed": "changes its turn",
    "utterances_are_varied": "says always the same",
    "the_web_is_away": "fails without the web",
    "very_long_texts": "fails at long texts",
    "with_a_question_open": "fails while a question is open",
}
_MANIFEST_FAULTS = {
    "has no examples": ('examples = ["Say hello to Ann"]', ""),
    "takes another's intent": ('[intents."toy.keep"]', '[intents."other.keep"]'),
    "has a misspelt key": ('title = "A toy"', 'title = "A toy"\ntitel = "A toy"'),
    "has no summary": ('summary = "I greet people by their names."', 'summary = " "'),
}
_LOCALE_FAULTS = {
    "has too few utterances": ('"save it", "do not lose this", "write me down", "memorise this now",', ""),
    "has no question": ('name = ["Whom shall I greet?", "What is their name?"]', ""),
    "asks always the same": (', "What is their name?"]', "]"),
    "says one thing for two": ('"save it"', '"greet somebody"'),
    "has an undeclared slot": ('"wave at {name}"', '"wave at {person}"'),
    "says always the same": (
        LOCALE.split("[slots]")[0].split('"toy.keep" = ')[1],
        str([f"keep number {i}" for i in range(10)]) + "\n",
    ),
}


class ToySkillContract(SkillContract):
    """The contract of the toy, with a fault."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault

    def folder(self) -> Path:
        return Path(__file__).parent

    def manifest_text(self) -> bytes:
        return MANIFEST.replace(*_MANIFEST_FAULTS.get(self.fault, ("", ""))).encode()

    def locale_text(self) -> bytes:
        return LOCALE.replace(*_LOCALE_FAULTS.get(self.fault, ("", ""))).encode()

    def entry(self) -> object:
        if self.fault == "is no skill":
            return NoSkill
        base = {"needs memories": ForgetfulToy, "has no handler": SilentToy, "is hasty": HastyToy}.get(self.fault, Toy)
        return type("FaultyToy", (base,), {"fault": self.fault})


class BrokenSkill(Skill):
    """Nothing about it is right: it answers with nothing, keeps everything, and fails at whatever it does not expect."""

    answered: list[str] = []  # noqa: RUF012 (state shared by all instances is one of its faults)

    def slots(self, intent: str, text: str, locale: str) -> dict[str, SlotValue]:
        if len(text) > 100:
            raise ValueError("too long")
        return {"mood": SlotValue("whatever", time.time())}

    @intent("nobody.asks")
    async def nobody(self, turn: TurnContext) -> Reply:
        raise AssertionError

    async def handle(self, turn: TurnContext) -> Reply:
        self.answered.append(turn.text)
        turn.state["answered"] = list(self.answered)
        mute = turn.understanding.source != "model" or not turn.text.strip() or "them" in turn.text
        return Reply(
            text="" if mute else f"<b>{time.time()}</b>" + "!" * 700,
            speech="<loud>",
            elicit=Elicit("nobody.asks", "mood"),
            effects=(Forget("m-99"), Remember("what nobody said"), Call("nothing", {})),
            state={"answered": self.answered, "long": "x" * 20_000},
        )


class BrokenContract(ToySkillContract):
    """The contract of the skill that is all faults."""

    def manifest_text(self) -> bytes:
        text = MANIFEST.replace('"toy"', '"A Toy!"').replace("summary", "sumary", 1)
        for old, new in _MANIFEST_FAULTS.values():
            text = text.replace(old, new)
        return text.encode().replace(b"sumary", b'summary = ""\nsumary', 1)

    def locale_text(self) -> bytes:
        return b"""
[utterances]
"toy.gone" = ["greet us", "greet them"]
"toy.greet" = ["greet {somebody}", "greet them", "greet you", "greet her"]
[prompts."toy.gone"]
name = ["Who?"]
[slots]
name = ["them"]
"""

    def skill(self) -> Skill:
        return BrokenSkill()

    def entry(self) -> object:
        return NoSkill
