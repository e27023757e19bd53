"""What may be said without a source: greetings, thanks, sympathy, not knowing, questions back. Nothing else is let through.

Not a list of what is dangerous but of what is harmless: a yes, a "sure", a "that's great" would be leave for whatever was asked.
"""

import re

from core.generation.claims import language_file

_ALLOWED = re.compile(r"[^\W\d_]|[\s.,;:!?¡¿'’…—–-]")
_PARTS = re.compile(r"[.,;:!?¡¿…—–]+|\s-\s")


def harmless(sentence: str, locale: str) -> bool:
    """Whether every part of a sentence is one of the language's pleasantries, in plain letters."""
    if not all(map(_ALLOWED.fullmatch, sentence)):
        return False
    patterns = language_file(locale).small_talk
    parts = [" ".join(part.replace("’", "'").split()) for part in _PARTS.split(sentence)]
    said = [part for part in parts if part]
    return bool(said) and all(any(pattern.fullmatch(part) for pattern in patterns) for part in said)
