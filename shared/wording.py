"""The words that NEXUS and its doors say themselves, between the answers of skills: `words/<language>.toml`.

Skills bring words of their own.
"""

import tomllib
from functools import cache
from importlib.resources import files
from zlib import crc32

from shared.locales import LANGUAGES, language_of
from shared.manifest import PLACEHOLDER


def wordings(key: str, locale: str) -> tuple[str, ...]:
    """What is said for `key` in the language of `locale`; English where NEXUS does not speak it. Raises KeyError."""
    language = language_of(locale)
    return _words(language if language in LANGUAGES else LANGUAGES[0])[key]


def wording(key: str, locale: str, /, message_id: str = "", unlike: str = "", **values: str) -> str:
    """One of the wordings for `key`, `{name}` filled in. Raises KeyError.

    The same message gets the same one; not `unlike`, if another is there.
    """
    every = [filled(text, values) for text in wordings(key, locale)]
    fresh = [text for text in every if text != unlike] or every
    return fresh[crc32(message_id.encode()) % len(fresh)]


def filled(text: str, values: dict[str, str]) -> str:
    """`text` with what is known in its placeholders."""
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def listed(key: str, parts: list[str], locale: str) -> str:
    """`a, b or c`, with the word that `key` ("or", "and") has before the last."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {wording(key, locale)} {parts[-1]}"


def quoted(text: str, locale: str) -> str:
    """`text` in the quotation marks of a language."""
    return wording("quoted", locale, text=text)


def hint(titles: list[str], locale: str) -> str:
    """What may be said, as a sentence; "" where nothing is offered."""
    named = [quoted(title.rstrip(".?! "), locale) for title in titles if title]
    return wording("you_can_say", locale, choices=listed("or", named, locale)) if named else ""


@cache
def _words(language: str) -> dict[str, tuple[str, ...]]:
    text = files("shared.words").joinpath(f"{language}.toml").read_text("utf-8")
    found: dict[str, list[str]] = tomllib.loads(text)
    return {key: tuple(every) for key, every in found.items()}
