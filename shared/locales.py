"""Locales (`de-AT`) and the languages they are of (`de`)."""

LANGUAGES = ("en", "de", "es", "fr", "it")
"""The languages that NEXUS itself speaks."""

_HOME = {"en": "en-US", "de": "de-DE", "es": "es-ES", "fr": "fr-FR", "it": "it-IT"}


def language_of(locale: str) -> str:
    """The language of a locale: `de` of `de-AT`; `en` of what is none."""
    head = locale.replace("_", "-").partition("-")[0].lower()
    return head if head.isascii() and head.isalpha() and 2 <= len(head) <= 3 else "en"


def in_language(locale: str, language: str) -> str:
    """`locale` where it is one of `language`, else the locale in which most people write that language."""
    return locale if language_of(locale) == language else _HOME.get(language, language)
