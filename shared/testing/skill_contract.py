"""What every skill must hold. Subclass SkillContract in a test; pytest collects the cases.

    class TestClock(SkillContract):
        package = "skills.clock"

The cases read the manifest and the samples, and ask the handler everything the samples say and much that nobody should say.
"""

import copy
import re
from collections.abc import Iterable

import msgspec

from shared.skill import Skill, SkillLocale, SkillManifest, TurnContext
from shared.testing.skill import answers
from shared.testing.skill.hooks import MEMORIES, PLACEHOLDER, SkillHooks, normalised
from shared.testing.skill.watch import impure_calls
from shared.turn import Pending, Reply, SlotValue

__all__ = ["SkillContract"]

ENOUGH = 10  # utterances an intent
EXAMPLES = 3  # values a slot
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
        assert not _unknown(msgspec.toml.decode(self.manifest_text()), msgspec.to_builtins(self.manifest()))
        assert not _unknown(msgspec.toml.decode(self.locale_text()), msgspec.to_builtins(self.locale()))

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
        for intent, name in _placeholders(locale):
            assert name in manifest.intents[intent].slots, f"{intent} has no slot {name}"
            assert len(set(locale.slots.get(name, ()))) >= EXAMPLES, f"{name} has too few example values"

    def test_required_slots_have_a_question(self) -> None:
        """What must be known must be askable."""
        for intent, spec in self.manifest().intents.items():
            mute = [name for name, slot in spec.slots.items() if slot.required and not slot.prompt.strip()]
            assert not mute, f"{intent}: no question for {mute}"

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
        """Of the known kinds, about the person's own words and memories."""
        turns = self.usual_turns()
        for turn, reply in zip(turns, self.replies(turns), strict=True):
            answers.check_effects(turn, reply, frozenset(memory.id for memory in MEMORIES))

    def test_questions_can_be_answered(self) -> None:
        """A question asks for a declared slot, waits for the answer, and has a reprompt."""
        manifest = self.manifest()
        for reply in self.replies([*self.usual_turns(), *self._bare_turns()]):
            _check_question(manifest, reply)

    def test_state_is_small_json(self) -> None:
        """It travels with every session."""
        for reply in self.replies([*self.usual_turns(), *self._bare_turns()]):
            answers.check_state(reply)

    # -- what nobody should say ------------------------------------------------------------------------------------

    def test_silence(self) -> None:
        """No text, no slots."""
        self._check(self._bare_turns())

    def test_intent_without_its_slots(self) -> None:
        """A platform may resolve an intent and hear nothing of its slots."""
        self._check([self.turn(intent, text, slots={}, source="platform") for intent, text in self.utterances()])

    def test_answers_to_questions(self) -> None:
        """Any answer to any of the skill's questions, sensible or not."""
        self._check(
            self.turn(intent, said, slots={slot: SlotValue(said, said)}, source="dialogue", state={"forget": ["m-1"]})
            for intent, spec in self.manifest().intents.items()
            for slot in spec.slots
            for said in ("yes", "no", "", "I don't know", "Tokyo", "five", "cancel", *_STRANGE)
        )

    def test_with_a_question_open(self) -> None:
        """Another question may be open, and a last answer may have been given."""
        intents = list(self.manifest().intents)
        pending = Pending("toy", "toy.play", "game", {})
        self._check(
            self.turn(i, "well", pending=pending, last_reply="Which game?", state={"odd": [1]}) for i in intents
        )

    def test_other_scripts_and_signs(self) -> None:
        """Emoji, Cyrillic, Arabic, fractions, markup and quotes, said and as values of slots."""
        self._check(turn for text in _STRANGE for turn in self._turns_saying(text))

    def test_very_long_texts(self) -> None:
        """Ten thousand characters, within a second or so each."""
        self._check(turn for text in _LONG for turn in self._turns_saying(text))

    def test_other_locales(self) -> None:
        """Known, unknown and without a country."""
        pairs = list(self.utterances())
        self._check(self.turn(intent, text, locale=locale) for locale in _LOCALES for intent, text in pairs[::7])

    def test_nothing_remembered(self) -> None:
        """A person who never asked to remember anything."""
        self._check(self.turn(intent, text, memories=()) for intent, text in self.utterances())

    # -- shared ----------------------------------------------------------------------------------------------------

    def _check(self, turns: Iterable[TurnContext]) -> None:
        asked = list(turns)
        for turn, reply in zip(asked, self.replies(asked), strict=True):
            answers.check_answered(turn, reply)
            answers.check_speech(reply)
            answers.check_effects(turn, reply, frozenset(memory.id for memory in MEMORIES))

    def _bare_turns(self) -> list[TurnContext]:
        return [self.turn(intent, "", slots={}) for intent in self.manifest().intents]

    def _turns_saying(self, text: str) -> list[TurnContext]:
        turns = []
        for intent, spec in self.manifest().intents.items():
            turns.append(self.turn(intent, text))
            turns += [self.turn(intent, text, slots={slot: SlotValue(text, text)}) for slot in spec.slots]
        return turns


def _placeholders(locale: SkillLocale) -> list[tuple[str, str]]:
    return [
        (intent, name)
        for intent, templates in locale.utterances.items()
        for text in templates
        for name in PLACEHOLDER.findall(text)
    ]


def _unknown(given: object, known: object, path: str = "") -> list[str]:
    """Keys of `given` that `known` has not, by path."""
    if not isinstance(given, dict) or not isinstance(known, dict):
        return []
    found = [f"{path}{key}" for key in given if key not in known]
    for key in set(given) & set(known):
        found += _unknown(given[key], known[key], f"{path}{key}.")
    return found


def _check_question(manifest: SkillManifest, reply: Reply) -> None:
    if reply.elicit is None:
        return
    spec = manifest.intents.get(reply.elicit.intent)
    assert spec is not None, f"asks for {reply.elicit.intent}, which is not its own"
    assert reply.elicit.slot in spec.slots, f"asks for {reply.elicit.slot}, which is not declared"
    assert reply.expects_answer, "asks, and does not wait for the answer"
    assert reply.reprompt, "asks, and has no reprompt"
