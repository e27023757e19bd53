"""What Dialogflow ES and CX have in common: types, names, and sentences cut into parts.

https://cloud.google.com/dialogflow/es/docs/reference/system-entities
https://cloud.google.com/dialogflow/cx/docs/reference/system-entities
https://cloud.google.com/dialogflow/quotas
"""

import re
from collections.abc import Iterator
from uuid import NAMESPACE_URL, uuid5

from infra.exports.names import plain
from infra.exports.source import Chosen, Json, LeftOut, Losses, Meaning, filled, fitting, language_of, meanings
from shared.manifest import PLACEHOLDER

ANY = "@sys.any"
TYPES = {
    "number": "@sys.number",
    "ordinal": "@sys.ordinal",
    "percentage": "@sys.percentage",
    "date": "@sys.date",
    "time": "@sys.time",
    "datetime": "@sys.date-time",
    "duration": "@sys.duration",
    "money": "@sys.unit-currency",
    "phone": "@sys.phone-number",
    "email": "@sys.email",
    "url": "@sys.url",
    "place": "@sys.geo-city",
}
"""Google's own type for one of ours. Those that it has none for are any words."""

NAME = re.compile("[A-Za-z][A-Za-z0-9_]*")
MAX_PHRASE, MAX_TYPE, MAX_SYNONYMS, MAX_PHRASES = 768, 30, 200, 2_000
_WANTED = "letters, digits and underscores, a letter first"


def tag(locale: str) -> str:
    """A locale as Dialogflow writes it: `en-gb`."""
    return locale.replace("_", "-").lower()


def identity(*parts: object) -> str:
    """An id that is the same for the same thing every time."""
    return str(uuid5(NAMESPACE_URL, "/".join(map(str, ("nexus", *parts)))))


def type_of(meaning: Meaning, slot: str) -> str:
    """The type of a slot: the skill's own list, Google's, or any words."""
    name = type_name(meaning.skill, meaning.spec.slots[slot].type)
    return f"@{name}" if meaning.values(slot) and usable(name) else TYPES.get(meaning.spec.slots[slot].type, ANY)


def type_name(skill: str, name: str) -> str:
    """The name of a skill's list."""
    return plain(f"{skill}_{name}")


def usable(name: str) -> bool:
    """Whether a list may be called so."""
    return NAME.fullmatch(name) is not None and len(name) <= MAX_TYPE


def understood(chosen: Chosen, locale: str, losses: Losses) -> list[Meaning]:
    """Every intent in a language, as far as Dialogflow takes its slots' names."""
    return [fitting(one, NAME, _WANTED, losses) for one in meanings(chosen, locale, losses)]


def phrases(meaning: Meaning, losses: Losses) -> Iterator[list[tuple[str, str]]]:
    """The samples in parts with example values, each with its slot or ""."""
    for number, sample in enumerate(meaning.samples):
        parts = filled(meaning, sample, number)
        length = sum(len(text) for text, _ in parts)
        empty = [slot for slot in PLACEHOLDER.findall(sample) if not meaning.examples(slot)]
        why = f"{empty[0]} has no example values" if empty else ""
        why = why or (f"it is longer than {MAX_PHRASE} characters" if length > MAX_PHRASE else "")
        why = why or (f"an intent has {MAX_PHRASES:,} phrases at most" if number >= MAX_PHRASES else "")
        if why:
            losses.append(meaning.lost(repr(sample), why))
        else:
            yield parts


def lists(chosen: Chosen, locale: str, losses: Losses) -> Iterator[tuple[str, bool, list[Json]]]:
    """The skills' lists in a language: name, whether other words are taken too, and entries with their synonyms."""
    for skill, name, is_open, values in chosen.type_values(language_of(locale)):
        called = type_name(skill, name)
        if not usable(called):
            why = f"the name {called} has to be {_WANTED}, {MAX_TYPE} at most"
            losses.append(LeftOut(skill, "", f"types.{name}", why))
            continue
        entries = []
        for value, synonyms in values.items():
            words = list(dict.fromkeys((value, *synonyms)))
            losses += [
                LeftOut(skill, f"types.{name}", repr(one), f"a value has {MAX_SYNONYMS} words at most")
                for one in words[MAX_SYNONYMS:]
            ]
            entries.append({"value": value, "synonyms": words[:MAX_SYNONYMS]})
        yield called, is_open, entries
