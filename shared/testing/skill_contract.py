"""What every skill must hold. Subclass SkillContract in a test; pytest collects the cases.

    class TestClock(SkillContract):
        package = "skills.clock"

The cases read the manifest and the samples, and ask the handler everything the samples say and much that nobody should say.
"""

import copy
import re
from collections.abc import Iterable

import msgspec

from shared.effects import ASK_FIRST, name_of
from shared.errors import Withheld
from shared.impersonal import MESSAGE_IDS
from shared.manifest import NOT_SET_UP, PLACEHOLDER, complaints, prompts_needed
from shared.skill import Skill, TurnContext
from shared.testing.fakes import FakeClock
from shared.testing.skill import answers
from shared.testing.skill.declared import check_question, placeholders, unknown_keys
from shared.testing.skill.hooks import MEMORIES, SkillHooks, normalised
from shared.testing.skill.watch import impure_calls
from shared.testing.web import FakeWeb
from shared.turn import SlotValue

__all__ = ["SkillContract"]

ENOUGH = 10  # utterances an intent
EXAMPLES = 3  # values a slot
WORDINGS = 2  # of what is asked
OPENINGS = 4  # different first words an intent
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_LOCALES = ("en-GB", "en", "de-DE", "xx-ZZ")
_STRANGE = (
    "🦄🔑",
    "ключ под ковриком",
    "مفتاح",
    "Qwxyzzy Nonesuch",
    "l'été ¼ ²",
    "a\tb\nc",
    "100 %",
    "<b>bold</b> & more",
    "'; --",
)
_LONG = ("x" * 10_000, "word " * 2_000, "12345 " * 1_600, "(" * 10_000, " " * 9_999 + ".", "9" * 10_000)


