"""An Alexa interaction model per locale, for the build page of the developer console.

https://developer.amazon.com/docs/smapi/interaction-model-schema.html
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from infra.exports.alexa_frame import LOCALES, frame
from infra.exports.alexa_samples import SEARCH, phrase_complaint, sample_of, shape
from infra.exports.names import lettered
from infra.exports.source import (
    Chosen,
    Export,
    Json,
    LeftOut,
    Losses,
    Meaning,
    filled,
    fitting,
    language_of,
    meanings,
    unclaimed,
)
from shared.manifest import CONFIRM, PLACEHOLDER

TYPES = {
    "number": "AMAZON.NUMBER",
    "ordinal": "AMAZON.Ordinal",
    "date": "AMAZON.DATE",
    "time": "AMAZON.TIME",
    "duration": "AMAZON.DURATION",
    "phone": "AMAZON.PhoneNumber",
    "place": "AMAZON.City",
}
"""Amazon's own type for one of ours. Those that it has none for are any words (AMAZON.SearchQuery).

https://developer.amazon.com/docs/custom-skills/slot-type-reference.html
"""

NAME = re.compile("[A-Za-z](?:[A-Za-z_]*[A-Za-z])?")
MAX_INTENTS, MAX_VALUE, MAX_SYNONYMS, MAX_VARIATIONS = 250, 140, 100, 5
_WANTED = "letters and underscores, a letter first and last"


def export(chosen: Chosen, locales: Sequence[str]) -> Export:
    """`interaction_model.LOCALE.json` for each locale; a bare language means its first locale."""
    files: dict[str, Json] = {}
    losses: Losses = []
    for locale in locales:
        of_language = LOCALES.get(language_of(locale), ())
        exact = of_language[0] if of_language and locale == language_of(locale) else locale
        base = frame(language_of(locale)) if exact in of_language else None
        if base is None:
            losses.append(LeftOut("", "", locale, "Alexa or NEXUS' catch-all does not speak it"))
        else:
            files[f"interaction_model.{exact}.json"] = _Model(chosen, exact, base, losses).made()
    return Export(files, tuple(losses))


class _Model:
    """One locale's model in the making."""

    def __init__(self, chosen: Chosen, locale: str, base: Json, losses: Losses) -> None:
        self._chosen, self._locale, self._language = chosen, locale, language_of(locale)
        self._losses, self._base = losses, base
        said = base["languageModel"]
        self._intents: dict[str, Json] = {one["name"]: one for one in said["intents"]}
        self._heard = {shape(sample) for one in said["intents"] for sample in one["samples"]}
        found = meanings(chosen, locale, losses)
        self._meanings = [fitting(one, NAME, _WANTED, losses) for one in unclaimed(chosen, found, losses)]
        self._dialogs: list[Json] = list(base["dialog"]["intents"])
        self._prompts: list[Json] = list(base["prompts"])

    def made(self) -> Json:
        """The whole."""
        for meaning in self._meanings:
            builtin = [name for name in meaning.spec.platform if name.startswith("AMAZON.")]
            if builtin:
                self._extend(meaning, builtin)
            else:
                self._add(meaning)
        said = {**self._base["languageModel"], "intents": list(self._intents.values()), "types": self._types()}
        dialog = {**self._base["dialog"], "intents": self._dialogs}
        return {"interactionModel": {"languageModel": said, "dialog": dialog, "prompts": self._prompts}}

    def _extend(self, meaning: Meaning, names: Sequence[str]) -> None:
        """Built-in intents that mean the same; the first has the skill's samples besides Amazon's own."""
        samples = self._samples(meaning, {})
        for name in names:
            self._intents[name] = {"name": name, "samples": samples if name == names[0] else []}

    def _add(self, meaning: Meaning) -> None:
        """An intent of our own with its dialogue."""
        types = {slot: self._type(meaning, slot) for slot in meaning.spec.slots}
        name, samples = lettered(meaning.intent), self._samples(meaning, types)
        why = "" if samples else "no sample is left of it"
        why = why or ("" if NAME.fullmatch(name) else f"its name {name} has to be {_WANTED}")
        why = why or ("" if len(self._intents) < MAX_INTENTS else f"a model has {MAX_INTENTS} intents at most")
        if why:
            self._losses.append(meaning.lost("", why))
            return
        slots = [self._slot(meaning, slot, types[slot]) for slot in types]
        self._intents[name] = {"name": name, "slots": slots, "samples": samples}
        self._dialogue(meaning, name, types)

    def _slot(self, meaning: Meaning, name: str, type_: str) -> Json:
        """A slot. One of any words says how it is answered when it is asked for."""
        asked = type_ == SEARCH and meaning.spec.slots[name].required
        return {"name": name, "type": type_, **({"samples": [f"{{{name}}}"]} if asked else {})}

    def _type(self, meaning: Meaning, slot: str) -> str:
        name = _type_name(meaning.skill, meaning.spec.slots[slot].type)
        if meaning.values(slot) and NAME.fullmatch(name):
            return name
        return TYPES.get(meaning.spec.slots[slot].type, SEARCH)

    def _samples(self, meaning: Meaning, types: Mapping[str, str]) -> list[str]:
        found: dict[str, None] = {}
        for number, template in enumerate(meaning.samples):
            sample, why = sample_of(template, self._language)
            why = why or self._complaint(sample, types) or self._unsent(meaning, template, number)
            if why:
                self._losses.append(meaning.lost(repr(template), why))
            else:
                found[sample] = None
        self._heard |= set(map(shape, found))
        return list(found)

    def _complaint(self, sample: str, types: Mapping[str, str]) -> str:
        if "{" in sample and not types:
            return "Amazon's own intents have no slots of ours"
        if shape(sample) in self._heard:
            return "a catch-all or another intent has this sample already"
        return phrase_complaint(sample, types)

    def _unsent(self, meaning: Meaning, template: str, number: int) -> str:
        """Why words of a sample would not reach NEXUS: Alexa sends slots only, and the skill finds one in other words."""
        said = "".join(text for text, _ in filled(meaning, template, number))
        found = set(meaning.loaded.skill.slots(meaning.intent, said, self._locale)) - set(PLACEHOLDER.findall(template))
        return f"Alexa would not send its words for {', '.join(sorted(found))}" if found else ""

    def _types(self) -> list[Json]:
        found = []
        for skill, name, _, values in self._chosen.type_values(self._language):
            if NAME.fullmatch(_type_name(skill, name)):
                found.append({"name": _type_name(skill, name), "values": list(self._values(skill, name, values))})
            else:
                self._losses.append(LeftOut(skill, "", f"types.{name}", f"a name is made of {_WANTED}"))
        return found

    def _values(self, skill: str, type_: str, values: Mapping[str, Sequence[str]]) -> Iterator[Json]:
        """Values under the ids that handlers know them by; no word stands for two of them."""
        taken = {value.casefold() for value in values}
        for value, synonyms in values.items():
            fresh = [one for one in synonyms if one.casefold() not in taken and len(one) <= MAX_VALUE][:MAX_SYNONYMS]
            taken |= {one.casefold() for one in fresh}
            self._losses += [
                LeftOut(skill, f"types.{type_}", repr(one), "it is another value's word, or too long or many")
                for one in synonyms
                if one not in fresh and one.casefold() != value.casefold()
            ]
            if len(value) <= MAX_VALUE:
                yield {"id": value, "name": {"value": value, "synonyms": fresh}}
            else:
                self._losses.append(LeftOut(skill, f"types.{type_}", repr(value), f"{MAX_VALUE} characters at most"))

    def _dialogue(self, meaning: Meaning, name: str, types: Mapping[str, str]) -> None:
        """What NEXUS may have Alexa ask (`Dialog.Delegate`), in the skill's words."""
        spec = meaning.spec
        if not spec.confirm and not any(slot.required or slot.confirm for slot in spec.slots.values()):
            return
        whole = self._asked(meaning, f"Confirm.Intent.{name}", CONFIRM) if spec.confirm else ""
        self._dialogs.append(
            {
                "name": name,
                "delegationStrategy": "SKILL_RESPONSE",
                "confirmationRequired": bool(whole),
                "prompts": {"confirmation": whole} if whole else {},
                "slots": [self._dialog_slot(meaning, name, slot, type_) for slot, type_ in types.items()],
            }
        )

    def _dialog_slot(self, meaning: Meaning, name: str, slot: str, type_: str) -> Json:
        of = meaning.spec.slots[slot]
        asked = self._asked(meaning, f"Elicit.Slot.{name}.{slot}", slot) if of.required else ""
        checked = self._asked(meaning, f"Confirm.Slot.{name}.{slot}", f"{CONFIRM}.{slot}") if of.confirm else ""
        prompts = {"elicitation": asked, "confirmation": checked}
        return {
            "name": slot,
            "type": type_,
            "elicitationRequired": bool(asked),
            "confirmationRequired": bool(checked),
            "prompts": {kind: prompt for kind, prompt in prompts.items() if prompt},
        }

    def _asked(self, meaning: Meaning, prompt: str, name: str) -> str:
        """The id of a prompt with the wordings of a question; "" if none can be asked here."""
        known = set(meaning.spec.slots)
        fit = [words for words in meaning.prompts(name) if set(PLACEHOLDER.findall(words)) <= known]
        for words in meaning.prompts(name):
            if words not in fit[:MAX_VARIATIONS]:
                why = f"a prompt has {MAX_VARIATIONS} wordings at most" if words in fit else "a slot in it is left out"
                self._losses.append(meaning.lost(repr(words), why))
        variations = [{"type": "PlainText", "value": words} for words in fit[:MAX_VARIATIONS]]
        self._prompts += [{"id": prompt, "variations": variations}] if variations else []
        return prompt if variations else ""


def _type_name(skill: str, name: str) -> str:
    return lettered(f"{skill}_{name}")
