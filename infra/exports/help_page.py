"""Help for people: a page in Markdown a locale, made of what skills say of themselves, and the texts of stores' listings.

The frame's own words are in help_words.toml. For the listings see listing.py.
"""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from core.skillbook import LoadedSkill
from infra.exports.help_words import Words, frame_words
from infra.exports.listing import listing
from infra.exports.source import Chosen, Export, LeftOut, Losses, Meaning, filled, language_of, meanings
from shared.manifest import CONFIRM, PLACEHOLDER

SAID = 3  # sentences an intent
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|])")


def export(chosen: Chosen, locales: Sequence[str]) -> Export:
    """`LOCALE.md` and `listing.LOCALE.json` for each locale."""
    files: dict[str, object] = {}
    losses: Losses = []
    for locale in locales:
        words = frame_words().get(language_of(locale))
        if words is None:
            losses.append(LeftOut("", "", locale, "help has no words of its own in it"))
            continue
        files[f"{locale}.md"] = "\n".join(_page(words, meanings(chosen, locale, losses))) + "\n"
        files[f"listing.{locale}.json"] = listing(chosen, locale, words, losses)
    return Export(files, tuple(losses))


def _page(words: Words, found: Sequence[Meaning]) -> Iterator[str]:
    yield from (f"# {words.title}", "", words.intro)
    for skill in dict.fromkeys(one.skill for one in found):
        of_skill = [one for one in found if one.skill == skill]
        yield from _section(words, of_skill[0].loaded, of_skill)


def _section(words: Words, loaded: LoadedSkill, found: Sequence[Meaning]) -> Iterator[str]:
    manifest, locale = loaded.manifest, found[0].words
    yield from ("", f"## {_plain(locale.title or manifest.title)}", "", _plain(locale.summary or manifest.summary))
    yield from ("", words.say, "")
    for meaning in found:
        yield from _intent(words, meaning)
    yield from ("", words.privacy, "")
    yield from (f"- {_plain(line)}" for line in _reaches(words, loaded))


def _intent(words: Words, meaning: Meaning) -> Iterator[str]:
    """Sentences that mean it, and what it asks for and before."""
    said = [_quoted(words, _example(meaning, template, n)) for n, template in _spread(meaning.samples)]
    if not said:
        return
    yield f"- {', '.join(dict.fromkeys(said))}"
    needed = [name for name, slot in meaning.spec.slots.items() if slot.required]
    questions = [_quoted(words, prompts[0]) for name in needed if (prompts := meaning.prompts(name))]
    if questions:
        yield f"  - {_filled(words.asks_for, questions=' '.join(questions))}"
    if meaning.spec.confirm and (prompts := meaning.prompts(CONFIRM)):
        yield f"  - {_filled(words.asks_first, question=_quoted(words, _example(meaning, prompts[0], 0)))}"


def _spread(samples: Sequence[str]) -> Iterator[tuple[int, str]]:
    """A few templates from all over, each with its place."""
    count = min(SAID, len(samples))
    yield from ((place, samples[place]) for place in (n * len(samples) // count for n in range(count)))


def _example(meaning: Meaning, template: str, number: int) -> str:
    return "".join(text for text, _ in filled(meaning, template, number))


def _reaches(words: Words, loaded: LoadedSkill) -> Iterator[str]:
    """What its permissions and effects come to."""
    effects = [name for spec in loaded.manifest.intents.values() for name in spec.effects]
    told = [words.effects.get(name, name) for name in dict.fromkeys(effects)]
    for one in loaded.manifest.permissions:
        kind, _, host = one.partition(":")
        if host.startswith("{"):  # what a setting says
            host = urlsplit(loaded.manifest.defaults.get(host[1:-1], "")).hostname or ""
            kind = kind if host else "set_up"
        told.append(_filled(words.permissions.get(kind, one), host=host))
    yield from dict.fromkeys(told or [words.nothing])


def _quoted(words: Words, text: str) -> str:
    return _filled(words.quote, words=_plain(text))


def _plain(text: str) -> str:
    """`text` as Markdown that shows just that."""
    return _SPECIAL.sub(r"\\\1", text)


def _filled(text: str, **values: str) -> str:
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)