class SkillContract(SkillHooks):
    """All the cases."""

    # -- manifest and samples --------------------------------------------------------------------------------------

    def test_manifest_is_valid(self) -> None:
        """It decodes, and says who the skill is and what it can do."""
        manifest = self.manifest()
        assert _NAME.fullmatch(manifest.name), (
            f"the name {manifest.name!r} is not small letters, digits and underscores"
        )
        assert _VERSION.fullmatch(manifest.version), f"the version {manifest.version!r} is not like 1.0.0"
        assert manifest.title.strip(), "no title"
        assert manifest.summary.strip(), "no summary"
        assert manifest.intents, "no intents"
        assert all(spec.summary.strip() for spec in manifest.intents.values()), "an intent without a summary"

    def test_manifest_has_no_unknown_keys(self) -> None:
        """A misspelt key would be ignored in silence."""
        assert not unknown_keys(msgspec.toml.decode(self.manifest_text()), msgspec.to_builtins(self.manifest()))
        assert not unknown_keys(msgspec.toml.decode(self.locale_text()), msgspec.to_builtins(self.locale()))

    def test_intents_bear_the_name_of_the_skill(self) -> None:
        """`clock.time` belongs to `clock`, so that two skills do not claim one intent."""
        manifest = self.manifest()
        wrong = [name for name in manifest.intents if not re.fullmatch(rf"{manifest.name}\.[a-z][a-z0-9_]*", name)]
        assert not wrong, f"intents of another name: {wrong}"

    def test_examples_are_worth_trying(self) -> None:
        """Help has something to show, short enough for a button."""
        examples = self.manifest().examples
        assert examples, "no examples"
        assert all(3 <= len(example) <= 80 for example in examples), "an example is too short or too long"

    def test_entry_is_a_skill(self) -> None:
        """The entry can be loaded and made without arguments."""
        made = self.entry()
        assert isinstance(made, type), "the entry is no class"
        assert issubclass(made, Skill), "the entry is no Skill"
        made()

    def test_every_intent_has_utterances(self) -> None:
        """Enough to learn from, and none for intents that do not exist."""
        manifest, locale = self.manifest(), self.locale()
        assert set(locale.utterances) == set(manifest.intents), "intents and utterances are not the same"
        poor = [i for i, said in locale.utterances.items() if len({normalised(text) for text in said}) < ENOUGH]
        assert not poor, f"fewer than {ENOUGH} different utterances: {poor}"

    def test_utterances_are_varied(self) -> None:
        """Different openings and lengths: one sentence in ten dresses teaches little."""
        for intent, templates in self.locale().utterances.items():
            words = [normalised(PLACEHOLDER.sub(" slot ", text)).split() for text in templates]
            assert len({each[0] for each in words if each}) >= OPENINGS, f"{intent}: too few different openings"
            assert len({len(each) for each in words}) >= 2, f"{intent}: all of one length"

    def test_no_utterance_means_two_things(self) -> None:
        """The same sentence under two intents cannot be learnt."""
        meanings: dict[str, set[str]] = {}
        for intent, templates in self.locale().utterances.items():
            for text in templates:
                meanings.setdefault(normalised(PLACEHOLDER.sub(" slot ", text)), set()).add(intent)
        assert not {text: found for text, found in meanings.items() if len(found) > 1}

    def test_slots_of_templates_are_declared(self) -> None:
        """Every placeholder is a slot of its intent and has example values."""
        manifest, locale = self.manifest(), self.locale()
        for intent, name in placeholders(locale):
            assert name in manifest.intents[intent].slots, f"{intent} has no slot {name}"
            examples = locale.values(name, manifest.intents[intent].slots[name])
            assert len(set(examples)) >= EXAMPLES, f"{name} has too few example values"

    def test_manifest_and_words_fit_together(self) -> None:
        """Types, permissions and effects are known ones, every question and list has its words, and risky intents ask first."""
        wrong = complaints(self.manifest(), {self.language: self.locale()})
        assert not wrong, "; ".join(wrong)

    def test_questions_vary(self) -> None:
        """What is asked again is asked in other words."""
        for intent, prompts in self.locale().prompts.items():
            for name in prompts_needed(self.manifest().intents[intent]):
                assert len(set(prompts.get(name, ()))) >= WORDINGS, (
                    f"{intent}: {name} is always asked in the same words"
                )

    def test_every_intent_has_a_handler(self) -> None:
        """One method an intent, marked with its name; or `handle` for all."""
        skill, intents = self.skill(), set(self.manifest().intents)
        strange = (set(skill.handlers) | set(skill.questions)) - intents
        assert not strange, f"handlers of unknown intents: {sorted(strange)}"
        missing = intents - set(skill.handlers) if type(skill).handle is Skill.handle else set()
        assert not missing, f"no handler for {sorted(missing)}"

    # -- slots -----------------------------------------------------------------------------------------------------

    def test_slots_are_what_was_said(self) -> None:
        """Slots found in a text are declared, in the person's words, and the same each time."""
        manifest, skill = self.manifest(), self.skill()
        for intent, text in self.utterances():
            found = skill.slots(intent, text, "en-US")
            assert found == skill.slots(intent, text, "en-US"), "slots differ from time to time"
            assert set(found) <= set(manifest.intents[intent].slots), f"{intent}: undeclared slots in {text!r}"
            for slot in found.values():
                assert slot.text.casefold() in text.casefold(), f"{slot.text!r} is not in {text!r}"

    def test_slots_survive_any_text(self) -> None:
        """Silence, other scripts and ten thousand characters are no reason to fail."""
        skill = self.skill()
        for intent in self.manifest().intents:
            for text in ("", " ", *_STRANGE, *_LONG):
                assert isinstance(skill.slots(intent, text, "en-US"), dict)

    # -- answers to what the samples say ---------------------------------------------------------------------------

    def test_every_utterance_is_answered(self) -> None:
        """With something."""
        assert all(reply.text.strip() for reply in self.replies(self.usual_turns())), "an answer is empty"

    def test_answers_are_short(self) -> None:
        """Short enough to listen to."""
        for reply in self.replies(self.usual_turns()):
            answers.check_short(reply)

    def test_answers_are_plain_text(self) -> None:
        """Without markup, which would be read out."""
        turns = self.usual_turns()
        for turn, reply in zip(turns, self.replies(turns), strict=True):
            answers.check_plain(turn, reply)

    def test_speech_is_valid(self) -> None:
        """SSML of the subset, where there is any."""
        for reply in self.replies(self.usual_turns()):
            answers.check_speech(reply)

    def test_the_same_question_gets_the_same_answer(self) -> None:
        """Asked twice, in any order, of one instance or another: a retry must not differ, so nothing is kept in the skill."""
        turns = self.usual_turns()
        once = self.replies(turns)
        assert self.replies([*turns, *turns])[len(turns) :] == once, "the second answer is another one"
        assert list(reversed(self.replies(list(reversed(turns))))) == once, "answers depend on what was asked before"

    def test_cached_answers_depend_on_nobody(self) -> None:
        """What an intent with `cache_s` answers to one person it can answer without one, and in the same words."""
        for intent, text, slots in self.samples():
            if not self.manifest().intents[intent].cache_s:
                continue
            for turn in self.turns_of(intent, text, slots, message_id=MESSAGE_IDS[0]):
                try:
                    of_nobody = self.replies([self.of_nobody(turn)])
                except Withheld as error:
                    raise AssertionError(f"{intent} has cache_s in the manifest: {error}") from None
                assert of_nobody == self.replies([turn]), f"{intent} has cache_s, and depends on who says {text!r}"

    def test_clock_and_dice_come_through_ports(self) -> None:
        """The skill neither looks at the real clock nor throws dice."""
        called = impure_calls(lambda: self.replies(self.usual_turns()), self.folder())
        assert not called, f"calls {sorted(set(called))}"

    def test_the_turn_is_not_changed(self) -> None:
        """Handlers change nothing they are given."""
        for turn in self.usual_turns():
            before = copy.deepcopy((turn.state, turn.understanding, turn.session))
            self.replies([turn])
            assert (turn.state, turn.understanding, turn.session) == before, "the handler changed its turn"

    def test_effects_are_declared_ones(self) -> None:
        """Of the known kinds, named in the manifest, about the person's own words and memories; risky ones once agreed to."""
        turns, intents = self.usual_turns(), self.manifest().intents
        for turn, reply in zip(turns, self.replies(turns), strict=True):
            answers.check_effects(turn, reply, frozenset(memory.id for memory in MEMORIES))
            for effect in map(name_of, reply.effects):
                assert effect in intents[turn.intent].effects, f"{turn.intent} does not say that it may {effect}"
                assert turn.confirmed or effect not in ASK_FIRST, f"{turn.intent} did not ask before it did {effect}"

    def test_calls_are_carried_out(self) -> None:
        """What a reply calls is done, or says in the agreed way that it could not be; twice, and without a web."""
        skill = self.skill()
        calls = [call for reply in self.replies(self.usual_turns()) for call in answers.calls_of(skill, reply)]
        for call in list({msgspec.json.encode(call): call for call in calls}.values()):
            for broken in (False, False, True):
                self.carry_out(skill, call, broken=broken)

    def test_questions_can_be_answered(self) -> None:
        """A question asks for a declared slot, waits for the answer, and has a reprompt."""
        manifest = self.manifest()
        for reply in self.replies([*self.usual_turns(), *self.bare_turns()]):
            check_question(manifest, reply)

    def test_state_is_small_json(self) -> None:
        """It travels with every session."""
        for reply in self.replies([*self.usual_turns(), *self.bare_turns()]):
            answers.check_state(reply)

    # -- what nobody should say ------------------------------------------------------------------------------------

    def test_silence(self) -> None:
        """No text, and no slots but those that are required."""
        self._check(self.bare_turns())

    def test_intent_without_its_slots(self) -> None:
        """A platform may resolve an intent and hear nothing of its slots, as far as they need not be known."""
        self._check(
            turn
            for intent, text, slots in self.samples()
            for turn in self.turns_of(intent, text, self.required(intent, slots), source="platform")
        )

    def test_answers_to_questions(self) -> None:
        """Any answer to any of the skill's questions that its type lets through, sensible or not."""
        self._check(
            turn
            for intent, spec in self.manifest().intents.items()
            for slot, declared in spec.slots.items()
            if declared.type == "text"
            for said in ("yes", "no", "I don't know", "Tokyo", "five", "cancel", *_STRANGE)
            for turn in self.turns_of(
                intent, said, {**self.fillings(intent), slot: SlotValue(said, said)}, source="dialogue"
            )
        )

    def test_with_a_question_open(self) -> None:
        """Another question may be open, a last answer may have been given, and the skill may have kept something."""
        dialogue = {"frames": [{"intent": "toy.play", "question": {"kind": "slot", "slot": "game"}}], "version": 1}
        self._check(
            turn
            for intent in self.manifest().intents
            for turn in self.turns_of(
                intent, "well", self.fillings(intent), dialogue=dialogue, last_reply="Which?", state={"odd": [1]}
            )
        )

    def test_other_scripts_and_signs(self) -> None:
        """Emoji, Cyrillic, Arabic, fractions, markup and quotes, said and as values of slots."""
        self._check(turn for text in _STRANGE for turn in self.turns_saying(text))

    def test_very_long_texts(self) -> None:
        """Ten thousand characters, within a second or so each."""
        self._check(turn for text in _LONG for turn in self.turns_saying(text))

    def test_other_locales(self) -> None:
        """Known, unknown and without a country."""
        samples = list(self.samples())
        self._check(
            turn
            for locale in _LOCALES
            for intent, text, slots in samples[::7]
            for turn in self.turns_of(intent, text, slots, locale=locale)
        )

    def test_nothing_remembered(self) -> None:
        """A person who never asked to remember anything."""
        self._check(
            turn for intent, text, slots in self.samples() for turn in self.turns_of(intent, text, slots, memories=())
        )

    def test_the_web_is_away(self) -> None:
        """No service answers: the skill says so and does not fail."""
        web = self.web()
        web.broken = True
        self._check(
            turn for intent, text, slots in self.samples() for turn in self.turns_of(intent, text, slots, web=web)
        )

    def test_nothing_is_set_up(self) -> None:
        """Without the settings that it needs it says that it is not set up, and does nothing."""
        if not self.manifest().lacking({}):
            return
        turns = [
            turn
            for intent, text, slots in self.samples()
            for turn in self.turns_of(intent, text, slots, config={}, web=FakeWeb(self.folder(), (), FakeClock()))
        ]
        self._check(turns)
        for turn, reply in zip(turns, self.replies(turns), strict=True):
            assert reply.text in turn.answers.get(NOT_SET_UP, ()), f"does not say that it is not set up: {reply.text!r}"
            assert not reply.effects, "acts though it is not set up"

    # -- shared ----------------------------------------------------------------------------------------------------

    def _check(self, turns: Iterable[TurnContext]) -> None:
        asked = list(turns)
        for turn, reply in zip(asked, self.replies(asked), strict=True):
            answers.check_answered(turn, reply)
            answers.check_speech(reply)
            answers.check_effects(turn, reply, frozenset(memory.id for memory in MEMORIES))
