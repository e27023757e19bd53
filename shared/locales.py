"""Locales (`de-AT`) and the languages they are of (`de`)."""

import re

LANGUAGES = ("en", "de", "es", "fr", "it")
"""The languages that NEXUS itself speaks."""

DEFAULT = "en-US"
"""The locale of those who say nothing about theirs."""

_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)
_MOST_TAGS = 20
_HOME = {"en": "en-US", "de": "de-DE", "es": "es-ES", "fr": "fr-FR", "it": "it-IT"}


def language_of(locale: str) -> str:
    """The language of a locale: `de` of `de-AT`; `en` of what is none."""
    head = locale.replace("_", "-").partition("-")[0].lower()
    return head if head.isascii() and head.isalpha() and 2 <= len(head) <= 3 else "en"


def in_language(locale: str, language: str) -> str:
    """`locale` where it is one of `language`, else the locale in which most people write that language."""
    return locale if locale and language_of(locale) == language else _HOME.get(language, language)


def preferred(accept_language: str) -> str:
    """The locale of who sent this Accept-Language header: the first of a language that NEXUS speaks, else the first at all."""
    tags = [part.partition(";")[0].strip() for part in accept_language.split(",")[:_MOST_TAGS]]
    usable = [tag for tag in tags if _TAG.fullmatch(tag)]
    best = next((tag for tag in usable if language_of(tag) in LANGUAGES), usable[0] if usable else DEFAULT)
    return best if "-" in best else in_language("", language_of(best))
