"""What is understood while no model answers: the skills' own sample sentences, word for word.

"Help", "stop", "yes" and "what time is it" are among them in every language that a skill speaks, so a conversation can go on,
be left, and be asked about.
"""

import re
import unicodedata

from core.skillbook import SkillBook
from shared.turn import Understanding

SOURCE = "sample"
"""`Understanding.source` of what was understood so."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


class Samples:
    """The sentences of all skills that have no values in them. They are read at the first question."""

    def __init__(self, skills: SkillBook) -> None:
        self._skills = skills
        self._intents: dict[str, dict[str, str]] | None = None

    def find(self, text: str, language: str, *, sure: bool = False) -> Understanding | None:
        """What `text` means as a sentence of `language` or, unless that is `sure`, of any other; None where it is none.

        A sentence that means one thing in one language and another in the next is only taken in the likely one.
        """
        said = _plain(text)
        if not said:
            return None
        if self._intents is None:
            self._intents = {one: _of(self._skills, one) for one in self._skills.languages()}
        found = {one: intents[said] for one, intents in self._intents.items() if intents.get(said)}
        if language in found:
            return Understanding(found[language], 1.0, source=SOURCE, language=language)
        if sure or len(set(found.values())) != 1:
            return None
        spoken, intent = next(iter(found.items()))
        return Understanding(intent, 1.0, source=SOURCE, language=spoken)


def _of(skills: SkillBook, language: str) -> dict[str, str]:
    """Sentences of one language with their intent; "" for one that two intents claim."""
    found: dict[str, str] = {}
    for one in skills.loaded:
        locale = one.locales.get(language)
        for intent, sentences in locale.utterances.items() if locale is not None else ():
            for said in (_plain(sentence) for sentence in sentences if "{" not in sentence):
                found[said] = intent if found.get(said, intent) == intent else ""
    return found


def _plain(text: str) -> str:
    """The words of a text, whatever their case and what stands between them."""
    words = _WORD.findall(unicodedata.normalize("NFC", text[:200]).casefold())
    return " ".join(words).replace("’", "'")
